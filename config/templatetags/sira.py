"""The components of the pages, as template tags; how to use them: docs/ui.md.

Each tag prepares the words and values and hands them to one file of `templates/components/`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config import charts, private, typed

register = template.Library()

TONES = ("neutral", "info", "ok", "warn", "danger")


def _draw(context: template.Context, name: str, data: dict[str, Any]) -> SafeString:
    """Render a component without the variables of the page around it, `request` aside."""
    inner = context.new({"request": context.get("request"), **data})
    assert context.template is not None  # a tag is only ever drawn inside one
    return context.template.engine.get_template(f"components/{name}.html").render(inner)


def _trimmed(content: SafeString) -> SafeString:
    """What a template wrote between two tags, which is already escaped, without the space around it."""
    return mark_safe(content.strip())  # noqa: S308


def _tone(tone: str) -> str:
    return tone if tone in TONES else "neutral"


def _chip(value: Any) -> dict[str, str] | None:
    """{"label", "tone"}, (label, tone), an object with these two attributes, a word alone, or nothing."""
    if not value:
        return None
    if isinstance(value, Mapping):
        return {"label": value["label"], "tone": _tone(value.get("tone", "neutral"))}
    if isinstance(value, tuple):
        return {"label": value[0], "tone": _tone(value[1])}
    return {"label": getattr(value, "label", value), "tone": _tone(getattr(value, "tone", "neutral"))}


# --- forms that are sent ---------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def csrf_token(context: template.Context) -> SafeString:
    """Django's, and with it the account that the page is made for: a form that comes too late goes back to nobody else (config/typed)."""
    token, request = context.get("csrf_token"), context.get("request")
    if not token or token == "NOTPROVIDED":  # noqa: S105
        return SafeString("")
    fields = format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)
    mark = typed.marker(request) if request else ""
    return fields + format_html('<input type="hidden" name="{}" value="{}">', typed.FIELD, mark) if mark else fields


# --- numbers, times -------------------------------------------------------------------------------------------------


@register.filter
def number(value: Any, decimals: int | None = None) -> str:
    """16000 → “16 000”. Nothing stays nothing."""
    if value is None or value == "":
        return ""
    return charts.format_number(value if isinstance(value, int) else float(value), decimals)


@register.filter
def percent(value: Any, decimals: int = 0) -> str:
    """A ratio: 0.42 → “42 %”."""
    return "" if value is None or value == "" else charts.format_percent(float(value), decimals)


@register.filter
def duration(value: dt.timedelta | int | None) -> str:
    """Days, or a timedelta, in the largest unit that says enough: “3 jours”, “2 mois”, “1 an et 2 mois”."""
    if value is None or value == "":
        return ""
    days = value.days if isinstance(value, dt.timedelta) else int(value)
    if days < 60:
        return ngettext("%(n)s jour", "%(n)s jours", days) % {"n": days}
    months = round(days / 30.4375)
    if months < 12:
        return ngettext("%(n)s mois", "%(n)s mois", months) % {"n": months}
    years, months = divmod(months, 12)
    text = ngettext("%(n)s an", "%(n)s ans", years) % {"n": years}
    if months:
        return _("%(years)s et %(months)s") % {
            "years": text,
            "months": ngettext("%(n)s mois", "%(n)s mois", months) % {"n": months},
        }
    return text


@register.filter
def age(born: dt.date | None) -> str:
    """“24 ans”, and months for the very young: “7 mois”."""
    if not born:
        return ""
    today = timezone.localdate()
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if years >= 2:
        return ngettext("%(n)s an", "%(n)s ans", years) % {"n": years}
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    return ngettext("%(n)s mois", "%(n)s mois", max(months, 0)) % {"n": max(months, 0)}


@register.filter
def relative(value: dt.date | None) -> str:
    """How far a day is from today: “aujourd’hui”, “demain”, “il y a 3 jours”, “dans 2 mois”."""
    if not value:
        return ""
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    days = (value - timezone.localdate()).days
    near = {-1: _("hier"), 0: _("aujourd’hui"), 1: _("demain")}
    if days in near:
        return near[days]
    return (_("dans %(time)s") if days > 0 else _("il y a %(time)s")) % {"time": duration(abs(days))}


@register.filter
def moment(value: Any) -> str:
    """A date or a date and time in words; text stays as it is."""
    if isinstance(value, dt.datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return _("%(date)s à %(time)s") % {"date": formats.date_format(local, "DATE_FORMAT"), "time": formats.time_format(local, "H:i")}
    return formats.date_format(value, "DATE_FORMAT") if isinstance(value, dt.date) else str(value or "")


@register.filter
def machine_time(value: Any) -> str:
    """For `<time datetime>`; empty for plain text."""
    return value.isoformat() if isinstance(value, dt.date) else ""


@register.filter
def initials(name: str) -> str:
    """“Aminata Traoré” → “AT”, where there is no photo."""
    words = str(name).split()
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper() if words else ""


# --- head of the page -----------------------------------------------------------------------------------------------


@register.simple_block_tag(takes_context=True)
def page_header(context, content, title: str, caption: str = "", intro: str = ""):
    return _draw(context, "page_header", {"title": title, "caption": caption, "intro": intro, "actions": _trimmed(content)})


@register.simple_block_tag(takes_context=True)
def person_head(context, content, name: str, number: str = "", facts=(), flags=(), photo_url: str = "", where: Any = None):
    """`where`: where the person is (cases.whereabouts.Where), said above all else of somebody who is away."""
    return _draw(
        context,
        "person_head",
        {
            "name": name,
            "number": number,
            "facts": [fact for fact in facts if fact],
            "flags": [_chip(flag) for flag in flags if flag],
            "photo_url": photo_url,
            "where": where,
            "actions": _trimmed(content),
        },
    )


@register.inclusion_tag("components/breadcrumb.html")
def breadcrumb(*parts: str):
    """Titles and addresses in turn; the last title stands alone: it is the page itself."""
    links = [{"title": parts[i], "url": parts[i + 1]} for i in range(0, len(parts) - 1, 2)]
    return {"links": links, "here": parts[-1] if len(parts) % 2 else ""}


@register.inclusion_tag("components/tabs.html")
def tabs(items, label: str = ""):
    return {"items": items, "label": label or _("Parties du dossier")}


@register.inclusion_tag("components/steps.html")
def steps(items, label: str = ""):
    return {"items": items, "label": label or _("Étapes")}


# --- forms ----------------------------------------------------------------------------------------------------------


@register.simple_tag
def field(bound: BoundField, label: str = "", hint: str | bool = "", optional: bool = True):
    """One field of a form. `label` and `hint` replace those of the form; `hint=False`: no hint."""
    if not isinstance(bound, BoundField):
        return ""
    if label:
        bound.label = label
        bound.field.widget.attrs.pop("placeholder", None)
    if hint or hint is False:
        bound.help_text = str(hint or "")
    bound.says_optional = optional  # type: ignore[attr-defined]
    return bound.as_hidden() if bound.is_hidden else bound.as_field_group()


@register.filter
def field_kind(bound: BoundField) -> str:
    """How the field is laid out: a group of inputs, one box with its label beside it, or label above input."""
    if bound.use_fieldset:
        return "group"
    return "check" if isinstance(bound.field.widget, CheckboxInput) else "plain"


@register.filter
def field_anchor(bound: BoundField) -> str:
    """The id that a link to the field goes to."""
    return f"{bound.auto_id}_group" if bound.use_fieldset else bound.id_for_label or bound.auto_id


def _form_errors(form: Any) -> list[dict[str, str]]:
    if not isinstance(form, BaseForm):  # a formset
        problems = [{"message": message, "anchor": ""} for message in form.non_form_errors()]
        return problems + [problem for one in form.forms for problem in _form_errors(one)]
    problems = [{"message": message, "anchor": ""} for message in form.non_field_errors()]
    for bound in form:
        anchor = "" if bound.is_hidden else field_anchor(bound)
        problems += [{"message": message, "anchor": anchor} for message in bound.errors]
    return problems


@register.inclusion_tag("components/error_summary.html")
def error_summary(*given: Any, once: bool = False):
    """What must be put right. `once`: nothing, when the page has shown the errors of this form already."""
    problems: list[dict[str, str]] = []
    for form in given:
        if form and getattr(form, "is_bound", False) and not (once and getattr(form, "summary_shown", False)):
            problems += _form_errors(form)
            form.summary_shown = True
    return {"problems": problems}


@register.simple_block_tag(takes_context=True)
def fieldset(context, content, legend: str, hint: str = ""):
    return _draw(context, "fieldset", {"legend": legend, "hint": hint, "content": content})


@register.inclusion_tag("components/filters.html", takes_context=True)
def filters(context, form, submit: str = ""):
    request = context.get("request")
    query = request.GET if request else {}
    return {
        "form": form,
        "submit": submit or _("Filtrer"),
        "sort": query.get("sort", ""),
        "active": any(query.get(name) for name in (private.SEALED, *map(form.add_prefix, form.base_fields))),
        "csrf_token": context.get("csrf_token"),
        "request": request,  # whose form it is
        "path": request.path if request else "",
    }


# --- lists ----------------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(context, label: str, key: str, num: bool = False):
    request = context.get("request")
    query = request.GET.copy() if request else None
    current = query.get("sort", "") if query is not None else ""
    target = f"-{key}" if current == key else key
    if query is not None:
        query["sort"] = target
        for place in ("page", "after", "before"):  # another order starts at the beginning
            query.pop(place, None)
    state = "ascending" if current == key else "descending" if current == f"-{key}" else ""
    return {"label": label, "url": f"?{query.urlencode()}" if query is not None else f"?sort={target}", "state": state, "num": num}


@register.inclusion_tag("components/table.html")
def table(data: Mapping[str, Any]):
    """A table from data, the looks of docs/ui.md; each cell knows the name of its column, for the cards on a phone."""
    headers = [header if isinstance(header, Mapping) else {"label": header} for header in data["headers"]]

    def cells(row):
        made = []
        for value, header in zip(row, headers, strict=False):
            cell = dict(value) if isinstance(value, Mapping) else {"text": value}
            if isinstance(cell["text"], int | float) and not isinstance(cell["text"], bool):
                cell["text"], cell["num"] = charts.format_number(cell["text"]), True
            cell["chip"] = _chip({"label": cell["text"], "tone": cell["tone"]}) if cell.get("tone") else None
            made.append({**cell, "num": cell.get("num") or header.get("num"), "label": header["label"]})
        return made

    return {
        "caption": data.get("caption", ""),
        "headers": headers,
        "rows": [cells(row) for row in data["rows"]],
        "foot": cells(data.get("foot") or ()),
        "empty": data.get("empty") or _("Rien à montrer pour le moment."),
    }


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context, page):
    """A Django `Page`, or addresses and counts (a list read by key knows no page number)."""
    if not hasattr(page, "paginator"):
        return dict(page) if page else {}
    request = context.get("request")

    def url(number: int) -> str:
        query = request.GET.copy() if request else None
        if query is None:
            return f"?page={number}"
        query["page"] = str(number)
        return f"?{query.urlencode()}"

    return {
        "previous_url": url(page.previous_page_number()) if page.has_previous() else "",
        "next_url": url(page.next_page_number()) if page.has_next() else "",
        "first": page.start_index(),
        "last": page.end_index(),
        "total": page.paginator.count,
    }


@register.inclusion_tag("components/empty.html")
def empty_state(title: str, text: str = "", url: str = "", action: str = ""):
    return {"title": title, "text": text, "url": url, "action": action}


# --- pieces ---------------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/chip.html")
def chip(label: str, tone: str = "neutral"):
    return {"chip": _chip({"label": label, "tone": tone}) if label else None}


@register.inclusion_tag("components/household.html")
def household(lines: Mapping[Any, Any], person: Any):
    """In one line, who belongs to this person (key), from `cases.households`; nothing where nobody does."""
    line = (lines or {}).get(person)
    return {"line": line, "members": line.besides(person) if line else ()}


@register.simple_block_tag(takes_context=True)
def callout(context, content, tone: str = "info", title: str = ""):
    return _draw(context, "callout", {"tone": _tone(tone), "title": title, "content": content})


@register.inclusion_tag("components/stat.html")
def stat(label: str, value: Any, hint: str = "", url: str = "", tone: str = ""):
    shown = charts.format_number(value) if isinstance(value, int | float) else value
    return {"label": label, "value": shown, "hint": hint, "url": url, "tone": _tone(tone) if tone else ""}


@register.inclusion_tag("components/progress.html")
def progress(value, target, baseline=0, expected=None, label: str = "", word: str = "", tone: str = ""):
    return {
        "label": label,
        "svg": charts.progress_bar(value, target=target, baseline=baseline, expected=expected, word=str(word), tone=tone, title=label),
    }


@register.inclusion_tag("components/job_bar.html")
def job_bar(done: int, total: int, label: str = ""):
    return {"done": done, "total": total, "label": label or _("Avancement")}


@register.inclusion_tag("components/summary_row.html")
def row(label: str, value: Any = "", url: str = "", action: str = ""):
    return {"label": label, "value": value, "url": url, "action": action or _("Modifier")}


@register.inclusion_tag("components/summary_list.html")
def summary_list(rows):
    """The whole list at once: [(label, value)…] or [{"label", "value", "url", "action"}…]."""
    return {"rows": [r if isinstance(r, Mapping) else {"label": r[0], "value": r[1]} for r in rows]}


@register.inclusion_tag("components/timeline.html")
def timeline(entries):
    def chip_of(entry):
        return _chip(entry.get("chip") if isinstance(entry, Mapping) else getattr(entry, "chip", None))

    return {"entries": [(entry, chip_of(entry)) for entry in entries]}
