"""What of a file is not taken as it stands: where, what, and how much it matters."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Kind(Enum):
    """What happens to it; in the order in which it has to be read, the most dangerous first."""

    CONDITION = _("Conditions que Sira ne sait pas lire : à réécrire, sinon le questionnaire n’est pas publié")
    CHECK = _("Contrôles des réponses que Sira ne fait pas")
    LIST = _("Listes proposées autrement que dans le fichier")
    FILLED = _("Réponses que le fichier calcule ou remplit d’avance : Sira les demande")
    TEXT = _("Textes à relire : langue, renvoi à une réponse, texte absent")
    CODE = _("Noms en double ou codes changés")
    FORMULA = _("Formules de calcul qui ne sont pas reprises")
    QUESTION = _("Questions et groupes qui ne sont pas repris")
    GROUP = _("Groupes dans des groupes, qui deviennent des parties")
    TECHNICAL = _("Données notées par le téléphone, qui ne sont pas reprises")
    LEFT = _("Feuilles, lignes et cellules qui ne sont pas lues")
    KEPT = _("Gardé et rendu à l’export, mais sans effet dans Sira")

    @property
    def changes(self) -> bool:
        """Is somebody asked otherwise than the file says?"""
        return self in (Kind.CONDITION, Kind.CHECK, Kind.LIST, Kind.FILLED, Kind.TEXT, Kind.CODE)


ORDER = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Loss:
    """Something that Sira does not take as it stands. `row`, `last`: as the program shows them, 0 for the whole sheet; `column`: its
    title in the file, empty for the whole row."""

    sheet: str
    row: int
    words: str
    kind: Kind
    column: str = ""
    last: int = 0

    @property
    def place(self) -> str:
        parts = [self.sheet]
        if self.row:
            parts.append(f"{self.row}–{self.last}" if self.last > self.row else str(self.row))
        return " · ".join([*parts, self.column] if self.column else parts)


def grouped(losses: Iterable[Loss]) -> list[dict[str, Any]]:
    """By kind, the most dangerous first: {kind, title, losses}."""
    found: dict[Kind, list[Loss]] = {}
    for loss in losses:
        found.setdefault(loss.kind, []).append(loss)
    return [{"kind": kind, "title": kind.value, "losses": found[kind]} for kind in sorted(found, key=ORDER.__getitem__)]
