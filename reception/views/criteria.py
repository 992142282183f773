"""The criteria of aid: on the wall, in the hand, and who was told of them."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.acting import Stale
from audit.models import ReadLog
from audit.services import log_read
from cases.forms import put_errors
from cases.models import ADULT_AGE, years_before
from centres.access import access, may
from centres.models import Centre, Service
from centres.roles import Right

from .. import occupancy, services, tabs
from ..forms import CriteriaForm, ToldForm, initial_texts, ticked
from ..models import AidCriteria, CriteriaTold, Stay
from ..whereabouts import where_of, with_whereabouts
from .parts import PEOPLE

MOST_LISTED = 300


def _texts(criteria: AidCriteria, language: str) -> list[tuple[Any, str]]:
    """(kind of aid, words) in this language, in French where there are none in it."""
    return [
        (label, criteria.texts[category].get(language) or criteria.texts[category]["fr"]) for category, label in Service.Category.choices if category in criteria.texts
    ]


@access(Right.VIEW_CENTRE, load=Centre, by="code", methods="GET POST", write=Right.RECEIVE)
def criteria(request: HttpRequest, centre: Centre) -> HttpResponse:
    """The text in force and, for agents, those present who have not been told of it: ticked and saved in one go."""
    user = request.user
    current = services.current_criteria(centre)
    tells = current is not None and may(user, Right.RECEIVE, centre)
    form = ToldForm(request.POST or None, initial={"key": uuid.uuid4(), "version": current.version if current else 0})
    if request.method == "POST" and current is not None and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            if given.pop("version") != current.version:
                raise Stale(current)
            number = services.tell_criteria(actor=user, criteria=current, **given)
        except Stale:
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["version"] = str(current.version)  # type: ignore[index]
            form.add_error(None, _("Une nouvelle version des critères vient d’être publiée. Lisez-la ci-dessous, dites-la, puis enregistrez."))
        except ValidationError as error:
            put_errors(form, error)
        else:
            words = ngettext("C’est noté pour %(n)s personne.", "C’est noté pour %(n)s personnes.", number)
            messages.success(request, words % {"n": number})
            return redirect("reception:criteria", code=centre.code)
    waiting = _not_told(user, centre, current) if tells and current is not None else []
    if waiting:
        log_read(request, ReadLog.Action.LISTED, PEOPLE, [stay.migrant_id for stay in waiting], centre_code=centre.code)
    language = translation.get_language() or "fr"
    context = {
        "centre": centre,
        "tabs": tabs.of(user, centre, "reception:criteria"),
        "current": current,
        "texts": _texts(current, language) if current else [],
        "form": form,
        "tells": tells,
        "waiting": waiting,
        "ticked": ticked(form, {request.GET.get("who", "")}),
        "manages": may(user, Right.MANAGE_CENTRE, centre),
    }
    return render(request, "reception/criteria.html", context)


def _not_told(user: Any, centre: Centre, current: AidCriteria) -> list[Any]:
    """Those at the centre who were not told of this version; whoever was told of an earlier one is marked. For children with an adult the
    adult is told."""
    told = CriteriaTold.objects.filter(migrant=OuterRef("migrant"))
    today = occupancy.start_of_today().date()
    with_adult = Stay.objects.filter(migrant__accompanied_by__isnull=False, migrant__born_on__gt=years_before(today, ADULT_AGE)).values("pk")
    here = occupancy.present(user, centre).exclude(pk__in=with_adult).filter(~Exists(told.filter(criteria=current)))
    found: list[Any] = list(with_whereabouts(here).annotate(knows_older=Exists(told.filter(criteria__centre=centre)))[:MOST_LISTED])
    for stay in found:
        stay.migrant.where = where_of(stay, minor=stay.migrant.is_minor())
    return sorted(found, key=lambda stay: not stay.migrant.where.is_away)  # who is away stands at the top


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def criteria_sheet(request: HttpRequest, centre: Centre) -> HttpResponse:
    """One version in one language, for the wall and for the hand."""
    versions = AidCriteria.objects.filter(centre=centre).order_by("-version")
    number = request.GET.get("version", "")
    found = versions.filter(version=int(number)).first() if number.isascii() and number.isdigit() and len(number) < 9 else versions.first()
    if found is None:
        raise Http404
    language = request.GET.get("lang", "")
    language = language if language in dict(settings.LANGUAGES) else translation.get_language() or "fr"
    with translation.override(language):
        context = {"centre": centre, "criteria": found, "texts": _texts(found, language), "language": language, "languages": settings.LANGUAGES}
        return render(request, "reception/criteria_sheet.html", context)


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST")
def criteria_edit(request: HttpRequest, centre: Centre) -> HttpResponse:
    """A new version for the centre."""
    current = services.current_criteria(centre)
    form = CriteriaForm(request.POST or None, initial={"seen": current.version if current else 0, **initial_texts(current.texts if current else {})})
    newer = None
    if request.method == "POST" and form.is_valid():
        try:
            published = services.publish_criteria(actor=request.user, centre=centre, texts=form.texts(), seen=form.cleaned_data["seen"])
        except Stale as stale:
            newer = stale.current
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["seen"] = str(newer.version)  # type: ignore[index]
            form.add_error(None, _("Quelqu’un vient de publier la version %(n)s. Comparez, puis publiez de nouveau : votre texte la remplacera.") % {"n": newer.version})
        except ValidationError as error:
            put_errors(form, error)
        else:
            if current is not None and published.pk == current.pk:
                messages.info(request, _("Rien n’a changé : la version %(n)s reste en vigueur.") % {"n": published.version})
            else:
                messages.success(request, _("La version %(n)s est publiée. Affichez-la, et dites-la aux personnes présentes.") % {"n": published.version})
            return redirect("reception:criteria", code=centre.code)
    context = {"centre": centre, "form": form, "current": current, "newer": _texts(newer, "fr") if newer else []}
    return render(request, "reception/criteria_edit.html", context, status=409 if newer else 200)
