import time, uuid, datetime
import pytest
from django.db import connection
from reporting import figures
from reporting.measures import MEASURES, tallies, proof, Period
from reporting.figures import default_period
from tests.factories import make_migrant
from . import factories as make
pytestmark = pytest.mark.django_db
def test_scale(centre):
    cs={c:centre(c) for c in ("KAY","BKO","GAO")}
    m=make_migrant(cs["GAO"]); make.make_assistance(m, cs["GAO"], make.after(1))
    with connection.cursor() as c:
        c.execute("SET session_replication_role = replica")
        c.execute("SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.columns WHERE table_name='cases_migrant' AND column_name NOT IN ('id','case_number','sex','born_on','birth_precision')")
        cols=c.fetchone()[0]
        c.execute(f"INSERT INTO cases_migrant (id, case_number, sex, born_on, birth_precision, {cols}) SELECT gen_random_uuid(), 'X'||g, (ARRAY['male','male','male','female'])[1+g%4], DATE '1970-01-01' + (g*7919 % 18000), 'day', {cols} FROM cases_migrant, generate_series(1,250000) g")
        c.execute("CREATE TEMP TABLE ids AS SELECT id, row_number() over () n FROM cases_migrant")
        c.execute("CREATE INDEX ON ids(n)")
        c.execute("SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.columns WHERE table_name='reception_assistance' AND column_name NOT IN ('id','migrant_id','given_on','centre_id')")
        cols=c.fetchone()[0]
        c.execute(f"INSERT INTO reception_assistance (id, migrant_id, given_on, centre_id, {cols}) SELECT gen_random_uuid(), ids.id, DATE '2024-11-24' + (ids.n*31 + k) % 720 :: int, (SELECT min(id) FROM centres_centre) + (ids.n+k) % 3, {cols} FROM (SELECT * FROM reception_assistance LIMIT 1) a, ids, generate_series(1,12) k".replace("% 720 :: int","% 720").replace("DATE '2024-11-24' + (ids.n*31 + k) % 720","DATE '2024-11-24' + ((ids.n*31 + k) % 720)::int"))
        c.execute("ANALYZE cases_migrant"); c.execute("ANALYZE reception_assistance")
        c.execute("SELECT count(*) FROM reception_assistance"); print("rows", c.fetchone())
        p=default_period()
        for sql in ("SELECT count(DISTINCT migrant_id) FROM reception_assistance WHERE given_on BETWEEN %s AND %s",
            "SELECT count(*), sex FROM (SELECT DISTINCT migrant_id FROM reception_assistance WHERE given_on BETWEEN %s AND %s) a JOIN cases_migrant m ON m.id=a.migrant_id GROUP BY sex"):
            for _ in range(2):
                t=time.time(); c.execute(sql,[p.start,p.end]); c.fetchall(); print("hand", round(time.time()-t,2))
    for d in (False, True):
        for _ in range(2):
            t=time.time(); tallies(["assistance"],p,detail=d); print("assistance detail",d,round(time.time()-t,2))
    t=time.time(); figures.build(p); print("build all", round(time.time()-t,2))
    t=time.time(); f=proof("assistance",p,limit=51); print("proof page", round(time.time()-t,3))
    t=time.time(); proof("assistance",p,after="f0000000-0000-0000-0000-000000000000",limit=51); print("proof late page", round(time.time()-t,3))
    sql,params=MEASURES["assistance"].sql(p,"default")
    with connection.cursor() as c:
        c.execute("EXPLAIN ANALYZE SELECT count(*) FROM ("+sql+") f",params); print("\n".join(r[0][:150] for r in c.fetchall()))
        c.execute("EXPLAIN ANALYZE SELECT * FROM ("+sql+") f WHERE subject > '80000000-0000-0000-0000-000000000000' ORDER BY subject LIMIT 51",params); print("\n".join(r[0][:150] for r in c.fetchall()))
