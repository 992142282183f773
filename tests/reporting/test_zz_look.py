import time

import pytest

from reporting import pdf, services
from tests.factories import make_migrant

from . import factories as make

pytestmark = pytest.mark.django_db

def test_look(centre):
    import datetime
    import random
    random.seed(4)
    cs = {c: centre(c) for c in ("KAY", "BKO", "GAO")}
    make.make_everything(cs)
    for c in cs.values():
        for n in range(130):
            p = make_migrant(c, sex=random.choices(["male", "female", "other"], [88, 11, 1])[0], born_on=datetime.date(random.choice([1980, 1990, 1995, 2000, 2002, 2004, 2008, 2010, 2015]), 3, 1), nationality=random.choice(["GN", "CI", "SN", "ML", "ML", "ML", "BF", "NG", "GM", "CM", "TG", "SL"]))
            make.make_assistance(p, c, make.after(random.randrange(0, 720)))
            if n % 3 == 0: make.make_return(p, c, make.after(random.randrange(0, 720)))
            if n % 4 == 0: make.make_reintegration(p, c, make.after(random.randrange(0, 700)), kind=random.choice(["individual", "community"]), region=random.choice(["Kayes", "Bamako", "Sikasso"]))
    for n in range(60):
        make.make_activity("awareness", make.after(n * 11), women=random.randrange(100, 300), men=random.randrange(200, 500), girls=random.randrange(0, 80), boys=random.randrange(0, 80))
    two = make.make_colleague("me.iom")
    for code, v in (("R1.4", 12), ("E2", 1), ("R2.3", 22), ("R3.3", 0), ("E7", 5)):
        services.validate_value(actor=two, value=make.make_value("me.iom", code, v))
    services.validate_value(actor=two, value=make.make_value("me.iom", "IMP-1", None, narrative="La loi relative aux migrations est en relecture ; deux décrets d’application sont adoptés."))
    t = time.time()
    from reporting.figures import default_period
    snap = services.freeze(actor=two, period=default_period())
    print("freeze", time.time() - t); t = time.time()
    said = []
    data = pdf.render(snap, said.append)
    print("render", time.time() - t, len(data), said)
    open("/tmp/report.pdf", "wb").write(data)
    import json; json.dump(snap.figures, open("/tmp/figures.json", "w"), ensure_ascii=False, indent=1)
