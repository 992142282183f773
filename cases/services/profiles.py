"""What a person tells of themselves."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import service
from centres.access import allows
from centres.roles import Right
from questionnaires.answers import Completeness, clean_answer
from questionnaires.conditions import Value
from questionnaires.definition import Definition
from questionnaires.models import Questionnaire, Version
from questionnaires.services import save_response

from ..models import Consent, Custody, Migrant, Profile
from ..profiles import Subject
from .agreements import require_consent


def carried_over(profile: Profile, definition: Definition) -> dict[str, Value]:
    """Of answers to an older version, those that the newer one asks for in the same way."""
    found = {}
    for code, value in profile.answers.items():
        question = definition.by_code.get(code)
        if question is not None and question.is_asked_of_the_person:
            try:
                found[code] = clean_answer(question, value)
            except ValidationError:
                continue  # asked otherwise now: it is asked anew
    return found


@service
def save_profile(*, actor: User, migrant: Migrant, answers: dict[str, Any], version: int) -> tuple[Profile, Completeness]:
    """Keeps answers to the profile questionnaire in force, beside those that are there. `version`: of the profile they were given on,
    0 if there was none.

    One profile for a person and a version of the questionnaire, however many begin it at once. Answers to an older version stay as
    they are, and so does what a centre knew whose care has ended: then a new profile begins with a copy.
    Raises PermissionDenied, questionnaires.services.Differing, ValidationError by question code (or "consent")."""
    if not allows(actor, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    require_consent(migrant, Consent.Purpose.REGISTRATION)
    in_force = Version.objects.in_force(Questionnaire.Kind.PROFILE)
    if in_force is None:
        raise ValidationError(_("Aucun questionnaire de profil n’est publié. Demandez au suivi-évaluation d’en publier un."), code="unpublished")
    Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)  # two who begin at once: one after the other
    definition = Definition(in_force)
    subject = Subject(migrant, migrant.route_steps.filter(removed_at__isnull=True).count())
    profile = _to_write(migrant, definition)
    return save_response(actor=actor, response=profile, definition=definition, answers=answers, version=version, subject=subject)


def _to_write(migrant: Migrant, definition: Definition) -> Profile:
    """The profile that these answers belong to: the one that is there, or a new one that begins with what is known."""
    latest = Profile.objects.filter(migrant=migrant).latest_first().first()
    if latest is None:
        return Profile(migrant=migrant, questionnaire_version=definition.version)
    if latest.questionnaire_version_id != definition.version.pk:
        return Profile(migrant=migrant, questionnaire_version=definition.version, answers=carried_over(latest, definition))
    if Custody.objects.filter(migrant=migrant, until__gte=latest.saved_at).exists():
        return Profile(migrant=migrant, questionnaire_version=definition.version, answers=latest.answers, changed=latest.changed, version=latest.version + 1)
    return latest
