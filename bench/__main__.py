"""`python -m bench`: starts what `make run` starts, on a register of its own, measures, prints the table, writes bench/results.json.

BENCH_MIGRANTS (default 20000): people in the register (`make bench PEOPLE=200000` for the size of the peer's, bench/peer.py). The register
is kept below SIRA_HOME, so that the next run of the same size starts at once; BENCH_FRESH=1 makes it anew. BENCH_SECONDS (default 30): how
long forty people work at once. BENCH_ONLY=peer: only the operations beside the peer's, which writes nothing.
A budget named for another size than the one measured is judged all the same, and the size is printed beside it."""

import json
import os
import platform
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from config.embedded import Postgres, home_directory

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results.json"
PEOPLE = int(os.environ.get("BENCH_MIGRANTS", "20000"))
ONLY = os.environ.get("BENCH_ONLY", "")
SECONDS = float(os.environ.get("BENCH_SECONDS", "30"))
PASSWORD = "sira-demo"  # noqa: S105 - of invented accounts
WORKERS = 40
SEED_SECONDS = 4 * 3600
PAGES = {
    "personnes": ("manager.gao", "/migrants/"),
    "centre": ("manager.gao", "/centres/GAO/"),
    "retours": ("returns.gao", "/returns/?state=all"),
    "réintégrations": ("reintegration.kayes", "/reintegration/?state=all"),
    "visites": ("reintegration.kayes", "/reintegration/visits/"),
    "sensibilisation": ("outreach", "/outreach/"),
    "flux": ("flows", "/flows/"),
    "indicateurs": ("steering.eu", "/reporting/"),
    "qui a vu": ("auditor", "/administration/reads/"),
    "qui a changé": ("auditor", "/administration/changes/"),
}


@dataclass
class Row:
    """One line of the table. `ok` None: nothing to compare with, or not measured."""

    what: str
    measured: str
    budget: str
    ok: bool | None
    note: str = ""


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]


def times(what: str, seconds: list[float], budget: float, note: str = "") -> Row:
    measured = f"p50 {statistics.median(seconds) * 1000:.0f} ms, p95 {p95(seconds) * 1000:.0f} ms (n={len(seconds)})"
    return Row(what, measured, f"p95 ≤ {budget * 1000:.0f} ms", p95(seconds) <= budget, note)


# --- what is measured runs as `make run` starts it ---------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(home: Path, people: int) -> Iterator[tuple[int, int, float]]:
    """`python -m config.run` on this home: (port, process, seconds until ready)."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "MAKELEVEL")}
    environment |= {"SIRA_HOME": str(home), "PORT": str(port), "SIRA_DEMO": "1", "SIRA_DEMO_SIZE": str(people), "SIRA_DEMO_PASSWORD": PASSWORD}
    home.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "-c", "from config import bootstrap; bootstrap.collect_static()"], cwd=ROOT, check=True, env=environment | {"SIRA_STATIC": str(home / "static")}
    )
    began = time.monotonic()
    log = home / "bench.log"
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "config.run"], cwd=ROOT, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        while "Sira est prête" not in log.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() - began > SEED_SECONDS:
                raise SystemExit(f"Sira n’a pas démarré ; journal : {log}\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.5)
        yield port, process.pid, time.monotonic() - began
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def family(root: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found, new = [root], [root]
    while new:
        new = [child for parent in new for child in parents.get(parent, [])]
        found += new
    return found


def memory(root: int) -> dict[str, float]:
    """Megabytes by kind of process, shared pages divided among those that share them (PSS)."""
    found: dict[str, float] = {}
    for pid in family(root):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            pss = next(int(line.split()[1]) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
        kinds = (("gunicorn", "web"), ("celery -q -A config worker", "worker"), ("celery -q -A config beat", "beat"), ("postgres", "postgres"), ("redis", "redis"))
        kind = next((name for sign, name in kinds if sign in command), "make run")
        found[kind] = found.get(kind, 0) + pss / 1024
    return found


# --- the measurements --------------------------------------------------------------------------------------------


def misspelt_names(rng: random.Random, how_many: int) -> list[str]:
    """Names of the register as another clerk would have written them."""
    from administration.demo.spelling import respell
    from cases.models import Migrant

    keys = list(Migrant.objects.values_list("given_names", "surname").order_by("?")[:how_many])
    return [f"{respell(given, rng)} {respell(surname, rng)}" for given, surname in keys]


def measure_search(visit: Callable, rng: random.Random) -> Row:
    from urllib.parse import quote_plus

    agent = visit("agent.gao")
    seconds = [_good(agent.get(f"/migrants/?q={quote_plus(name)}")) for name in misspelt_names(rng, 150)]
    return times("Recherche d’un nom mal écrit (page)", seconds, 0.1, "budget pour 1 000 000 de personnes")


def measure_duplicates(visit: Callable, rng: random.Random) -> Row:
    agent = visit("agent.gao")
    agent.get("/migrants/register/")
    seconds = []
    for name in misspelt_names(rng, 100):
        given, _space, surname = name.partition(" ")
        seconds.append(
            _good(
                agent.post(
                    "/migrants/register/similar/", {"surname": surname, "given_names": given, "sex": "male", "birth_2": rng.randint(1975, 2008), "nationality": "ML"}
                )
            )
        )
    return times("Doublons d’une nouvelle personne", seconds, 0.15, "budget pour 1 000 000 de personnes")


def measure_person(visit: Callable) -> Row:
    from accounts.models import User
    from cases.models import Migrant

    manager = visit("manager.gao")
    seen = Migrant.objects.visible_to(User.objects.get(username="manager.gao")).values_list("pk", flat=True)
    seconds = [_good(manager.get(f"/migrants/{pk}/")) for pk in list(seen.order_by("?")[:100])]
    return times("Dossier d’une personne", seconds, 0.15, "budget pour 250 000 personnes")


def last_page(content: bytes) -> str | None:
    """The address of the end of a list, from the way its next page is named."""
    import html
    import re
    from urllib.parse import parse_qs, urlencode

    found = re.search(rb'href="(\?[^"]*\bafter=[^"]+)"', content)
    if not found:
        return None
    query = parse_qs(html.unescape(found[1].decode())[1:])
    after = query.pop("after")[0].split("~")
    # Beyond any key in either direction; the page that makes no sense shows the first one, and is left out by its content.
    low = [
        "0001-01-01T00:00:00+00:00" if "T" in part else "0001-01-01" if part.count("-") == 2 else "00000000-0000-0000-0000-000000000000" if part.count("-") == 4 else "0"
        for part in after
    ]
    return "?" + urlencode({**query, "before": "~".join(low)}, doseq=True)


def measure_lists(visit: Callable) -> list[Row]:
    rows = []
    for title, (username, path) in PAGES.items():
        visitor = visit(username)
        seconds = [_good(visitor.get(path)) for _time in range(20)]
        rows.append(times(f"Liste « {title} », première page", seconds, 0.15, "budget pour 250 000 personnes"))
        end = last_page(visitor.get(path)[1])
        if end:
            seconds = [_good(visitor.get(path.partition("?")[0] + end)) for _time in range(20)]
            rows.append(times(f"Liste « {title} », dernière page", seconds, 0.15, "budget pour 250 000 personnes"))
    return rows


def registration(rng: random.Random) -> dict[str, Any]:
    letters = "bcdfgklmnprstvz"
    surname = "".join(rng.choice(letters) + rng.choice("aeiou") for _ in range(5)).capitalize()
    return {
        "id": uuid.uuid4(), "surname": surname, "given_names": "Mesure", "sex": "male", "birth_2": rng.randint(1970, 2005), "nationality": "GN",
        "consent_purposes": "registration", "consent_method": "signed", "consent_language": "fra", "confirmed": "on",
    }  # fmt: skip


def measure_save(visit: Callable, rng: random.Random) -> Row:
    agent = visit("agent.gao")
    agent.get("/migrants/register/")
    seconds = [_good(agent.post("/migrants/register/", registration(rng)), 302) for _time in range(60)]
    return times("Enregistrer une personne", seconds, 0.3, "budget pour 250 000 personnes")


def _good(answer: tuple[int, bytes, float], status: int = 200) -> float:
    if answer[0] != status:
        raise RuntimeError(f"answered {answer[0]}")
    return answer[2]


def measure_crowd(visit: Callable, rng: random.Random) -> Row:
    """Forty people, each with a connection of their own: look, search, open, save, with pauses of one to five seconds."""
    from urllib.parse import quote_plus

    from accounts.models import User
    from cases.models import Migrant

    who = ["agent.gao"] * 12 + ["agent.bamako"] * 8 + ["agent.kayes"] * 6 + ["manager.gao"] * 4 + ["returns.gao"] * 4 + ["reintegration.kayes"] * 4 + ["steering.eu"] * 2
    names = misspelt_names(rng, 200)
    files = {
        name: [str(pk) for pk in Migrant.objects.visible_to(User.objects.get(username=name)).values_list("pk", flat=True)[:200]]
        for name in set(who)
        if name != "steering.eu"
    }
    boards = {"agent.gao": "GAO", "manager.gao": "GAO", "agent.bamako": "BKO", "agent.kayes": "KAY"}
    visitors = [(name, visit(name, fresh=True)) for name in who]
    seconds: list[float] = []
    faults: list[str] = []
    end = time.monotonic() + SECONDS

    def work(name: str, visitor: Any, own: random.Random) -> None:
        time.sleep(own.uniform(0, 3))
        while time.monotonic() < end:
            draw = own.random()
            try:
                if name == "steering.eu":
                    answer = visitor.get("/reporting/")
                elif draw < 0.3:
                    answer = visitor.get(f"/migrants/{own.choice(files[name])}/")
                elif draw < 0.5:
                    answer = visitor.get(f"/migrants/?q={quote_plus(own.choice(names))}")
                elif draw < 0.65 and name in boards:
                    answer = visitor.get(f"/centres/{boards[name]}/")
                elif draw < 0.75 and name in boards:
                    visitor.get("/migrants/register/")
                    answer = visitor.post("/migrants/register/", registration(own))
                else:
                    answer = visitor.get(own.choice(["/", "/migrants/"]))
                seconds.append(answer[2])
                if answer[0] >= 400:
                    faults.append(f"{name}: {answer[0]}")
            except OSError as error:
                faults.append(f"{name}: {type(error).__name__}")
            time.sleep(own.uniform(1, 5))

    threads = [threading.Thread(target=work, args=(name, visitor, random.Random(number))) for number, (name, visitor) in enumerate(visitors)]  # noqa: S311
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row = times(f"{WORKERS} personnes au travail pendant {SECONDS:.0f} s", seconds, 0.3, f"{len(seconds) / SECONDS:.0f} pages par seconde, {len(faults)} erreur(s)")
    row.ok = bool(row.ok) and not faults
    return row


def measure_indicators() -> list[Row]:
    from django.db import connection

    from bench.by_hand import SQL
    from reporting import figures
    from reporting.measures import MEASURES, tallies

    period = figures.default_period()
    by_hand, values = [], {}
    for _time in range(5):
        began = time.perf_counter()
        with connection.cursor() as cursor:
            for name in MEASURES:
                cursor.execute(SQL[name], {"start": period.start, "end": period.end})
                values[name] = int(cursor.fetchone()[0])
        by_hand.append(time.perf_counter() - began)
    ours, counting = [], []
    for _time in range(5):
        began = time.perf_counter()
        found = tallies(list(MEASURES), period)
        counting.append(time.perf_counter() - began)
        began = time.perf_counter()
        figures.build(period)
        ours.append(time.perf_counter() - began)
    wrong = {name: (found[name].value, value) for name, value in values.items() if found[name].value != value}
    hand, whole, counted = statistics.median(by_hand), statistics.median(ours), statistics.median(counting)
    return [
        Row("Tous les indicateurs, toutes les ventilations", f"{whole * 1000:.0f} ms ({whole / hand:.1f} ×)", f"≤ 2 × {hand * 1000:.0f} ms (SQL à la main)", whole <= 2 * hand,
            f"dont {counted * 1000:.0f} ms en base"),
        Row("Indicateurs égaux au SQL écrit à la main", f"{len(values) - len(wrong)} sur {len(values)}", f"{len(values)} sur {len(values)}", not wrong, str(wrong or "")),
    ]  # fmt: skip


def measure_report() -> Row:
    from reporting import figures, pdf
    from reporting.services import freeze

    began = time.perf_counter()
    content = pdf.render(freeze(actor=None, period=figures.default_period()), lambda step: None)
    seconds = time.perf_counter() - began
    return Row("Rapport PDF du comité", f"{seconds:.1f} s, {len(content) / 1000:.0f} ko", "≤ 10 s", seconds <= 10)


SQUEEZED = {"Accept-Encoding": "br, gzip"}


def first_visit(visit: Callable) -> tuple[int, int]:
    """Compressed bytes of the bodies of a first visit, and how many requests it takes."""
    import re

    agent = visit("agent.gao")
    _status, page, _seconds = agent.get("/migrants/register/")
    files = set(re.findall(rb'(?:href|src)="(/static/[^"]+)"', page))
    return len(agent.get("/migrants/register/", **SQUEEZED)[1]) + sum(len(agent.get(file.decode(), **SQUEEZED)[1]) for file in files), len(files) + 1


def measure_weight(visit: Callable) -> list[Row]:
    """Compressed bytes of the answer's body; headers are not counted (a browser test counts those too)."""
    first, requests = first_visit(visit)
    heaviest = max((len(visit(username).get(path, **SQUEEZED)[1]), title) for title, (username, path) in PAGES.items())
    seconds = first * 8 / 50_000 + 0.8 * 3
    return [
        Row("Première visite", f"{first / 1000:.1f} ko, {requests} requêtes", "≤ 60 ko, ≤ 6 requêtes", first <= 60_000 and requests <= 6),
        Row("Page suivante la plus lourde", f"{heaviest[0] / 1000:.1f} ko ({heaviest[1]})", "≤ 20 ko", heaviest[0] <= 20_000),
        Row("Formulaire d’enregistrement à 50 kbit/s, 800 ms", f"environ {seconds:.0f} s (calculé)", "≤ 12 s", seconds <= 12, "mesuré pour de vrai dans tests/browser"),
    ]


def measure_memory(pid: int) -> Row:
    parts = memory(pid)
    total = sum(parts.values())
    note = ", ".join(f"{kind} {size:.0f}" for kind, size in sorted(parts.items(), key=lambda item: -item[1]))
    return Row("Mémoire de tout ce que « make run » démarre (PSS)", f"{total:.0f} Mo", "≤ 1200 Mo", total <= 1200, note)


def machine() -> dict[str, Any]:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return {
        "processors": os.cpu_count(),
        "memory_gb": round(int(lines[0].split()[1]) / 1_048_576, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def show(rows: list[Row]) -> None:
    widths = [max(len(str(value)) for value in column) for column in zip(*((r.what, r.measured, r.budget) for r in rows), strict=True)]
    for row in rows:
        verdict = {True: "tenu", False: "DÉPASSÉ", None: "–"}[row.ok]
        print(f"{row.what:<{widths[0]}}  {row.measured:<{widths[1]}}  {row.budget:<{widths[2]}}  {verdict:<8} {row.note}".rstrip())  # noqa: T201


def main() -> None:
    facts = machine()
    home = home_directory() / f"bench-{PEOPLE}"
    if os.environ.get("BENCH_FRESH"):
        Postgres(home).wipe()
        shutil.rmtree(home, ignore_errors=True)
    print(f"Registre de {PEOPLE} personnes ; la première fois, il faut le remplir…", flush=True)  # noqa: T201
    with running(home, PEOPLE) as (port, pid, ready):
        os.environ |= {"DATABASE_URL": Postgres(home).running_url() or "", "SIRA_HOME": str(home), "SIRA_DEMO": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
        import django

        django.setup()
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute("SELECT (SELECT count(*) FROM cases_migrant), (SELECT count(*) FROM reception_assistance), pg_database_size(current_database())")
            people, lines, size = cursor.fetchone()
        from bench import peer
        from bench.visitor import Visitor

        known: dict[str, Visitor] = {}

        def visit(username: str, *, fresh: bool = False) -> Visitor:
            if username not in known:
                known[username] = Visitor(port, username, PASSWORD)
            # Signing in is throttled: the crowd shares the sessions, each with a connection of its own.
            return known[username].another() if fresh else known[username]

        rng = random.Random(11)  # noqa: S311 - the same questions each time
        # First, while nobody else is at work, as the peer was measured.
        beside = peer.measure(visit, misspelt_names(rng, peer.TIMES), lambda: registration(rng))
        first_kb = first_visit(visit)[0] / 1000
        rows: list[Row] = []
        steps: list[Callable[[], Row | list[Row]]] = [
            lambda: measure_person(visit),
            lambda: measure_search(visit, rng),
            lambda: measure_duplicates(visit, rng),
            lambda: measure_lists(visit),
            lambda: measure_save(visit, rng),
            lambda: measure_crowd(visit, rng),
            measure_indicators,
            measure_report,
            lambda: measure_weight(visit),
            lambda: measure_memory(pid),
        ]
        for step in steps if ONLY != "peer" else ():
            try:
                found = step()
            except Exception as error:
                found = Row(f"(non mesuré) {getattr(step, '__name__', '')}", f"{type(error).__name__}: {error}"[:120], "", None)
            rows += found if isinstance(found, list) else [found]
        connection.close()
    print(f"\n{people} personnes, {lines} lignes d’assistance, base de {size / 1e6:.0f} Mo ; prête en {ready:.0f} s ; {facts['processors']} processeurs\n")  # noqa: T201
    if rows:
        show(rows)
    peer.show(beside, people, first_kb)
    if ONLY:
        return
    content = {
        "measured_on": time.strftime("%Y-%m-%d"),
        "machine": facts,
        "people": people,
        "assistance_lines": lines,
        "database_mb": round(size / 1e6),
        "rows": [asdict(row) for row in rows],
        "beside_the_peer": {"peer": peer.PEER, "aim": peer.AIM, "first_visit_kb": round(first_kb, 1), "operations": [row.as_json() for row in beside]},
    }
    RESULTS.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
