"""What this floor's models hold about people (person_data.py)."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .models import Attachment, Consent, Custody, DataRequest, Erasure, IdentityDocument, Migrant, Note
from .person_data import PersonData, register_person_data

register_person_data(
    PersonData(
        Migrant,
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
        kept=("nationality", "case_number"),
        files=("photo",),
        clock=(("registration", "registered_at"),),
        hidden=("registered_digest", "name_keys", "search_text", "version", "photo", "forgotten_at"),
    ),
    PersonData(Custody, clock=(("registration", "since"), ("registration", "until"))),
    # The words' version, not theirs; the language is a code.
    PersonData(Consent, kept=("text_version", "language"), clock=(("registration", "given_at"),)),
    PersonData(
        Note,
        removed=True,
        clock=(("registration", "written_at"),),
        protected=Q(kind=Note.Kind.PROTECTION),
    ),
    PersonData(Attachment, removed=True, files=("file",), clock=(("registration", "added_at"),), hidden=("file",)),
    PersonData(IdentityDocument, removed=True, hidden=("number_sealed", "number_key"), extra=((_("numéro"), lambda row: row.number),)),
    PersonData(DataRequest, erased={"remark": "", "pdf": "", "json": ""}, files=("pdf", "json"), hidden=("pdf", "json"), clock=(("registration", "made_at"),)),
    PersonData(Erasure, kept=("kept_because",), own=False),
)
