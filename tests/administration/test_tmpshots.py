import datetime, json, subprocess, random, sys
import pytest
from django.utils import timezone
from tests.flows.factories import make_count, make_point
from flows.models import FlowPoint
from tests.outreach.factories import *
from tests.administration.factories import *
from administration import services

def test_shots(transactional_db, live_server, as_user, centre):
    make_point()
    for p in FlowPoint.objects.open_on(timezone.localdate()):
        for n in range(0, 20):
            for d in ("in", "out"):
                if random.random() < .8 and not (n == 0 and p.code > "FMP-H"):
                    make_count(point=p, counted_on=timezone.localdate()-datetime.timedelta(days=n), direction=d, women=random.randint(0,40), men=random.randint(20,200), girls=random.randint(0,12), boys=random.randint(0,20))
    for n in range(8):
        make_activity(held_on=timezone.localdate()-datetime.timedelta(days=n*5), women=300)
    t = make_training()
    for n in range(4):
        make_attendance(t)
    w = make_waiting_posting()
    u = make_account("awa.traore")
    make_posting(centre("GAO"), u)
    services.reset_password(actor=admin(), user=u)
    services.issue_token(actor=admin(), user=u)
    from flows.models import FlowCount
    from outreach.models import Activity
    as_user("auditor").post("/administration/chain/")
    as_user("outreach").get(f"/outreach/{t.pk}/")
    from audit.models import ReadLog
    for n in range(60):
        ReadLog.objects.create(user=admin("agent.gao"), action=random.choice(["opened","listed","exported"]), model="cases.migrant", rows=[str(uuid.uuid4()) for _ in range(random.choice([1,1,25]))], centre_code="GAO", path="/migrants/", address="10.0.0.1")
    cookies = {n: as_user(n).cookies["sessionid"].value for n in ("flows","outreach","admin","auditor","manager.gao")}
    pages = [
        ("flows", "/", "home-flows"), ("flows", "/flows/", "flows"), ("flows", "/flows/points/FMP-BEN/", "flow-point"), ("flows", "/flows/count/", "flow-count"), ("flows", f"/flows/counts/{FlowCount.objects.first().pk}/", "flow-correct"),
        ("outreach", "/", "home-outreach"), ("outreach", "/outreach/", "outreach"), ("outreach", "/outreach/new/", "outreach-new"), ("outreach", f"/outreach/{t.pk}/", "training"), ("outreach", "/outreach/communities/", "communities"),
        ("admin", "/", "home-admin"), ("admin", "/administration/users/", "users"), ("admin", f"/administration/users/{u.pk}/", "user"), ("admin", "/administration/users/new/", "new-user"), ("admin", f"/administration/users/{u.pk}/deactivate/", "deactivate"), ("admin", f"/administration/users/{u.pk}/postings/new/", "new-posting"), ("admin", "/administration/postings/waiting/", "waiting"),
        ("auditor", "/", "home-auditor"), ("auditor", "/administration/reads/", "reads"), ("auditor", "/administration/changes/", "changes"), ("auditor", "/administration/chain/", "chain"),
        ("manager.gao", "/administration/centres/GAO/staff/", "staff"),
    ]
    json.dump({"base": live_server.url, "cookies": cookies, "pages": pages}, open("/tmp/shots/jobs.json","w"))
    out = subprocess.run([sys.executable, "/tmp/shoot.py"], capture_output=True, text=True)
    print(out.stdout, out.stderr[-3000:])
