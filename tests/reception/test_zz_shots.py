import os, datetime
import pytest
from django.test import Client
from django.utils import timezone
from accounts.models import User
from centres.models import Centre
from reception.beds import suitable_beds
from reception.models import Stay
from administration.demo.life import Life, ORDER
from tests.factories import make_migrant, make_minor
from .factories import *

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


@pytest.mark.django_db(transaction=True)
def test_shots(live_server):
    from playwright.sync_api import sync_playwright

    gao = Centre.objects.get(code="GAO")
    names = [
        ("Diallo", "Mamadou"),
        ("Traoré", "Fatoumata"),
        ("Koné", "Ibrahim"),
        ("Camara", "Aïssatou"),
        ("Barry", "Alpha Oumar"),
        ("Keïta", "Sékou"),
        ("Sow", "Boubacar"),
        ("Bah", "Mariama"),
        ("Touré", "Youssouf"),
        ("Cissé", "Abdoulaye"),
        ("Ouédraogo", "Issouf"),
        ("Kamara", "Mohamed Lamine"),
        ("Jallow", "Ebrima"),
        ("Njie", "Lamin"),
    ]
    for i, (s, g) in enumerate(names * 3):
        fem = g in ("Fatoumata", "Aïssatou", "Mariama")
        m = (make_minor if i % 11 == 4 else make_migrant)(gao, surname=s, given_names=g, sex="female" if fem else "male")
        if i in (7, 19):
            continue
        st = make_stay(gao, migrant=m, bed=suitable_beds(m, gao)[1] if i % 13 else None)
        if i % 5:
            backdate(st, i % 20)
    stays = list(Stay.objects.open())
    for s in stays[:14]:
        make_assistance(gao, migrant=s.migrant, service="dejeuner")
    p = Stay.objects.open().with_bed().filter(bed_id__isnull=False).first()
    for c in ("petit-dejeuner", "dejeuner", "kit-hygiene"):
        try:
            make_assistance(gao, migrant=p.migrant, service=c)
        except Exception as e:
            print(e)
    from reception.services import check_out

    ag = User.objects.get(username="agent.gao")
    for s in stays[-3:]:
        check_out(actor=ag, stay=s, reason="left")
    newp = make_migrant(gao, surname="Sangaré", given_names="Awa", sex="female")
    child = make_minor(gao, surname="Sylla", given_names="Ousmane")
    out = "/tmp/shots"
    os.makedirs(out, exist_ok=True)
    with sync_playwright() as pw:
        b = pw.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        for who in ("agent.gao", "manager.gao", "protection"):
            c = Client()
            c.force_login(User.objects.get(username=who))
            for w, h, n in ((1280, 900, "d"), (360, 740, "p")):
                ctx = b.new_context(viewport={"width": w, "height": h}, locale="fr")
                ctx.add_cookies([{"name": "sessionid", "value": c.cookies["sessionid"].value, "url": live_server.url}])
                pg = ctx.new_page()
                msgs = []
                pg.on("console", lambda m: msgs.append(m.text))
                pages = {
                    "agent.gao": {
                        "board": "/centres/GAO/",
                        "home": "/",
                        "checkin": f"/centres/GAO/check-in/{newp.pk}/",
                        "checkinchild": f"/centres/GAO/check-in/{child.pk}/",
                        "move": f"/centres/stays/{p.pk}/move/",
                        "assist": f"/centres/GAO/assistance/{p.migrant_id}/",
                        "meals": "/centres/GAO/meals/?service=dejeuner",
                        "file": f"/migrants/{p.migrant_id}/",
                    },
                    "manager.gao": {"checkout": f"/centres/stays/{p.pk}/check-out/"},
                    "protection": {"centres": "/centres/"},
                }[who]
                for name, url in pages.items():
                    r = pg.goto(live_server.url + url)
                    pg.wait_for_timeout(300)
                    print(name, n, r.status, pg.evaluate("document.documentElement.scrollWidth"), len(r.body()))
                    pg.screenshot(path=f"{out}/{name}_{n}.png", full_page=True)
                print(msgs[:5])
                from axe_playwright_python.sync_playwright import Axe

                if n == "d":
                    for name, url in pages.items():
                        pg.goto(live_server.url + url)
                        res = Axe().run(pg)
                        v = res.response["violations"]
                        print(name, "axe", [(x["id"], [nd["html"][:160] for nd in x["nodes"]][:3]) for x in v])
        b.close()
