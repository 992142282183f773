"""What the person agrees to, takes back, and has a right to."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from audit.models import ReadLog
from centres.access import access, allows
from centres.roles import Right

from .. import as_then, services
from .. import consents as consent_texts
from ..forms import ConsentForm, put_errors, sent
from ..models import Consent, Migrant


def consent_words(version: str = consent_texts.CURRENT_VERSION) -> dict[str, Any]:
    """What is said to the person: the text, and what each agreement is for."""
    told = consent_texts.PURPOSE_TEXTS.get(version, {})
    purposes = [(label, told[value]) for value, label in Consent.Purpose.choices if value in told]
    return {"consent_text": consent_texts.TEXTS.get(version, []), "purposes": purposes}


@access(Right.VIEW_CASE, load=Migrant, methods="GET POST", write=Right.REGISTER, log=ReadLog.Action.OPENED, prefetch=("custodies",))
def consents(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """What the person agreed to, and a new agreement."""
    as_then.seen_by(request.user, [migrant])
    all_given = list(migrant.consents.visible_to(request.user).select_related("taken_by", "signature", "withdrawal_noted_by").order_by("-given_at", "purpose"))
    open_now = {consent.purpose for consent in all_given if consent.withdrawn_at is None}
    missing = [purpose for purpose in Consent.Purpose.values if purpose not in open_now]
    form = ConsentForm(*sent(request, files=True), missing=missing, initial={"language": "fra"})
    if request.method == "POST" and form.is_valid():
        try:
            services.give_consent(actor=request.user, migrant=migrant, **form.cleaned_data)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("L’accord est noté."))
            return redirect("cases:consents", pk=migrant.pk)
    may_write = allows(request.user, Right.REGISTER, migrant, writing=True)
    languages = dict(consent_texts.LANGUAGES)
    for consent in all_given:
        consent.language_words = languages.get(consent.language, consent.language)
    context = {"migrant": migrant, "consents": all_given, "form": form if missing and may_write else None, "may_write": may_write, **consent_words()}
    return render(request, "cases/consents.html", context)


@access(Right.REGISTER, load=Consent, methods="GET POST", select=("migrant",))
def withdraw(request: HttpRequest, consent: Consent) -> HttpResponse:
    """The person takes an agreement back: first what changes, then the question."""
    if not allows(request.user, Right.REGISTER, consent, writing=True):
        raise PermissionDenied
    if request.method == "POST":
        services.withdraw_consent(actor=request.user, consent=consent)
        messages.success(request, _("Le retrait de l’accord est noté."))
        return redirect("cases:consents", pk=consent.migrant_id)
    return render(request, "cases/withdraw.html", {"consent": consent, "migrant": consent.migrant, "changes": consent_texts.WITHDRAWAL[consent.purpose]})


@access(Right.VIEW_CASE)
def rights(request: HttpRequest) -> HttpResponse:
    """The notice of rights to hand out, in one of the languages there is a text for."""
    known = dict(settings.LANGUAGES)
    language = request.GET.get("lang", "")
    language = language if language in known else translation.get_language() or "fr"
    with translation.override(language):
        return render(request, "cases/rights.html", {"language": language, "languages": settings.LANGUAGES, **consent_words()})
