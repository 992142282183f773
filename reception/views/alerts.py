"""Alerts of a centre: see them, close one with what was done, set the rules."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit.acting import Stale
from audit.models import ReadLog
from audit.services import log_read
from cases.forms import put_errors, sent
from centres.access import access, may
from centres.models import Centre
from centres.roles import Right
from config.days import midnight

from .. import alert_rules, alerts, services, tabs
from ..forms import AlertFilter, AlertRulesForm, CloseAlertForm
from ..models import Alert
from .parts import PEOPLE

ON_A_PAGE = 50


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def of_centre(request: HttpRequest, centre: Centre) -> HttpResponse:
    """The alerts of a centre: open ones first of all."""
    form = AlertFilter(request.GET)
    rows = form.of(Alert.objects.visible_to(request.user).filter(centre=centre))
    page = Paginator(alerts.with_person(request.user, rows), ON_A_PAGE).get_page(request.GET.get("page"))
    shown = alerts.shown(request.user, page)
    log_read(request, ReadLog.Action.LISTED, PEOPLE, sorted(alerts.people_of(shown)), centre_code=centre.code)
    context = {
        "centre": centre,
        "tabs": tabs.of(request.user, centre, "reception:alerts"),
        "form": form,
        "page": page,
        "rows": shown,
        "may_manage": may(request.user, Right.MANAGE_CENTRE, centre),
    }
    return render(request, "reception/alerts.html", context)


@access((Right.MANAGE_CENTRE, Right.VIEW_PROTECTION), load=Alert, methods="GET POST", edits=True, select=("centre", "migrant"))
def close(request: HttpRequest, alert: Alert) -> HttpResponse:
    """Close an alert with what was done."""
    missed = services.still_missed(alert)
    form = CloseAlertForm(*sent(request), asks=missed is not None)
    if request.method == "POST" and form.is_valid():
        try:
            now = services.close_alert(actor=request.user, alert=alert, **form.cleaned_data)
        except Stale as stale:
            now = stale.current
            words = _("%(who)s a déjà clos cette alerte le %(day)s : « %(done)s »")
            form.add_error(None, words % {"who": now.closed_by, "day": formats.date_format(timezone.localtime(now.closed_at)), "done": now.done})
        except ValidationError as error:
            put_errors(form, error)
        else:
            if now.closed_at is None:
                messages.warning(request, _("C’est noté. L’alerte reste ouverte : l’enfant manque encore. S’il est parti, notez son départ, puis fermez l’alerte."))
                return redirect("reception:absences", alert.centre.code)
            messages.success(request, _("L’alerte est close."))
            if missed is not None and not form.cleaned_data["seen"]:
                messages.warning(request, _("La personne reste manquante. Si vous savez qu’elle est partie, notez son départ."))
            return redirect("reception:absences" if alert.kind in services.OF_PROTECTION else "reception:alerts", alert.centre.code)
    (row,) = alerts.shown(request.user, alerts.with_person(request.user, Alert.objects.filter(pk=alert.pk)))
    log_read(request, ReadLog.Action.LISTED, PEOPLE, alerts.people_of([row]), centre_code=alert.centre.code)
    return render(request, "reception/close_alert.html", {"form": form, "row": row, "centre": alert.centre, "asks": missed is not None})


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST")
def rules(request: HttpRequest, centre: Centre) -> HttpResponse:
    """The thresholds of the centre, and where it stands against each."""
    known = alert_rules.rules_of(centre)
    form = AlertRulesForm(*sent(request), rules=known, per_month=alert_rules.planned_today(centre), version=alert_rules.version_of(centre, known.values()))
    if request.method == "POST" and form.is_valid():
        try:
            services.set_alert_rules(
                actor=request.user, centre=centre, rules=form.settings(), per_month=form.cleaned_data["per_month"], version=form.cleaned_data["version"]
            )
        except Stale:
            form.data = form.data.copy()
            form.data["version"] = alert_rules.version_of(fresh := Centre.objects.get(pk=centre.pk), alert_rules.rules_of(fresh).values())
            form.add_error(None, _("Entre-temps, quelqu’un a changé ces règles. Vérifiez, puis enregistrez de nouveau."))
        except ValidationError as error:
            put_errors(form, error)
        else:
            services.check_alerts(actor=None, centre=centre)
            messages.success(request, _("Les règles sont enregistrées."))
            return redirect("reception:alerts", centre.code)
    context = {
        "centre": centre,
        "form": form,
        "rows": _with_now(centre, form.rows()),
    }
    return render(request, "reception/alert_rules.html", context)


ARRIVALS = (Alert.Kind.ARRIVALS_ABOVE, Alert.Kind.ARRIVALS_BELOW)


def _with_now(centre: Centre, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each rule with what it measures now. Above and below the plan are one measure, where both count the same days."""
    said: dict[Any, str] = {}
    for row in rows:
        rule = row["rule"]
        key = rule.days if rule.kind in ARRIVALS else rule.kind
        if key not in said:
            said[key] = _now(centre, rule)
        row["now"] = said[key]
    return rows


def _now(centre: Centre, rule: Any) -> str:
    """What the rule measures at this moment, in words."""
    said = [alerts.measured_words(rule.kind, one) for one in services.MEASURES[rule.kind](centre, rule)]
    return " · ".join(said) or _("rien à mesurer")


@access(Right.VIEW_CENTRE)
def quarter(request: HttpRequest) -> HttpResponse:
    """How many alerts were raised and closed this quarter, by centre and kind: no person, no words."""
    today = timezone.localdate()
    first = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    since = midnight(first)
    rows = Alert.objects.visible_to(request.user).filter(Q(closed_at__isnull=True) | Q(raised_at__gte=since) | Q(closed_at__gte=since)).order_by()
    counted = rows.values("centre__name", "kind").annotate(
        raised=Count("pk", filter=Q(raised_at__gte=since)), closed=Count("pk", filter=Q(closed_at__gte=since)), open=Count("pk", filter=Q(closed_at__isnull=True))
    )
    names = dict(Alert.Kind.choices)
    table = {
        "caption": _("Alertes du trimestre"),
        "headers": [_("Centre"), _("Alerte")] + [{"label": label, "num": True} for label in (_("Levées"), _("Closes"), _("Ouvertes aujourd’hui"))],
        "rows": [
            [row["centre__name"], str(capfirst(names[row["kind"]])), row["raised"], row["closed"], row["open"]]
            for row in sorted(counted, key=lambda row: (row["centre__name"], Alert.Kind.values.index(row["kind"])))
        ],
        "empty": _("Aucune alerte ce trimestre."),
    }
    return render(request, "reception/alerts_quarter.html", {"table": table, "first": first})
