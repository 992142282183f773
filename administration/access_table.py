"""`docs/access.md`: who may do what, written from the one table in `centres/roles.py`."""

from pathlib import Path

from django.utils.translation import override

from accounts.models import Organisation
from centres.roles import CENTRE_ONLY, NATIONAL, NATIONAL_ONLY, ROLE_ORGANISATIONS, ROLE_RIGHTS, Right, Role

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "access.md"

HEAD = """# Qui peut faire quoi

Fait par `python manage.py access_table` à partir de `centres/roles.py` ; ne pas modifier à la main (un test compare).

Les droits tiennent aux affectations : *cette personne a ce rôle dans ce centre*, ou pour tout le pays. Un droit « centre »
vaut pour les personnes que le centre suit ou a suivies, et n’écrit que tant qu'il les suit ; un droit « national » vaut partout.
Une personne hors de portée n’existe pas pour le compte (404) ; à portée mais sans le droit, l’accès est refusé (403).
Personne ne se donne un rôle à soi-même : un second administrateur confirme.
"""


def _scope(role: Role) -> str:
    return "un centre" if role in CENTRE_ONLY else "national" if role in NATIONAL_ONLY else "un centre ou national"


def _organisations(role: Role) -> str:
    allowed = ROLE_ORGANISATIONS[role]
    return "toutes" if allowed is None else ", ".join(str(kind.label) for kind in Organisation.Kind if kind.value in allowed)


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows])


def document() -> str:
    """The whole document, in French, ending with a newline."""
    with override("fr"):
        roles = _table(
            ["rôle", "portée", "organisations", "peut"],
            [[str(role.label), _scope(role), _organisations(role), " ; ".join(str(right.label) for right in Right if right in ROLE_RIGHTS[role])] for role in Role],
        )
        matrix = _table(
            ["droit", "portée", *[str(role.label) for role in Role]],
            [
                [f"{right.label} (`{right.value}`)", "national" if right in NATIONAL else "centre", *["oui" if right in ROLE_RIGHTS[role] else "–" for role in Role]]
                for right in Right
            ],
        )
    return f"{HEAD}\n## Par rôle\n\n{roles}\n\n## Par droit\n\n{matrix}\n"
