"""The operations of a centre's day, beside those of the closest peer.

The peer is the open shelter software nearest to what Sira does: Sahana Eden with its case management for reception centres (MRCMS). It was
measured on a machine like this one with 200,000 cases, without anybody else at work: its figures are written down here, Sira's are measured.
The aim is ten times faster; the time is that of the whole page over HTTP, the statements are those of one page, the weight is compressed."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote_plus

from django.urls import NoReverseMatch, reverse

PEER = "Sahana Eden (MRCMS), 200 000 dossiers"
PEER_STATEMENTS, PEER_FIRST_VISIT_KB = "63 à 163", 400  # a page; 400 to 450 kB
AIM = 10
TIMES = 25
# Not counted as statements, as in tests/test_pages.py.
NOT_COUNTED = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK", "SET CONSTRAINTS")
MANAGER, CENTRE = "manager.gao", "GAO"
Visit = Callable[..., Any]


@dataclass
class Beside:
    """One operation. `peer_ms`: the median of the peer's."""

    what: str
    median_ms: float
    statements: int
    kilobytes: float
    peer_ms: float
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.peer_ms / self.median_ms

    @property
    def met(self) -> bool:
        return self.ratio >= AIM

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": round(self.ratio, 1), "ten_times": self.met}


@dataclass(frozen=True)
class Operation:
    """What is asked for, again and again: each time the next of `paths`. With `data`, a form that is sent (and told apart from the last)."""

    what: str
    peer_ms: float
    username: str
    paths: list[str]
    data: Callable[[], dict[str, Any]] | None = None
    note: str = ""


def _people_here(number: int) -> list[tuple[str, str]]:
    """(key, token of the card) of people who are at the centre and carry a card; without a token where nobody does."""
    from cases.models import Card
    from reception.models import Stay

    here = Stay.objects.open().filter(centre__code=CENTRE).order_by("?")
    cards = list(Card.objects.valid().filter(migrant__in=here.order_by().values("migrant")).values_list("migrant_id", "token")[:number])
    return [(str(key), token) for key, token in cards] or [(str(key), "") for key in here.values_list("migrant_id", flat=True)[:number]]


def _counter() -> tuple[list[str], str]:
    """Somebody is found by the number of the card."""
    people = _people_here(TIMES)
    for arguments in ([CENTRE], []):
        try:
            address = reverse("reception:counter", args=arguments)
        except NoReverseMatch:
            continue
        return [f"{address}?q={quote_plus(token)}" for _key, token in people], "écran du guichet, par le numéro de la carte"
    return [reverse("reception:assistance", args=[CENTRE, key]) for key, _token in people], "page d’assistance de la personne"


def operations(names: list[str], registration: Callable[[], dict[str, Any]]) -> Iterator[Operation]:
    from accounts.models import User
    from cases.models import Migrant
    from reception.models import Stay
    from reception.periods import MONTH, Period

    seen = Migrant.objects.visible_to(User.objects.get(username=MANAGER))
    files = [reverse("cases:migrant", args=[pk]) for pk in seen.order_by("?").values_list("pk", flat=True)[:TIMES]]
    present = Stay.objects.open().filter(centre__code=CENTRE).count()
    here = f"{present} personnes présentes"
    today = Period.of(MONTH, _today()).before
    report = reverse("reception:report", args=[CENTRE])
    counter, how = _counter()
    yield Operation("Liste des dossiers", 952, MANAGER, [reverse("cases:migrants")])
    yield Operation("Recherche d’un nom", 812, MANAGER, [f"{reverse('cases:migrants')}?q={quote_plus(name)}" for name in names[:TIMES]], note="noms mal écrits")
    yield Operation("Dossier d’une personne", 515, MANAGER, files)
    yield Operation("Enregistrer", 755, MANAGER, [reverse("cases:register")], registration, "une personne nouvelle, doublons cherchés")
    yield Operation("Liste de présence : le tableau du centre", 2273, MANAGER, [reverse("reception:centre", args=[CENTRE])], note=here)
    yield Operation("Liste de présence : la liste des repas", 2273, MANAGER, [reverse("reception:meals", args=[CENTRE])], note=here)
    if counter:
        yield Operation("Guichet : trouver une personne", 360, MANAGER, counter, note=how)
    yield Operation("Statistiques : rapport du mois d’un centre", 3306, MANAGER, [f"{report}?by=month&on={today.first}"], note=f"{today.first:%m/%Y}")
    yield Operation("Statistiques : tous les indicateurs", 3306, "steering.eu", [reverse("reporting:committee")])


def _today() -> Any:
    from django.utils import timezone

    return timezone.localdate()


def measure(visit: Visit, names: list[str], registration: Callable[[], dict[str, Any]]) -> list[Beside]:
    """Each operation, over HTTP for the time and the weight, and once more within this process for the statements."""
    found = []
    for one in operations(names, registration):
        try:
            found.append(_measure(visit, one))
        except Exception as error:  # one that can't be measured hides none of the others
            print(f"(non mesuré) {one.what} : {type(error).__name__}: {error}"[:200])  # noqa: T201
    return found


def _measure(visit: Visit, one: Operation) -> Beside:
    visitor, seconds, wanted = visit(one.username), [], 302 if one.data else 200
    visitor.get(one.paths[0])  # a form's token
    for number in range(TIMES + 2):
        path = one.paths[number % len(one.paths)]
        answer = visitor.post(path, one.data()) if one.data else visitor.get(path)
        if answer[0] != wanted:
            raise RuntimeError(f"{one.what}: answered {answer[0]}")
        if number >= 2:  # the first ones fill what is kept for the life of a process
            seconds.append(answer[2])
    weight = len(visitor.get(one.paths[0], **{"Accept-Encoding": "br, gzip"})[1])
    return Beside(one.what, round(statistics.median(seconds) * 1000, 1), statements(one), round(weight / 1000, 1), one.peer_ms, one.note)


def statements(one: Operation) -> int:
    """How many statements the page needs of the database; nothing that it writes stays."""
    from django.db import connection, transaction
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User

    with transaction.atomic():
        browser = Client()
        browser.force_login(User.objects.get(username=one.username))
        for _visit in range(2):
            with CaptureQueriesContext(connection) as captured:
                browser.post(one.paths[0], one.data()) if one.data else browser.get(one.paths[0])
        transaction.set_rollback(True)
    return sum(not query["sql"].upper().startswith(NOT_COUNTED) for query in captured.captured_queries)


def show(rows: list[Beside], people: int, first_visit_kb: float | None) -> None:
    """The table, as it is read by people."""
    print(f"\nÀ côté de {PEER} ; ici {people} personnes. But : {AIM} fois plus vite.\n")  # noqa: T201
    if not rows:
        return
    width = max(len(row.what) for row in rows)
    print(f"{'':<{width}}  {'Sira':>9}  {'requêtes':>8}  {'page':>8}  {'le pair':>9}  {'rapport':>8}  {'but':<10}")  # noqa: T201
    for row in rows:
        verdict = "atteint" if row.met else "NON ATTEINT"
        figures = f"{row.median_ms:>6.0f} ms  {row.statements:>8}  {row.kilobytes:>5.1f} ko  {row.peer_ms:>6.0f} ms  {row.ratio:>6.1f} ×"
        print(f"{row.what:<{width}}  {figures}  {verdict:<11} {row.note}".rstrip())  # noqa: T201
    most = max(row.statements for row in rows)
    print(f"Requêtes SQL d’une page : {most} au plus ici, {PEER_STATEMENTS} chez le pair.")  # noqa: T201
    if first_visit_kb:
        print(f"Première visite : {first_visit_kb:.1f} ko ici, {PEER_FIRST_VISIT_KB} à 450 ko chez le pair ({PEER_FIRST_VISIT_KB / first_visit_kb:.1f} ×).")  # noqa: T201
