"""The report of a centre as lists: the same on the screen, on paper and in the spreadsheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from config import charts, spreadsheet

from .report import DIMENSIONS, Figures, Group, Report

NATIONALITIES_ON_PAPER = 8


@dataclass(frozen=True)
class Line:
    """A figure beside that of the period before. `percent`: both are shares."""

    code: str
    label: str
    now: float | int | None
    before: float | int | None
    percent: bool = False

    @property
    def now_words(self) -> str:
        return self._words(self.now)

    @property
    def before_words(self) -> str:
        return self._words(self.before)

    @property
    def change_words(self) -> str:
        """« +12 »; of shares in points. Nothing where there is nothing to compare."""
        if self.now is None or self.before is None:
            return "–"
        # Of the figures as they are shown, so that whoever subtracts them finds the same.
        now, before = (round(value * (100 if self.percent else 1), 1) for value in (self.now, self.before))
        change = round(now - before, 1)
        words = charts.format_number(abs(change))
        sign = "+" if change > 0 else "\u2212" if change < 0 else ""
        return _("%(n)s pt") % {"n": sign + words} if self.percent else sign + words

    def _words(self, value: float | int | None) -> str:
        if value is None:
            return "–"
        return charts.format_percent(value, 1) if self.percent else charts.format_number(round(value, 1))


def lines(report: Report) -> list[Line]:
    """The main figures with those of the period before, in the order in which they are read."""

    def line(code: str, label: str, *, percent: bool = False) -> Line:
        return Line(code, label, _value(report.now, code), _value(report.before, code) if report.before else None, percent)

    return [
        line("arrivals", _("Arrivées")),
        line("returned", _("Retours d’hôpital")),
        line("departures", _("Départs")),
        line("to_hospital", _("Départs à l’hôpital")),
        line("present", _("Personnes différentes présentes")),
        line("assisted", _("Personnes différentes assistées")),
        line("nights", _("Nuitées")),
        line("mean_stay", _("Durée moyenne des séjours terminés (jours)")),
        line("lines", _("Assistances notées")),
        line("mean_occupancy", _("Personnes par nuit, en moyenne")),
        line("most", _("Personnes par nuit, au plus")),
        line("rate", _("Taux d’occupation moyen"), percent=True),
        line("top_rate", _("Taux d’occupation le plus haut"), percent=True),
    ]


def _value(figures: Figures, code: str) -> float | int | None:
    if code == "most":
        return figures.fullest.people if figures.fullest else None
    return getattr(figures, code)


@dataclass(frozen=True)
class Table:
    """A list of the report. Of the numbers each is shown as written; `foot` sums up, where that makes sense."""

    code: str
    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]
    foot: Sequence[Any] = ()
    note: str = ""

    @property
    def drawn(self) -> dict[str, Any]:
        """For `{% table %}`."""
        return charts.chart_table(self.headers, self.rows, foot=self.foot, caption=self.title)


def tables(report: Report, *, nationalities: int | None = None) -> list[Table]:
    """Departures, assistance, and of whom the figures are. `nationalities`: so many, the others together."""
    people = [_("Arrivées"), _("Présentes"), _("Nuitées"), _("Assistées")]
    found = [
        Table(
            "departures",
            _("Départs par motif"),
            [_("Motif"), _("Départs")],
            [[capfirst(words), number] for _code, words, number in report.reasons],
            [_("Total"), report.now.departures],
            note=_("Les départs à l’hôpital et les retours d’hôpital sont comptés à part."),
        ),
        Table(
            "assistance",
            _("Assistance par type"),
            [_("Service"), _("Assistances"), _("Quantité"), _("Personnes")],
            [[str(given.service), given.lines, given.quantity, given.people] for given in report.given],
            [_("Total"), report.now.lines, sum(given.quantity for given in report.given), report.now.assisted],
            note=_("Qui a reçu plusieurs services compte une fois dans chacun, et une seule fois dans le total."),
        ),
    ]
    for name, heading in DIMENSIONS.items():
        groups = report.groups[name]
        if name == "nationality" and nationalities is not None and len(groups) > nationalities + 1:
            groups = [*groups[:nationalities], together(groups[nationalities:])]
        # People with several flags would count several times in a sum: the list says « at least one » itself.
        foot = [] if name == "flag" else [_("Total"), *report.total.values]
        note = _("Selon la dernière évaluation à la fin de la période ; sans ce que seule la protection peut lire.") if name in ("flag", "severity") else ""
        if name == "flag":
            note = _("Une personne compte dans chacun de ses signalements, et une seule fois dans la dernière ligne.") + " " + note
        found.append(Table(name, str(heading), [str(heading), *people], [[capfirst(group.label), *group.values] for group in groups], foot, note))
    return found


def together(groups: Sequence[Group]) -> Group:
    """Several groups of different people as one."""
    whole = Group("", _("Autres (%(n)s)") % {"n": len(groups)})
    for group in groups:
        whole.add(*group.values)
    return whole


def chart(report: Report) -> SafeString:
    """The nights of the period against the beds of each day."""
    nights = report.now.occupancy
    labels = [f"{night.day:%d/%m}" for night in nights]
    series = [(_("Personnes"), [night.people for night in nights]), (_("Lits utilisables"), [night.beds for night in nights])]
    return charts.line(labels, series, title=_("Occupation, nuit par nuit"))


def nights_table(report: Report) -> Table:
    rows = [
        [f"{night.day:%d/%m/%Y}", night.people, night.beds, charts.format_percent(night.people / night.beds) if night.beds else "–"] for night in report.now.occupancy
    ]
    return Table("nights", _("Occupation, nuit par nuit"), [_("Nuit du"), _("Personnes"), _("Lits utilisables"), _("Taux")], rows)


def workbook(report: Report) -> bytes:
    """The report as a spreadsheet: every figure a number, every group, every night."""
    column = spreadsheet.Column
    head: list[list[Any]] = [
        [_("Interne au centre : aucun nom, mais un petit nombre peut désigner quelqu’un. Ne diffusez pas ces chiffres hors du centre."), None, None],
        *([[_("La période n’est pas finie : les nuits sont comptées jusqu’à la dernière passée."), None, None]] if report.running else []),
        [_("Centre"), report.centre.name, None],
        [_("Premier jour"), report.period.first, report.period.before.first],
        [_("Dernier jour"), min(report.period.last, report.today), report.period.before.last],
        [_("Personnes hors statistiques, non comptées"), report.left_out, None],
    ]
    figures = spreadsheet.Sheet(
        _("Chiffres"),
        [column(_("Chiffre"), "#indicator+name+i_fr", 52), column(_("Période"), "#indicator+num", 16), column(_("Période précédente"), "#indicator+num+previous", 20)],
        [*head, *([line.label, _number(line.now), _number(line.before)] for line in lines(report))],
        frozen=1,
    )
    departures, assistance, *people = tables(report)
    whom = [
        [table.title, group.label, group.code, *group.values]
        for table in people
        for group in report.groups[table.code]
    ]  # fmt: skip
    headers = [(_("Répartition"), "#group+type+i_fr", 30), (_("Groupe"), "#group+name+i_fr", 30), (_("Code"), "#group+code", 14), *(
        (title, f"#reached+{tag}", 14) for title, tag in zip(people[0].headers[1:], ("arrivals", "present", "nights", "assisted"), strict=True)
    )]  # fmt: skip
    nights = [[night.day, night.people, night.beds] for night in report.now.occupancy]
    return spreadsheet.workbook(
        [
            figures,
            spreadsheet.Sheet(_("Départs"), [column(departures.headers[0], "#departure+reason", 46), column(departures.headers[1], "#departure+num", 14)], departures.rows),
            spreadsheet.Sheet(
                _("Assistance"),
                [column(title, tag, width) for title, (tag, width) in zip(assistance.headers, (("#service", 34), ("#output+num", 14), ("#output+quantity", 14), ("#reached+num", 24)), strict=True)],
                assistance.rows,
            ),
            spreadsheet.Sheet(_("Répartitions"), [column(*about) for about in headers], whom, frozen=2),
            spreadsheet.Sheet(_("Nuits"), [column(_("Nuit du"), "#date", 14), column(_("Personnes"), "#reached+num", 14), column(_("Lits utilisables"), "#capacity+num", 18)], nights),
        ]
    )  # fmt: skip


def _number(value: float | int | None) -> float | int | None:
    return round(value, 4) if isinstance(value, float) else value
