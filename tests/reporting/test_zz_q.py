import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.reporting import factories as make
pytestmark=pytest.mark.django_db
def test_q(as_user, centre):
    make.make_everything({code: centre(code) for code in ("KAY", "BKO", "GAO")})
    c=as_user("me.iom"); 
    for p in ("/reporting/indicators/E3/proof/","/reporting/indicators/E3/","/reporting/","/"):
        c.get(p)
        with CaptureQueriesContext(connection) as q: c.get(p)
        print(p,len(q)); 
        for x in q.captured_queries: print("  ",x["sql"][:110].replace("\n"," "))
