import time, os
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from accounts.models import User
from reception.models import *
from centres.models import Centre
from cases.models import Custody

@pytest.mark.django_db(transaction=True)
def test_scale():
    t=time.time(); call_command("demo_data", migrants=int(os.environ.get("N","3000"))); print("demo", time.time()-t)
    with connection.cursor() as c: c.execute("ANALYZE")
    print(Stay.objects.count(), Stay.objects.open().count(), Assistance.objects.count(), BedAssignment.objects.count())
    for who, url in (("agent.gao","/centres/GAO/"),("agent.gao","/"),("protection","/centres/"),("agent.gao","/centres/GAO/meals/"),("agent.gao",f"/api/v1/stays/?open=true"),("agent.gao","/api/v1/stays/"),("agent.gao","/api/v1/assistance/"),("agent.kayes","/api/v1/assistance/?centre=KAY")):
        cl=Client(); cl.force_login(User.objects.get(username=who)); cl.get(url)
        t=time.time()
        with CaptureQueriesContext(connection) as q: r=cl.get(url)
        import gzip
        print(who,url,r.status_code,len(q),round((time.time()-t)*1000),"ms",len(gzip.compress(r.content)))
        for x in sorted(q.captured_queries,key=lambda x:-float(x["time"]))[:2]: print("   ",x["time"],x["sql"][:230])
    p=Stay.objects.open().at(Centre.objects.get(code="GAO")).first()
    cl=Client(); cl.force_login(User.objects.get(username="agent.gao"))
    for url in (f"/migrants/{p.migrant_id}/", f"/centres/GAO/assistance/{p.migrant_id}/", f"/centres/stays/{p.pk}/move/"):
        cl.get(url); t=time.time()
        with CaptureQueriesContext(connection) as q: r=cl.get(url)
        print(url,r.status_code,len(q),round((time.time()-t)*1000),"ms")
