"""What this floor's models hold about people (person_data.py)."""

from collections.abc import Callable
from operator import attrgetter

from django.db.models import Q
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from .models import (
    Attachment,
    BestInterest,
    Card,
    Consent,
    Custody,
    DataRequest,
    DuplicateCheck,
    DuplicatePair,
    EmergencyAccess,
    EmergencyNotice,
    Erasure,
    FamilyTracing,
    IdentityDocument,
    LastKnown,
    Merge,
    Migrant,
    Note,
    Profile,
    ProtectedFindings,
    Referral,
    ReferralLink,
    RouteStep,
    Takeover,
    TakeoverNotice,
    VulnerabilityAssessment,
    birth_for_machines,
)
from .person_data import PersonData, register_person_data
from .referrals import OPEN


def _month(name: str) -> tuple[Callable[[RouteStep], str], Callable[[RouteStep], str | None]]:
    """A day of a route is known to the month: its first is nobody's word."""
    day = attrgetter(name)
    return (
        lambda step: formats.date_format(day(step), "YEAR_MONTH_FORMAT") if day(step) else "",
        lambda step: day(step).isoformat()[:7] if day(step) else None,
    )


def _birth_for_machines(migrant: Migrant) -> str:
    return birth_for_machines(migrant.born_on, migrant.birth_precision)


register_person_data(
    PersonData(
        Migrant,
        said={"born_on": (attrgetter("birth_words"), _birth_for_machines)},
        erased={
            "surname": "",
            "given_names": "(identité effacée)",
            "other_names": "",
            "father_given_names": "",
            "mother_given_names": "",
            "phone": "",
            "other_phone": "",
            "second_nationality": "",
            "origin_country": "",
            "origin_area": None,
            "origin_place": "",
            "languages": [],
            "marital_status": "",
            "household": None,
            "household_role": "",
            "accompanied_by": None,
            "photo": "",
            "registered_digest": "",
            "name_keys": [],
            "search_text": "",
        },
        # nationality: indicators count by it; case_number is replaced by a number that says nothing.
        # flags: codes of the assessments, which stay. kept_for: keys of centres.
        kept=("nationality", "case_number", "flags", "protected_flags", "kept_for"),
        files=("photo",),
        clock=(("registration", "registered_at"),),
        hidden=("registered_digest", "name_keys", "search_text", "version", "photo", "forgotten_at", "flags", "protected_flags", "kept_for"),
    ),
    PersonData(LastKnown, removed=True, own=False),  # older copies of rows that are here themselves
    PersonData(Custody, clock=(("registration", "since"), ("registration", "until"))),
    # The words' version, not theirs; the language is a code.
    PersonData(Consent, erased={"witness": "–"}, kept=("text_version", "language"), clock=(("registration", "given_at"),)),
    PersonData(
        Note,
        removed=True,
        clock=(("registration", "written_at"),),
        protected=Q(kind=Note.Kind.PROTECTION),
    ),
    PersonData(Attachment, removed=True, files=("file",), clock=(("registration", "added_at"),), hidden=("file",)),
    PersonData(IdentityDocument, removed=True, hidden=("number_sealed", "number_key"), extra=((_("numéro"), lambda row: row.number),)),
    PersonData(DataRequest, erased={"remark": "", "pdf": "", "json": ""}, files=("pdf", "json"), hidden=("pdf", "json"), clock=(("registration", "made_at"),)),
    PersonData(Card, removed=True, hidden=("token",)),
    PersonData(Profile, removed=True, clock=(("registration", "saved_at"),)),
    # What is reserved to protection is not given with the rest; a protection officer tells it in person.
    PersonData(RouteStep, removed=True, hidden=("protection_events",), said={name: _month(name) for name in ("since", "until")}),
    # Codes of factors and flags, which figures count; what was written in words goes.
    PersonData(VulnerabilityAssessment, erased={"note": ""}, kept=("factors", "flags"), clock=(("registration", "assessed_at"),)),
    PersonData(ProtectedFindings, erased={"note": "", "reasons": ""}, kept=("factors", "flags"), protected=True),
    PersonData(
        BestInterest,
        erased={"panel": [], "reasons": "", "child_view": ""},
        kept=("options",),  # codes
        clock=(("registration", "recorded_at"),),
        protected=True,
    ),
    PersonData(FamilyTracing, removed=True, protected=True),
    PersonData(
        Referral,
        erased={"reason": "", "answered_by": "", "answer": "", "outcome": ""},
        kept=("shared",),  # codes of what was shown
        clock=(("registration", "sent_at"),),
        holds=((Q(state__in=OPEN), _("une orientation en cours")),),
        protected=Q(protected=True),
    ),
    PersonData(ReferralLink, kept=("token_hash",), own=False),  # a digest of random bits
    PersonData(EmergencyAccess, erased={"reason": ""}, own=False),
    PersonData(EmergencyNotice, own=False),
    PersonData(DuplicateCheck, own=False),
    PersonData(DuplicatePair, erased={"why": "", "decided_on_first": "", "decided_on_second": ""}, kept=("reasons",), own=False),  # codes
    PersonData(Merge, erased={"fields": {}}, kept=("moved", "stayed", "cared_by"), own=False),  # keys of rows
    PersonData(Takeover, erased={"reason": "", "effects": [], "consent_witness": ""}, kept=("consent_language", "consent_text"), clock=(("registration", "at"),)),
    PersonData(TakeoverNotice, own=False),
    PersonData(Erasure, kept=("kept_because",), own=False),
)
