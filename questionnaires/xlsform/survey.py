"""The sheet `survey`: questions in their parts, in the order in which they are asked."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from .. import conditions
from ..definition import ChoiceSpec, QuestionSpec
from ..models import LONGEST_TEXT, MOST_CHOICES, MOST_QUESTIONS, BasicItem, Question
from ..wording import cited_in, renamed
from .export import LISTS, TYPES, default_list
from .expressions import cleaned
from .lists import AnswerList, code_of, codes_for, is_kept, lists_of, read
from .losses import Kind, Loss
from .reading import Refused
from .relevance import Relevance
from .rows import Row, Table
from .types import TECHNICAL, Written, parsed

Type = Question.Type
_YES = frozenset(["yes", "true", "true()", "1"])
_NO = frozenset(["no", "false", "false()", "0"])
# What a type of ours may be written as: a column `sira_type` that says another is of a row that somebody changed since.
_WRITTEN = {
    "text": (Type.TEXT, Type.LONG_TEXT),
    "integer": (Type.INTEGER,),
    "decimal": (Type.DECIMAL,),
    "date": (Type.DATE,),
    "note": (Type.NOTE,),
    "one": (Type.ONE, Type.YES_NO, Type.COUNTRY, Type.LANGUAGE),
    "several": (Type.SEVERAL,),
}


@dataclass
class Group:
    """A group of the file around the rows that are read now. `text` None: without a title, its questions stand in the part around it."""

    name: str
    condition: str
    text: dict[str, str] | None = None


@dataclass
class Survey:
    """Reads one sheet, once."""

    table: Table
    choices: Table
    questions: list[QuestionSpec] = field(default_factory=list)
    relevance: Relevance = field(default_factory=Relevance)
    cited: list[tuple[Row, str, list[str]]] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    part: Group | None = None  # whose questions stand in the last part begun; None: of no group

    def read(self) -> list[QuestionSpec]:
        self.lists = lists_of(self.choices)
        self.repeats = self._repeats()
        self._name_them()
        for row in self.table.rows:
            if row.number not in self.repeats:
                self._row(row)
        self._unused_lists()
        self._cite()
        if len(self.questions) > MOST_QUESTIONS:
            raise Refused(_("Ce questionnaire a plus de %(n)s questions. Partagez-le en plusieurs.") % {"n": MOST_QUESTIONS})
        return self.questions

    # --- before the rows are read one by one

    def _repeats(self) -> set[int]:
        """Rows of groups that repeat, which are told as a whole: Sira asks each question once."""
        inside: set[int] = set()
        begun: list[Row] = []
        asked = 0
        for row in self.table.rows:
            written = parsed(cleaned(row.see("type")))
            if written.command == "begin repeat":
                begun.append(row)
            if begun:
                inside.add(row.number)
                asked += written.command not in ("begin repeat", "end repeat", "begin group", "end group")
            if written.command == "end repeat" and begun:
                first = begun.pop()
                if not begun:
                    words = _("Un groupe qui se répète (lignes %(first)s à %(last)s) n’est pas repris : Sira pose chaque question une fois.")
                    first.lose(words % {"first": first.number, "last": row.number}, Kind.QUESTION, last=row.number)
        return inside

    def _name_them(self) -> None:
        """A code for each row that is taken."""
        rows, others = [], []
        for row in self.table.rows:
            kind = cleaned(row.see("type"))
            written = parsed(kind)
            is_group = written.command == "begin group"
            name = cleaned(row.see("name"))
            if row.number in self.repeats or _is_disabled(row) or not (is_group or (written.is_question and not self._why_not(row, kind, written, name))):
                others.append(name)
                continue
            rows.append((row, (name or "note", row.see("sira_code"))))
            if not is_group:
                self.table.known.add(name)
        self.choices.known = self.table.known
        codes = codes_for([pair for _row, pair in rows], letter=True, others=others)
        self.codes = {row.number: code for (row, _pair), code in zip(rows, codes, strict=True)}
        self.taken = {*codes, *others, *(name for _row, (name, _ours) in rows)}

    # --- row by row

    def _row(self, row: Row) -> None:
        if _is_disabled(row):
            row.lose(_("Cette ligne est désactivée dans le fichier (colonne « disabled ») : elle n’est pas reprise."), Kind.LEFT)
            return
        kind = cleaned(row.take("type"))
        written = parsed(kind)
        if not kind:
            row.lose(_("Cette ligne n’a pas de type : elle n’est pas lue."), Kind.LEFT)
        elif written.command == "begin group":
            self._begin(row)
        elif written.command in ("end group", "end repeat"):
            if self.groups:
                self.groups.pop()
            if len(row.cells) > 1:
                row.lose(_("À la fin d’un groupe, seule la colonne « type » vaut quelque chose : le reste de la ligne n’est pas repris."), Kind.LEFT)
        elif question := self._question(row, kind, written):
            self._right_part()
            self.questions.append(question)

    def _begin(self, row: Row) -> None:
        name = cleaned(row.take("name"))
        titled = any(column.base == "label" for column in row.cells)
        if self.groups and not titled:
            words = _("Un groupe sans titre dans un groupe : ses questions sont mises à la suite, dans la même partie.")
            if len(row.cells) > 2:
                words += " " + _("Ce que dit encore sa ligne, sauf sa condition, n’est pas repris.")
            row.lose(words, Kind.GROUP)
            self.groups.append(Group(name, self.relevance.of(row)))
            return
        origin = self._origin(row, name)
        text = row.texts("label", name, lines=True, origin=origin)
        self._cites(row, "label", text)
        hint = row.texts("hint", name, lines=True, origin=origin, needed=False)
        self._cites(row, "hint", hint)
        around = next((group.text for group in reversed(self.groups) if group.text), None)
        if around is not None:
            text = {language: f"{around.get(language, around['fr'])} – {words}" for language, words in text.items()}
            if any(len(words) > LONGEST_TEXT for words in text.values()):
                raise Refused(_("Ligne %(row)s : avec les titres des groupes autour, ce titre est trop long. Raccourcissez-le.") % {"row": row.number})
            for column in row.columns("label"):
                row.lose(_("Un groupe dans un groupe devient une partie : « %(title)s ».") % {"title": text["fr"][:200]}, Kind.GROUP, column)
        group = Group(name, self.relevance.of(row), text)
        self.groups.append(group)
        self._told_type(row, Type.SECTION, "begin group")
        row.keep_rest(origin)
        self._begin_part(group, self.codes[row.number], hint, origin)

    def _begin_part(self, group: Group | None, code: str, hint: dict[str, str] | None = None, origin: dict[str, str] | None = None) -> None:
        self.part = group
        text = group.text if group and group.text else {"fr": _("Suite")}
        relevant = self.relevance.all_of(around.condition for around in self.groups[: self._depth(group)])
        self.questions.append(QuestionSpec(code, Type.SECTION, text, hint or {}, relevant, origin=origin or {}))

    def _depth(self, group: Group | None) -> int:
        return next((place for place, one in enumerate(self.groups, start=1) if one is group), 0)

    def _right_part(self) -> None:
        """Begins a part anew where a question stands in another group than the one before it, or in none after groups."""
        if (owner := self._owner()) is not self.part:
            self._begin_part(owner, code_of(owner.name if owner else "suite", self.taken, letter=True))

    def _question(self, row: Row, kind: str, written: Written) -> QuestionSpec | None:
        name = cleaned(row.see("name"))
        if why := self._why_not(row, kind, written, name):
            row.lose(why, Kind.TECHNICAL if kind.lower() in TECHNICAL else Kind.QUESTION)
            return None
        name = cleaned(row.take("name")) or self.codes[row.number]
        origin = self._origin(row, name)
        code = self.codes[row.number]
        type_, choices, answers = self._type(row, written)
        self._keep_type(row, kind, written, type_, code, origin)
        text = row.texts("label", name, lines=True, origin=origin)
        hint = row.texts("hint", name, lines=True, origin=origin, needed=False)
        self._cites(row, "label", text)
        self._cites(row, "hint", hint)
        own = self.relevance.of(row)
        inner = [group.condition for group in self.groups[self._depth(self._owner()) :]]
        least, most = self._limits(row, type_, origin)
        if (least, most) != (None, None):
            row.keep_words("constraint_message", origin)
        has_answer = type_ not in Question.WITHOUT_ANSWER
        if written.other:
            row.lose(
                _("La réponse libre « autre » de « %(name)s » n’est pas proposée : ajoutez une question de texte.") % {"name": name[:60]}, Kind.LIST, row.column("type")
            )
        if filter_ := row.take("choice_filter"):
            if not row.cites_unknown(filter_):
                origin["choice_filter"] = filter_
            words = _("La liste de « %(name)s » dépend d’une autre réponse (« %(filter)s ») : Sira la propose en entier.")
            row.lose(words % {"name": name[:60], "filter": filter_[:100]}, Kind.LIST, row.column("choice_filter"))
        spec = QuestionSpec(
            code,
            type_,
            text,
            hint,
            self.relevance.all_of([*inner, own]),
            has_answer and self._required(row, name, origin),
            least,
            most,
            self._item(row) if has_answer else None,
            self._source(row) if has_answer else "",
            choices if type_ in Question.WITH_CHOICES else (),
            origin,
        )
        if type_ not in Question.WITHOUT_ANSWER:
            row.keep_words("guidance_hint", origin)
        row.keep_rest(origin)
        if name not in self.relevance.names:
            self.relevance.names[name] = code
            if answers is not None:
                self.relevance.answers.pairs[code] = answers.pairs
        return spec

    def _owner(self) -> Group | None:
        return next((group for group in reversed(self.groups) if group.text), None)

    def _why_not(self, row: Row, kind: str, written: Written, name: str) -> str:
        """Why a row is not asked; empty if it is."""
        if kind.lower() in TECHNICAL:
            return _("La donnée technique « %(type)s » n’est pas reprise.") % {"type": kind.lower()}
        if not written:
            told = {
                "calculate": _("Le calcul « %(name)s » n’est pas repris."),
                "geopoint": _("La position « %(name)s » n’est pas reprise."),
                "hidden": _("La donnée cachée « %(name)s » n’est pas reprise."),
            }
            words = told.get(kind, _("La question « %(name)s » n’est pas reprise : Sira n’a pas le type « %(type)s »."))
            return words % {"name": name[:60], "type": kind[:60]}
        if written.command not in ("one", "several"):
            return ""
        if "search(" in row.see("appearance").replace(" ", ""):
            return _("La question « %(name)s » n’est pas reprise : ses réponses viennent d’un autre fichier (« search »).") % {"name": name[:60]}
        answers = self.lists.get(written.list)
        if answers is None:
            return _("La question « %(name)s » n’est pas reprise : sa liste « %(list)s » n’est pas dans la feuille « choices ».") % {
                "name": name[:60],
                "list": written.list[:60],
            }
        if len(answers.rows) > MOST_CHOICES and not (written.list in LISTS.values() and written.command == "one" and self._is_ours(answers)):
            return _("La question « %(name)s » n’est pas reprise : sa liste « %(list)s » a %(n)s réponses, Sira en propose %(most)s au plus.") % {
                "name": name[:60],
                "list": written.list[:60],
                "n": len(answers.rows),
                "most": MOST_CHOICES,
            }
        return ""

    @staticmethod
    def _is_ours(answers: AnswerList) -> bool:
        """A long list of Sira's own, as it was exported. Of one that is not, nothing has been read."""
        told = len(answers.rows[0].table.losses)
        if read(answers).own_type():
            return True
        del answers.rows[0].table.losses[told:]
        answers.answers.clear()
        answers.used = False
        return False

    # --- pieces of a question

    def _origin(self, row: Row, name: str) -> dict[str, str]:
        """Begun with the file's name where ours is another."""
        code = self.codes[row.number]
        if (ours := row.take("sira_code")) and ours != code:
            row.lose(_("Le code « %(code)s » ne peut pas être repris.") % {"code": ours[:60]}, Kind.CODE, row.column("sira_code"))
        if name in self.relevance.names or any(spec.origin.get("name", spec.code) == name for spec in self.questions):
            row.lose(
                _("Deux questions portent le nom « %(name)s » : celle-ci prend le code « %(code)s ».") % {"name": name[:60], "code": code}, Kind.CODE, row.column("name")
            )
            return {}
        return {"name": name} if name != code else {}

    def _type(self, row: Row, written: Written) -> tuple[str, tuple[ChoiceSpec, ...], AnswerList | None]:
        if written.command not in ("one", "several"):
            is_long = written.command == "text" and "multiline" in row.see("appearance")
            type_: str = Type.LONG_TEXT if is_long else _WRITTEN[written.command][0]
            return self._told_type(row, type_, written.command), (), None
        answers = read(self.lists[written.list])
        own = answers.own_type() if written.command == "one" else ""
        type_ = self._told_type(row, own or _WRITTEN[written.command][0], written.command, own)
        return type_, answers.specs if type_ in Question.WITH_CHOICES else (), answers if type_ in Question.WITH_CHOICES else None

    def _told_type(self, row: Row, type_: str, command: str, own: str = "") -> str:
        """The type that Sira itself wrote beside, if the row is still one of it."""
        ours = row.take("sira_type")
        if not ours or ours == type_:
            return type_
        fits = ours in _WRITTEN.get(command, ()) and (ours in (own, *Question.WITH_CHOICES) or command != "one")
        from_file = command == "text" and ours in (*Question.WITH_CHOICES, *LISTS) and bool(row.see("sira_source"))
        if fits or from_file:
            return ours
        row.lose(_("Le type « %(ours)s » ne va pas avec la colonne « type », qui vaut.") % {"ours": ours[:60]}, Kind.CODE, row.column("sira_type"))
        return type_

    def _keep_type(self, row: Row, kind: str, written: Written, type_: str, code: str, origin: dict[str, str]) -> None:
        if written.command in ("one", "several"):
            usual = f"{'select_one' if written.command == 'one' else 'select_multiple'} {default_list(type_, code)}"
        else:
            usual = TYPES.get(Type(type_), "text")
        if kind != usual:
            origin["type"] = kind
        if (shown := row.take("appearance")) and not (type_ == Type.LONG_TEXT and shown == "multiline"):
            if row.cites_unknown(shown):
                row.lose(_("« %(text)s » cite une question qui n’est pas reprise : ce texte non plus.") % {"text": shown[:100]}, Kind.LEFT, row.column("appearance"))
                return
            origin["appearance"] = shown
            row.lose(f"« {shown[:100]} »", Kind.KEPT, row.column("appearance"))

    def _cites(self, row: Row, base: str, text: dict[str, str]) -> None:
        if cited := sorted({name for words in text.values() for name in cited_in(words)}):
            self.cited.append((row, base, cited))

    def _cite(self) -> None:
        """Answers cited in texts, under our codes; what is cited of a question that is not taken stands in the way of publishing."""
        for row, base, cited in self.cited:
            unknown = [name for name in cited if name not in self.relevance.names]
            if unknown:
                words = _("Le texte cite la réponse à « %(name)s », qui n’est pas reprise : réécrivez-le, sinon le questionnaire n’est pas publié.")
            else:
                words = _("Le texte cite la réponse à « %(name)s » : Sira l’y met quand elle est connue, sinon le texte de cette question.")
            for column in row.columns(base):
                row.lose(words % {"name": ", ".join(unknown or cited)[:100]}, Kind.TEXT, column)
        if self.cited or any(list_.cites for list_ in self.lists.values()):
            self.questions = [self._citing(spec) for spec in self.questions]

    def _citing(self, spec: QuestionSpec) -> QuestionSpec:
        def ours(text: dict[str, str]) -> dict[str, str]:
            return {language: renamed(words, self.relevance.names) for language, words in text.items()}

        choices = tuple(replace(choice, text=ours(choice.text)) for choice in spec.choices)
        return replace(spec, text=ours(spec.text), hint=ours(spec.hint), choices=choices)

    def _required(self, row: Row, name: str, origin: dict[str, str]) -> bool:
        text = cleaned(row.take("required"))
        if not text or text.lower() in _NO:
            return False
        if text.lower() in _YES:
            return True
        if not row.cites_unknown(text):
            origin["required"] = text
        words = _("La réponse à « %(name)s » n’est attendue que sous condition (« %(condition)s ») : Sira ne l’attend pas.")
        row.lose(words % {"name": name[:60], "condition": text[:100]}, Kind.CHECK, row.column("required"))
        return False

    def _limits(self, row: Row, type_: str, origin: dict[str, str]) -> tuple[Decimal | None, Decimal | None]:
        text = cleaned(row.take("constraint"))
        if not text:
            return None, None
        try:
            found = conditions.limits(conditions.parse(text))
        except conditions.ConditionError:
            found = None
        if found is not None and type_ in Question.NUMBERS and all(value is None or is_kept(value, whole=10) for value in found):
            least, most = found
            if least is None or most is None or least <= most:
                return least, most
        if not row.cites_unknown(text):
            origin["constraint"] = text
        words = _("Le contrôle « %(constraint)s » n’est pas fait : Sira connaît le minimum et le maximum d’un nombre.")
        row.lose(words % {"constraint": text[:100]}, Kind.CHECK, row.column("constraint"))
        return None, None

    def _item(self, row: Row) -> int | None:
        text = row.take("sira_item")
        if text.isascii() and text.isdigit() and len(text) < 3 and int(text) in BasicItem.values:
            return int(text)
        if text:
            row.lose(_("« %(item)s » n’est pas une information de base.") % {"item": text[:60]}, Kind.CODE, row.column("sira_item"))
        return None

    def _source(self, row: Row) -> str:
        text = row.take("sira_source")
        if len(text) <= 40:
            return text
        row.lose(_("Le champ du dossier « %(name)s » n’existe pas.") % {"name": text[:60]}, Kind.CODE, row.column("sira_source"))
        return ""

    def _unused_lists(self) -> None:
        """Lists of no question that is taken, told in runs of rows."""
        for answers in self.lists.values():
            if answers.used:
                continue
            words = _("Aucune question reprise ne se sert de la liste « %(list)s ».") % {"list": answers.name[:60]}
            runs: list[list[int]] = []
            for row in answers.rows:
                if runs and row.number == runs[-1][-1] + 1:
                    runs[-1].append(row.number)
                else:
                    runs.append([row.number])
            self.choices.losses += [Loss("choices", run[0], words, Kind.LEFT, last=run[-1]) for run in runs]


def _is_disabled(row: Row) -> bool:
    return row.see("disabled").lower() in ("yes", "true", "true()")
