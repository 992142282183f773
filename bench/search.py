"""`python -m bench.search [PEOPLE]`: search and duplicate check on a register of that many people (default 1,000,000), on PostgreSQL's side
as in the product: the embedded server, the product's own pages, in one process.

Only the tables of people are filled, by COPY; the register is kept below SIRA_HOME and used again at the next run of the same size
(BENCH_FRESH=1 makes it anew). `--write` puts the table into docs/duplicates.md."""

import io
import os
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from config.embedded import Postgres, home_directory, services

PAGE = Path(__file__).resolve().parent.parent / "docs" / "duplicates.md"
SEED = 11
QUESTIONS = 200


def seed(people: int) -> float:
    """Fills the tables of people. Returns seconds. Indexes are built at the end, which is many times faster."""
    from django.db import connection, transaction

    from cases.models import Custody, Migrant

    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL maintenance_work_mem = '512MB'")
        indexes = []
        for table in ("cases_migrant", "cases_custody"):
            cursor.execute(
                """SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                   WHERE i.indrelid = %s::regclass AND NOT i.indisprimary AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)""",
                [table],
            )
            indexes += cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        for chunk in _rows(people):
            for model, columns, text in chunk:
                cursor.copy_expert(f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN", text)
        for _name, definition in indexes:
            cursor.execute(definition)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_migrant, cases_custody")
    assert Migrant.objects.count() == people and Custody.objects.count() == people
    return time.perf_counter() - began


def _rows(people: int) -> Iterator[list[tuple[Any, tuple[str, ...], io.StringIO]]]:
    """Invented people as the demonstration draws them, a chunk at a time, as COPY reads them."""
    import names
    from administration.demo.life import NATIONALITIES, PREFIXES
    from cases import case_numbers
    from cases.models import Custody, Migrant, index_keys
    from centres.models import Centre

    rng = random.Random(SEED)  # noqa: S311 - reproducible on purpose
    centres = {centre.code: centre.pk for centre in Centre.objects.all()}
    fields = list(Migrant._meta.concrete_fields)
    columns = tuple(field.column for field in fields)
    blank = {field.column: _text(field.get_default()) for field in fields}
    pools = {code: names.pool(code) for code in NATIONALITIES}
    nationalities = rng.choices(list(NATIONALITIES), list(NATIONALITIES.values()), k=people)
    homes = rng.choices(["GAO", "BKO", "KAY"], (42, 35, 23), k=people)
    keys: dict[str, tuple[str, str]] = {}
    serials: dict[tuple[str, int], int] = {}
    now = datetime(2026, 1, 1, 8, tzinfo=UTC)
    for start in range(0, people, 50_000):
        migrants, custodies = io.StringIO(), io.StringIO()
        for index in range(start, min(start + 50_000, people)):
            nationality, code = nationalities[index], homes[index]
            pool = pools[nationality]
            sex = "male" if rng.random() < 0.85 else "female"
            given_names = pool.male if sex == "male" else pool.female
            given = rng.choices(list(given_names), list(given_names.values()))[0]
            if rng.random() < 0.18:
                given += " " + rng.choice(list(given_names))
            surname = rng.choices(list(pool.surnames), list(pool.surnames.values()))[0]
            full = f"{given} {surname}"
            if full not in keys:
                keys[full] = ("{" + ",".join(f'"{key}"' for key in index_keys(full)) + "}", " ".join(names.tokens(full))[:250])
            born = date(rng.randint(1965, 2012), 1, 1) + timedelta(days=rng.randrange(365))
            precision = rng.choices(("day", "year", "age"), (50, 35, 15))[0]
            if precision != "day":
                born = born.replace(month=12, day=31)
            number = None
            year = 1990 + index // 40_000  # case numbers have five digits a year and centre
            while number is None:
                serials[code, year] = serials.get((code, year), 0) + 1
                number = case_numbers.compose(code, year, serials[code, year])
            key = uuid.UUID(int=rng.getrandbits(128), version=4)
            registered = (now - timedelta(minutes=people - index)).isoformat()
            phone = f"{PREFIXES[nationality]}{rng.randint(60_000_000, 99_999_999)}" if rng.random() < 0.5 else ""
            row = blank | {
                "id": str(key), "case_number": number, "surname": surname, "given_names": given, "sex": sex, "born_on": born.isoformat(), "birth_precision": precision,
                "nationality": nationality, "phone": phone, "registered_centre_id": str(centres[code]), "registered_at": registered,
                "name_keys": keys[full][0], "search_text": keys[full][1],
            }  # fmt: skip
            migrants.write("\t".join(row[column] for column in columns) + "\n")
            custodies.write(f"{key}\t{centres[code]}\t{registered}\tregistered\n")
        migrants.seek(0)
        custodies.seek(0)
        yield [(Migrant, columns, migrants), (Custody, ("migrant_id", "centre_id", "since", "reason"), custodies)]


def _text(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, list):
        return "{}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def measure(what: str, budget: float, questions: list[Any], ask: Callable[[Any], Any]) -> list[str]:
    """A row of the table. The first ten warm up the caches and are not counted."""
    seconds = []
    for number, question in enumerate(questions):
        began = time.perf_counter()
        ask(question)
        if number >= 10:
            seconds.append(time.perf_counter() - began)
    p95 = statistics.quantiles(seconds, n=20)[-1]
    verdict = "tenu" if p95 <= budget else "DÉPASSÉ"
    return [what, f"{statistics.median(seconds) * 1000:.0f} ms", f"{p95 * 1000:.0f} ms", f"{max(seconds) * 1000:.0f} ms", f"≤ {budget * 1000:.0f} ms", verdict]


def run(people: int) -> str:
    from django.db import connection
    from django.test import Client

    from accounts.models import User
    from administration.demo.spelling import respell
    from bench.duplicates import table
    from cases.duplicates import similar_to
    from cases.models import Migrant

    rng = random.Random(SEED)  # noqa: S311
    browser = Client()
    browser.force_login(User.objects.get(username="agent.gao"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM cases_migrant TABLESAMPLE SYSTEM (5) ORDER BY random() LIMIT %s", [QUESTIONS])
        asked = [row[0] for row in cursor.fetchall()]
    found = Migrant.objects.in_bulk(asked)
    persons = [found[key] for key in asked]
    misspelt = [(respell(person.given_names, rng), respell(person.surname, rng), person) for person in persons]

    def good(response: Any) -> None:
        assert response.status_code == 200, response.status_code

    def typed(given: str, surname: str, person: Migrant) -> dict[str, Any]:
        return {"surname": surname, "given_names": given, "sex": person.sex, "birth_2": person.born_on.year, "nationality": person.nationality}

    rows = [
        measure("Recherche, nom tel qu’il est (page)", 0.1, persons, lambda person: good(browser.get("/migrants/", {"q": str(person)}))),
        measure("Recherche, nom mal écrit (page)", 0.1, misspelt, lambda row: good(browser.get("/migrants/", {"q": f"{row[0]} {row[1]}"}))),
        measure("Recherche, un seul nom mal écrit (page)", 0.1, misspelt, lambda row: good(browser.get("/migrants/", {"q": row[1]}))),
        measure("Doublons d’une personne enregistrée (vérification)", 0.15, persons, similar_to),
        measure(
            "Doublons pendant la saisie, année seule, nom mal écrit (page)", 0.15, misspelt, lambda row: good(browser.post("/migrants/register/similar/", typed(*row)))
        ),
    ]
    return table(["À mesurer", "Médiane", "p95", "Maximum", "Budget p95", ""], rows)


def main() -> None:
    people = next((int(word.replace("_", "")) for word in sys.argv[1:] if word.replace("_", "").isdigit()), 1_000_000)
    home = home_directory() / f"bench-search-{people}"
    if os.environ.get("BENCH_FRESH"):
        Postgres(home).wipe()
    home.mkdir(parents=True, exist_ok=True)
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    with ExitStack() as stack:
        os.environ.update(stack.enter_context(services(home)))
        os.environ |= {"SIRA_HOME": str(home), "SIRA_DEMO": "1", "SIRA_SECOND_FACTOR": "0", "DJANGO_SETTINGS_MODULE": "config.settings", "DJANGO_DEBUG": "0"}
        os.environ["SIRA_STATIC"] = str(home / "static")
        subprocess.run([sys.executable, "-c", "from config import bootstrap; bootstrap.collect_static()"], cwd=PAGE.parent.parent, check=True)
        import django

        django.setup()
        from django.core.management import call_command

        from administration.demo.accounts import ensure_accounts
        from cases.models import Migrant
        from centres.setup import ensure_centres

        call_command("migrate", verbosity=0)
        if not Migrant.objects.exists():
            ensure_centres()
            ensure_accounts("sira-demo")
            print(f"{people} personnes en {seed(people):.0f} s", flush=True)  # noqa: T201
        text = f"{people} personnes ; {os.cpu_count()} processeurs, charge {os.getloadavg()[0]:.1f} au début ; `python -m bench.search {people}`, le {date.today()}.\n\n"  # noqa: DTZ011
        text += run(people)
        print(text)  # noqa: T201
        from django.db import connections

        connections.close_all()
    if "--write" in sys.argv:
        begin, end = f"<!-- bench.search {people} -->", f"<!-- /bench.search {people} -->"
        page = PAGE.read_text(encoding="utf-8")
        head, _begin, rest = page.partition(begin)
        PAGE.write_text(f"{head}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
