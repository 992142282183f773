"""What the database refuses, in words for the form instead of a fault."""

import functools
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, DataError, IntegrityError, InternalError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

logger = logging.getLogger(__name__)

# The errors by which the database refuses what a row says; all others are faults of ours or of the machine.
REFUSALS = (IntegrityError, DataError, InternalError)

# What triggers refuse, by the name that they raise as CONSTRAINT.
TRIGGERS: dict[str, Any] = {
    "assistance_holds_its_slot": gettext_lazy("Cette assistance vient d’être reprise ou changée. Rechargez la page."),
    "bed_blocked": gettext_lazy("Ce lit est bloqué ce jour‑là. Choisissez‑en un autre."),
    "bed_not_there": gettext_lazy("Ce lit n’est pas dans le centre ce jour‑là. Choisissez‑en un autre."),
    "bed_shared": gettext_lazy("Un enfant si jeune partage le lit de l’adulte qui répond de lui : il n’a pas de lit à lui."),
    "bed_slept_in": gettext_lazy("Quelqu’un dort dans ce lit ce jour‑là. Donnez‑lui d’abord un autre lit."),
    "centre_complete": gettext_lazy("Tous les éléments obligatoires de la liste doivent être remplis ce jour‑là."),
    "flag_once": gettext_lazy("Cette personne porte déjà cette consigne."),
    "return_missing": gettext_lazy("La personne manque à l’appel du soir : pas de départ tant que personne ne l’a vue."),
    "roll_call_over": gettext_lazy("Cet appel est terminé : il ne change plus."),
    "stay_from_hospital": gettext_lazy("Le dernier séjour de cette personne n’a pas fini par une hospitalisation depuis ce centre. Choisissez comment elle est venue."),
    "stay_undone_for_good": gettext_lazy("Cette admission a été annulée : elle ne peut pas revenir. Admettez la personne de nouveau."),
    "taken_back_by_somebody": gettext_lazy("Ce qui est repris dit qui l’a repris."),
    "transfer_begins_asked": gettext_lazy("Un transfert commence par une demande."),
    "transfer_of_who_is_there": gettext_lazy("Cette personne n’est pas présente dans le centre qui demande le transfert."),
    "transfer_on_the_way_again": gettext_lazy("Ce transfert est terminé. Demandez‑en un autre."),
    "transfer_same_person": gettext_lazy("Un transfert reste celui de la personne pour qui il a été demandé."),
}
# Those that raise no such name, by what they say.
SAID: tuple[tuple[re.Pattern[str], Any], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"^person \S+ has died", gettext_lazy("Cette personne est décédée : rien de nouveau ne s’ajoute à son dossier.")),
        (r"^a published version", gettext_lazy("Une version publiée d’un questionnaire ne change plus. Faites‑en une nouvelle.")),
        (r"^answers (keep|are given)", gettext_lazy("Des réponses restent celles de la version publiée pour laquelle elles ont été données.")),
        (r"^a health record hangs", gettext_lazy("Une fiche de santé se rapporte à un soin ou à un appui psychosocial.")),
        (r"completed without the last visit", gettext_lazy("Ce dossier ne peut pas être terminé avant la dernière visite.")),
        (r"is computed, not entered", gettext_lazy("Cet indicateur se calcule : il ne se saisit pas.")),
        (r"^pgtrigger: ", gettext_lazy("Cette étape n’est plus possible : l’enregistrement a changé entre‑temps. Rechargez la page.")),
    )
)
# Those of packages, which have no message of their own.
OF_PACKAGES: dict[str, Any] = {
    "unique_authenticator_type": gettext_lazy("Ce second facteur est déjà en place. Rechargez la page."),
    "unique_primary_email": gettext_lazy("Ce compte a déjà une adresse principale."),
    "unique_verified_email": gettext_lazy("Cette adresse est déjà celle d’un autre compte."),
}


@functools.cache
def _constraints() -> dict[str, models.BaseConstraint]:
    return {constraint.name: constraint for model in apps.get_models(include_auto_created=True) for constraint in model._meta.constraints}


def _field(table: str | None, column: str) -> Any:
    """The name on the screen of a column."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table == table:
            return next((field.verbose_name for field in model._meta.concrete_fields if field.column == column), column)
    return column


def _unique_field(table: str | None, constraint: str) -> Any:
    """The name on the screen of a field that is unique, from the name that Django gave its index; None for a key or an index of many."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table == table:
            unique = [field for field in model._meta.concrete_fields if field.unique and not field.primary_key]
            return next((field.verbose_name for field in unique if constraint.startswith(f"{table}_{field.column}_")), None)
    return None


def words_for(error: BaseException) -> ValidationError | None:
    """What the database refused, as the message of the rule that was broken; None for what is no refusal but a fault."""
    cause = error.__cause__
    state, diag = getattr(cause, "pgcode", None) or "", getattr(cause, "diag", None)
    if not isinstance(error, REFUSALS) or diag is None:
        return None
    broken, said = diag.constraint_name or "", diag.message_primary or ""
    known = _constraints().get(broken)
    if broken in OF_PACKAGES or broken in TRIGGERS:
        message = (OF_PACKAGES | TRIGGERS)[broken]
    elif known is not None:
        message = known.get_violation_error_message()
    elif state == "23505":
        field = _unique_field(diag.table_name, broken)
        message = (
            _("Un autre enregistrement a déjà la même valeur pour « %(field)s ».") % {"field": field}
            if field
            else _("Cet enregistrement existe déjà. Rechargez la page.")
        )
    elif state == "23503":
        message = _("Ce qui est désigné n’existe plus, ou sert encore ailleurs. Rechargez la page.")
    elif state == "23502":
        message = _("Il manque une valeur pour « %(field)s ».") % {"field": _field(diag.table_name, diag.column_name or "")}
    elif state in ("22001", "22003", "22008"):
        message = _("Une valeur est trop longue ou trop grande.")
    elif state.startswith("22"):
        message = _("Une valeur n’est pas lisible.")
    elif spoken := next((words for pattern, words in SAID if pattern.search(said)), None):
        message = spoken
    elif state.startswith("23"):
        # A rule without words of its own is a gap of ours: the person reads a sentence, the log says which rule.
        logger.error("no words for what the database refused: %s %s %s", state, diag.table_name, broken)
        message = _("La base de données refuse cet enregistrement : il contredit une de ses règles. Rien n’est enregistré.")
    else:
        return None
    return ValidationError(message, code=broken or "refused")


class Together:
    """Rules that are asked one after the other and refuse together: with several waves of refusals nobody knows how many are to come.

    together = Together()
    with together.asked():
        ...
    together.refuse()
    """

    def __init__(self) -> None:
        self._by_name: dict[str, list[ValidationError]] = {}

    @contextmanager
    def asked(self) -> Iterator[None]:
        try:
            yield
        except ValidationError as error:
            found = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
            for name, errors in found.items():
                self._by_name.setdefault(name, []).extend(errors)

    @property
    def refused(self) -> bool:
        return bool(self._by_name)

    def refuse(self) -> None:
        """Raises ValidationError if any of them refused."""
        if set(self._by_name) == {NON_FIELD_ERRORS}:
            found = self._by_name[NON_FIELD_ERRORS]
            raise found[0] if len(found) == 1 else ValidationError(found)
        if self._by_name:
            raise ValidationError(self._by_name)  # type: ignore[arg-type]


@contextmanager
def in_words(*tables: type[models.Model], triggers: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Around a write: a constraint of these models that the row breaks is raised as ValidationError with the constraint's own
    message. Two people at once pass every check made before; the database decides, and the second reads why.

    `triggers`: words for what a trigger refuses, by the name that it raises as CONSTRAINT, where they can say more than the usual ones."""
    try:
        with transaction.atomic(using=DEFAULT_DB_ALIAS):
            yield
    except IntegrityError as error:
        broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        for constraint in (c for table in tables for c in table._meta.constraints):
            if constraint.name == broken:
                raise ValidationError(constraint.get_violation_error_message(), code=broken) from error
        if broken is not None and triggers and broken in triggers:
            raise ValidationError(triggers[broken], code=broken) from error
        raise


@contextmanager
def all_in_words() -> Iterator[None]:
    """Around a whole write: whatever the database refuses is raised as ValidationError in words, by whichever rule."""
    try:
        yield
    except REFUSALS as error:
        if (refusal := words_for(error)) is None:
            raise
        raise refusal from error


class RefusedByTheDatabase:
    """A page that the database stopped outside of any service: the words of the rule, not a fault. (The API has them from `problem`.)"""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        from django.shortcuts import render

        refusal = words_for(exception) if isinstance(exception, DatabaseError) else None
        if refusal is None:
            return None
        return render(request, "refused.html", {"why": refusal.messages}, status=409)
