"""What the columns of a list may be, and how their values are read into our fields."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.utils import get_column_letter

from config.countries import country_choices
from config.spreadsheet import Column as SheetColumn
from config.spreadsheet import Sheet, workbook

from .. import consents
from ..languages import LANGUAGES
from ..models import Consent, Migrant
from . import births, words
from .cells import Cell
from .titles import TITLES, guess
from .words import Reading

__all__ = ["BY_NAME", "COLUMNS", "PURPOSES", "Column", "Reading", "guess", "missing", "template"]


@dataclass(frozen=True)
class Column:
    """One of our fields as a column. `offered`: stands in the template."""

    name: str
    hint: Any
    tag: str
    read: Callable[[Cell, Reading], Any]
    needed: bool = False
    example: str = ""
    offered: bool = True

    @property
    def title(self) -> Any:
        return TITLES[self.name]


PURPOSES = [(value, label) for value, label in Consent.Purpose.choices if value != Consent.Purpose.REGISTRATION]
_languages = words.several(LANGUAGES, gettext_lazy("une langue n’est pas reconnue : voyez la feuille « Valeurs » du modèle"))
_consent_languages = words.several(consents.LANGUAGES, gettext_lazy("cette langue n’est pas reconnue : voyez la feuille « Valeurs » du modèle"))
_purposes = words.several(PURPOSES, gettext_lazy("un but n’est pas reconnu : voyez la feuille « Valeurs » du modèle"))
_marital = words.word(Migrant.MaritalStatus.choices, words.MARITAL, gettext_lazy("cette situation n’est pas reconnue : voyez la feuille « Valeurs » du modèle"))
_arrival = words.word(Migrant.ArrivalKind.choices, words.ARRIVAL, gettext_lazy("cette arrivée n’est pas reconnue : voyez la feuille « Valeurs » du modèle"))
_precision = words.word(
    Migrant.Precision.choices, {}, gettext_lazy("cette précision n’est pas reconnue : écrivez jour exact, mois et année, année seulement ou âge estimé")
)
_method = words.word(
    Consent.Method.choices,
    words.METHODS,
    gettext_lazy("cette façon de donner l’accord n’est pas reconnue : signature, empreinte du pouce ou parole devant témoin"),
)

COLUMNS: tuple[Column, ...] = (
    Column("reference", gettext_lazy("Un numéro propre à chaque personne dans votre liste. Il empêche qu’une personne soit enregistrée deux fois."),
           "#x_person+id+external", words.reference, example="GAO-0001"),
    Column("case_number", gettext_lazy("De qui a déjà un dossier dans Sira : la personne n’est pas enregistrée une deuxième fois."), "#x_person+id", words.case_number, offered=False),
    Column("surname", gettext_lazy("Le nom ou les prénoms, au moins l’un des deux."), "#x_person+name+family", words.words_of, example="Traoré"),
    Column("given_names", "", "#x_person+name+given", words.words_of, example="Moussa"),
    Column("other_names", "", "#x_person+name+alias", words.words_of),
    Column("sex", gettext_lazy("femme, homme, ou autre"), "#x_person+sex",
           words.sex(Migrant.Sex.choices, gettext_lazy("ce sexe n’est pas reconnu : écrivez femme, homme ou autre")), needed=True, example="homme"),
    Column("birth", gettext_lazy("15/06/1995 ; 06/1995 ou 1995 si l’on n’en sait pas plus ; vers 1995 pour une estimation. Ou bien l’âge estimé."), "#date+birth", births.birth,
           example="15/06/1995"),
    Column("birth_precision", "", "#x_person+birth+precision", _precision, offered=False),
    Column("age", gettext_lazy("Seulement si l’année de naissance n’est pas connue : en années, ou « 8 mois ». Il vaut au jour de l’arrivée ou de la liste."), "#x_person+age", births.age),
    Column("age_unit", gettext_lazy("ans, mois, semaines ou jours"), "#x_person+age+unit", births.unit, offered=False),
    Column("nationality", gettext_lazy("Le pays ou son code de deux lettres"), "#country+origin+code+v_iso2", words.country, needed=True, example="ML"),
    Column("second_nationality", "", "#country+second", words.country),
    Column("phone", gettext_lazy("Avec l’indicatif du pays ; huit chiffres seuls sont un numéro du Mali."), "#contact+phone", words.phone, example="+223 76 12 34 56"),
    Column("other_phone", "", "#contact+phone+other", words.phone),
    Column("father_given_names", "", "#x_person+father", words.words_of),
    Column("mother_given_names", "", "#x_person+mother", words.words_of),
    Column("origin_country", "", "#country+origin", words.country),
    Column("origin_area", gettext_lazy("P-code ou nom, au Mali seulement"), "#adm2+origin", words.area),
    Column("origin_place", "", "#loc+origin", words.words_of),
    Column("languages", gettext_lazy("séparées par des virgules"), "#x_person+languages", _languages, example="bambara, français"),
    Column("marital_status", "", "#x_person+marital", _marital),
    Column("arrival_kind", "", "#x_arrival+type", _arrival),
    Column("arrived_on", "", "#date+arrival", births.any_date),
    Column("consent", gettext_lazy("oui ou non. Sans « oui » la personne n’est pas enregistrée."), "#x_consent+registration", words.yes_or_no, needed=True, example="oui"),
    Column("consent_method", gettext_lazy("signature, empreinte du pouce, ou parole devant témoin"), "#x_consent+method", _method, needed=True, example="signature"),
    Column("consent_witness", gettext_lazy("son nom, quand l’accord est donné de vive voix"), "#x_consent+witness", words.words_of),
    Column("consent_purposes", gettext_lazy("autres buts, séparés par des virgules"), "#x_consent+purposes", _purposes),
    Column("consent_language", gettext_lazy("français si vide"), "#x_consent+language", lambda cell, about: next(iter(_consent_languages(cell, about)), "fra")),
)  # fmt: skip
BY_NAME = {column.name: column for column in COLUMNS}
# A list of people who all have a case number registers nobody: it says nothing of agreements.
_OF_NEW_PEOPLE = ("consent", "consent_method")


def missing(chosen: set[str]) -> list[str]:
    """Titles of what a list can't do without, and that no column was chosen for."""
    lacking = [str(column.title) for column in COLUMNS if column.needed and column.name not in chosen and not ("case_number" in chosen and column.name in _OF_NEW_PEOPLE)]
    if not chosen & {"surname", "given_names"}:
        lacking.insert(0, _("Nom de famille ou prénoms"))
    if not chosen & {"birth", "age"}:
        lacking.append(_("Date de naissance ou âge estimé"))
    return lacking


# --- the template ------------------------------------------------------------------------------------------------


OFFERED = [column for column in COLUMNS if column.offered]


def template() -> bytes:
    """A workbook to fill in: titles and HXL tags; what goes into each column; the words that are understood."""
    list_sheet = Sheet(_("Personnes"), [SheetColumn(str(column.title) + (" *" if column.needed else ""), column.tag, 24) for column in OFFERED], [])
    filled = [
        [get_column_letter(place), str(column.title), _("oui") if column.needed else "", str(column.hint), column.example] for place, column in enumerate(OFFERED, 1)
    ]
    help_columns = [(_("Colonne"), 10), (_("Titre"), 36), (_("Obligatoire"), 14), (_("Ce qu’il faut y écrire"), 80), (_("Exemple"), 26)]
    known: list[list[Any]] = []
    for name, choices in (
        ("sex", Migrant.Sex.choices), ("marital_status", Migrant.MaritalStatus.choices), ("arrival_kind", Migrant.ArrivalKind.choices), ("languages", LANGUAGES),
        ("consent_method", Consent.Method.choices), ("consent_purposes", PURPOSES), ("consent_language", consents.LANGUAGES), ("nationality", country_choices()),
    ):  # fmt: skip
        known += [[str(BY_NAME[name].title), str(label), code] for code, label in choices]
    return workbook(
        [
            list_sheet,
            Sheet(_("Aide"), [SheetColumn(title, "", width) for title, width in help_columns], filled),
            Sheet(_("Valeurs"), [SheetColumn(title, "", width) for title, width in ((_("Colonne"), 34), (_("Mot"), 50), (_("Code"), 20))], known),
        ]
    )
