"""Writes of reporting: the logframe's versions, values entered by hand, frozen figures, reports asked for."""

import datetime
import hashlib
import uuid
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, lock_key, service
from centres.access import may
from centres.models import Centre
from centres.roles import Right
from jobs.models import Job
from jobs.services import JobRefused, ask_for

from . import anonymous, figures
from .measures import MEASURES, Period
from .models import Indicator, Logframe, ManualValue, Objective, Report, Snapshot, Target, digest

DATA = Path(__file__).resolve().parent / "data" / "logframe.yaml"


# --- the logframe ------------------------------------------------------------------------------------------------


def read_logframe(path: Path = DATA) -> tuple[dict[str, Any], str]:
    """The logframe file and its fingerprint. Raises ValidationError in one line when it can't be used."""
    try:
        content = path.read_bytes()
        data = yaml.safe_load(content)
        for one in data["indicators"]:
            unknown = {name for name in [one.get("measure", ""), *(t.get("measure", "") for t in one.get("targets", ()))] if name} - MEASURES.keys()
            if unknown:
                raise ValidationError(_("%(code)s : mesure inconnue « %(name)s ».") % {"code": one["code"], "name": ", ".join(sorted(unknown))})
    except (OSError, yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ValidationError(_("Le cadre logique %(path)s ne peut pas être lu : %(error)s") % {"path": path, "error": type(error).__name__}) from error
    return data, hashlib.sha256(content).hexdigest()


@service
def load_logframe(*, actor: User | None, path: Path = DATA) -> tuple[Logframe, bool]:
    """Makes the file's logframe the one in force. The same content again changes nothing; other content is a new version.

    Returns (logframe, is it new?). Raises ValidationError."""
    data, sha256 = read_logframe(path)
    current = Logframe.objects.select_for_update().filter(active=True).first()
    if current is not None and current.sha256 == sha256:
        return current, False
    newest = Logframe.objects.order_by("-version").values_list("version", flat=True).first() or 0
    Logframe.objects.filter(active=True).update(active=False)
    logframe = Logframe.objects.create(
        version=newest + 1, reference=data["reference"], title=data["title"], starts_on=data["starts_on"], months=data["months"], sha256=sha256
    )
    objectives = {}
    for order, one in enumerate(data["objectives"]):
        objectives[one["code"]] = Objective.objects.create(
            logframe=logframe,
            code=one["code"],
            heading=one["heading"],
            label=one["label"],
            statement=one["statement"],
            note=one.get("note", ""),
            lead=one["lead"],
            order=order,
        )
    for order, one in enumerate(data["indicators"]):
        indicator = Indicator.objects.create(
            objective=objectives[one["objective"]],
            order=order,
            target_value=one.get("target_value"),
            kind=one.get("kind", Indicator.Kind.QUANTITATIVE),
            baseline_value=one.get("baseline_value"),
            measure=one.get("measure", ""),
            is_increment=one.get("is_increment", False),
            subset_of=" ".join(one.get("subset_of", ())),
            same_counter=" ".join(one.get("same_counter", ())),
            note=one.get("note", ""),
            **{name: one[name] for name in ("code", "level", "label", "unit", "baseline_text", "target_text")},
        )
        alone = [] if one.get("target_value") is None else [{"text": one["target_text"], "unit": one["unit"], "value": one["target_value"]}]
        Target.objects.bulk_create(
            Target(
                indicator=indicator,
                order=number,
                text=target["text"],
                unit=target["unit"],
                value=target["value"],
                measure=target.get("measure", ""),
                dimension=target.get("dimension", ""),
                dimension_code=target.get("code", ""),
            )
            for number, target in enumerate(one.get("targets") or alone)
        )
    return logframe, True


# --- values entered by hand --------------------------------------------------------------------------------------


@service
def enter_value(
    *, actor: User, id: uuid.UUID, indicator: Indicator, on: datetime.date, value: int | None = None, narrative: str = "", evidence: str
) -> tuple[ManualValue, bool]:
    """Writes down a value with its evidence; it counts once somebody else has validated it. Returns (value, was it made now?).

    The same `id` with the same content is the same value; with other content raises SameKeyOtherContent. Raises PermissionDenied to whoever
    does not answer for the objective (action document 5.5: OIM and AECID manage independently), ValidationError."""
    if not may(actor, indicator.objective.entry_right):
        raise PermissionDenied
    if not indicator.by_hand:
        raise ValidationError(_("Cet indicateur est calculé à partir du registre : il ne se saisit pas."))
    if on > timezone.localdate():
        raise ValidationError({"on": _("La date ne peut pas être dans l’avenir.")})
    if indicator.kind == Indicator.Kind.QUANTITATIVE and value is None:
        raise ValidationError({"value": _("Écrivez un nombre.")})
    if indicator.kind == Indicator.Kind.QUALITATIVE and (value is not None or not narrative.strip()):
        raise ValidationError({"narrative": _("Cet indicateur s’apprécie en mots : décrivez la situation.")})
    anonymous.check(narrative=narrative, evidence=evidence)
    new = ManualValue(id=id, indicator=indicator, on=on, value=value, narrative=narrative.strip(), evidence=evidence.strip(), entered_by=actor)
    new.full_clean(exclude=["id", "indicator", "entered_by"], validate_unique=False)
    lock_key(id)
    if known := ManualValue.objects.filter(pk=id).select_related("indicator").first():
        kept = (known.indicator.code, known.on, known.value, known.narrative, known.evidence, known.entered_by_id)
        if kept != (indicator.code, on, value, new.narrative, new.evidence, actor.pk):
            raise SameKeyOtherContent
        return known, False
    new.save(force_insert=True)
    return new, True


def _to_decide(actor: User, value: ManualValue) -> ManualValue:
    value = ManualValue.objects.select_for_update(of=("self",)).select_related("indicator__objective").get(pk=value.pk)
    if not may(actor, value.indicator.objective.entry_right):
        raise PermissionDenied
    if not value.pending:
        raise ValidationError(_("Cette valeur a déjà été décidée."))
    if value.entered_by_id == actor.pk:
        raise ValidationError(_("La personne qui a saisi une valeur ne peut pas la valider elle-même."))
    return value


@service
def validate_value(*, actor: User, value: ManualValue) -> ManualValue:
    """A second person, with the same right, agrees. Raises PermissionDenied; ValidationError for one's own value or a decided one."""
    value = _to_decide(actor, value)
    value.validated_by, value.validated_at = actor, timezone.now()
    value.save(update_fields=["validated_by", "validated_at"])
    return value


@service
def refuse_value(*, actor: User, value: ManualValue, reason: str) -> ManualValue:
    """A second person says no, and why; the value stays on record and never counts. Raises like `validate_value`."""
    if not reason.strip():
        raise ValidationError({"reason": _("Écrivez pourquoi la valeur est refusée.")})
    value = _to_decide(actor, value)
    value.refused_by, value.refused_at, value.refusal_reason = actor, timezone.now(), reason.strip()
    value.full_clean(exclude=["id", "indicator", "entered_by", "refused_by", "validated_by"], validate_unique=False)
    value.save(update_fields=["refused_by", "refused_at", "refusal_reason"])
    return value


# --- freezing and reports ----------------------------------------------------------------------------------------


def check_period(start: datetime.date, end: datetime.date) -> Period:
    """Raises ValidationError, in words, for a period that is none."""
    for name, day in (("from", start), ("to", end)):
        if not 2000 <= day.year <= 2100:
            raise ValidationError({name: _("Écrivez une année entre 2000 et 2100.")})
    if end < start:
        raise ValidationError({"to": _("La fin de la période ne peut pas précéder son début.")})
    if (end - start).days > 366 * 50:
        raise ValidationError({"from": _("La période dépasse cinquante ans. Vérifiez les dates.")})
    return Period(start, end)


@service
def freeze(*, actor: User | None, period: Period, job: Job | None = None) -> Snapshot:
    """Keeps the figures of a period as they are now, small cells protected, for good. For the same job: the same snapshot.

    The figures hold everything a report says, so that it can be made again from them alone."""
    if job is not None:
        Job.objects.select_for_update().get(pk=job.pk)
        if known := Snapshot.objects.filter(job=job).first():
            return known
    logframe = Logframe.objects.current()
    with translation.override("fr"):
        rows = figures.build(period, logframe=logframe)
        content = {
            "logframe": {
                "version": logframe.version,
                "reference": logframe.reference,
                "title": logframe.title,
                "sha256": logframe.sha256,
                "starts_on": logframe.starts_on.isoformat(),
                "ends_on": logframe.ends_on.isoformat(),
            },
            "period": {"from": period.start.isoformat(), "to": period.end.isoformat()},
            "objectives": figures.objectives_of(logframe),
            "measures": [{"name": one.name, "title": str(one.title), "definition": str(one.definition), "source": str(one.source)} for one in MEASURES.values()],
            "centres": list(Centre.objects.order_by("name").values_list("name", flat=True)),
            "states": figures.summary(rows),
            "indicators": rows,
        }
    return Snapshot.objects.create(period_from=period.start, period_to=period.end, logframe=logframe, figures=content, sha256=digest(content), made_by=actor, job=job)


def report_title(period: Period) -> str:
    return _("Rapport des indicateurs, du %(start)s au %(end)s") % {"start": date_format(period.start), "end": date_format(period.end)}


@service
def ask_for_report(*, actor: User, id: uuid.UUID, period: Period) -> tuple[Report, bool]:
    """Asks for the PDF of a period, in the language in which it is asked for; a worker makes it. The same `id` again is the same report; for another period raises SameKeyOtherContent.

    Returns (report, was it asked for now?). Raises PermissionDenied."""
    if not may(actor, Right.MAKE_REPORT):
        raise PermissionDenied
    parameters = {"from": period.start.isoformat(), "to": period.end.isoformat()}
    language = (translation.get_language() or "fr")[:2]
    if language != "fr" and language in dict(settings.LANGUAGES):
        parameters["language"] = language
    try:
        job = ask_for(actor=actor, kind="report", title=report_title(period), parameters=parameters, id=id)
    except JobRefused as refusal:
        raise SameKeyOtherContent from refusal
    report, created = Report.objects.get_or_create(pk=id, defaults={"job": job, "period_from": period.start, "period_to": period.end, "created_by": actor})
    return report, created


# --- small reads that pages and API share --------------------------------------------------------------------------


def report_or_none(key: str) -> Report | None:
    try:
        return Report.objects.filter(pk=uuid.UUID(key)).first()
    except ValueError:
        return None


def clean_key(measure: str, key: str) -> str:
    """The key of a page of proof as it may go into the query. Raises ValueError for anything that is no key of this measure."""
    if not key:
        return ""
    subject, _slash, detail = key.partition("/")
    if "." in detail and measure == "people_reached":
        return f"{uuid.UUID(subject)}/{detail}"
    if measure in ("centres", "antennas", "flow_points", "communities_reached"):
        return str(int(subject))
    return str(uuid.UUID(subject))


def centre_names() -> dict[str, str]:
    return dict(Centre.objects.values_list("code", "name"))
