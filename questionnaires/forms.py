"""Forms of questionnaires: those that write one, and the one that asks it."""

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.numbers import AmountField, NumberInput
from config.writing import clean_line, clean_text

from . import conditions
from .answers import clean_answer, said_with
from .conditions import Value
from .definition import ChoiceSpec, Definition, QuestionSpec, choices_of
from .models import CODE, LONGEST_TEXT, BasicItem, Question, Questionnaire, no_more_than_needed
from .services import code_from
from .sources import sources_of
from .wording import said, said_in_file, worded

Type = Question.Type
FEW = 8  # choices that are shown side by side; more are a list to choose from


class TextField(forms.CharField):
    """Text cleaned as it will be kept; `lines`: more than one."""

    def __init__(self, *, lines: bool = False, **arguments: Any):
        if lines:
            arguments.setdefault("widget", forms.Textarea({"rows": 3}))
        super().__init__(**arguments)
        self._clean = clean_text if lines else clean_line

    def to_python(self, value: Any) -> str:
        return self._clean(super().to_python(value))


class QuestionnaireForm(forms.Form):
    title_fr = TextField(label=gettext_lazy("Titre"), max_length=150, error_messages={"required": gettext_lazy("Donnez un titre.")})
    title_en = TextField(label=gettext_lazy("Titre en anglais"), max_length=150, required=False)
    title_es = TextField(label=gettext_lazy("Titre en espagnol"), max_length=150, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Usage"), choices=Questionnaire.Kind.choices, widget=forms.RadioSelect, initial=Questionnaire.Kind.SURVEY)

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        title = worded(fr=data["title_fr"], en=data["title_en"], es=data["title_es"])
        return {"title": title, "kind": data["kind"], "code": code_from(title["fr"], Questionnaire.objects.values_list("code", flat=True))}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Fichier XLSForm"),
        help_text=gettext_lazy("Classeur .xlsx ou .xls de KoboToolbox, d’ODK ou de Sira, 2 Mo au plus."),
        widget=forms.FileInput({"accept": ".xlsx,.xls"}),
        error_messages={"required": gettext_lazy("Choisissez un fichier."), "empty": gettext_lazy("Ce fichier est vide. Choisissez-en un autre.")},
    )


# --- one question, as it is written --------------------------------------------------------------------------------


class QuestionForm(forms.Form):
    type = forms.ChoiceField(label=gettext_lazy("Type"), choices=Type.choices)
    text_fr = TextField(label=gettext_lazy("Question"), lines=True, max_length=LONGEST_TEXT, error_messages={"required": gettext_lazy("Écrivez la question.")})
    hint_fr = TextField(
        label=gettext_lazy("Aide"), lines=True, max_length=LONGEST_TEXT, required=False, help_text=gettext_lazy("Ce qu’il faut savoir pour la poser ou y répondre.")
    )
    text_en = TextField(label=gettext_lazy("Question en anglais"), lines=True, max_length=LONGEST_TEXT, required=False)
    hint_en = TextField(label=gettext_lazy("Aide en anglais"), lines=True, max_length=LONGEST_TEXT, required=False)
    text_es = TextField(label=gettext_lazy("Question en espagnol"), lines=True, max_length=LONGEST_TEXT, required=False)
    hint_es = TextField(label=gettext_lazy("Aide en espagnol"), lines=True, max_length=LONGEST_TEXT, required=False)
    required = forms.BooleanField(
        label=gettext_lazy("Une réponse est attendue"),
        required=False,
        help_text=gettext_lazy("Sans elle, le questionnaire n’est pas complet ; les autres réponses sont gardées."),
    )
    when = forms.ChoiceField(label=gettext_lazy("Quand poser cette question"), required=False)
    relevant = forms.CharField(
        label=gettext_lazy("Autre condition"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("Comme dans XLSForm, par exemple : ${age_enfants} >= 1 and selected(${besoins}, 'sante')"),
    )
    minimum = AmountField(
        label=gettext_lazy("Nombre d’au moins"),
        required=False,
        max_digits=14,
        decimal_places=4,
        localize=True,
        widget=NumberInput({"class": "w-8"}),
    )
    maximum = AmountField(
        label=gettext_lazy("Nombre d’au plus"),
        required=False,
        max_digits=14,
        decimal_places=4,
        localize=True,
        widget=NumberInput({"class": "w-8"}),
    )
    basic_item = forms.TypedChoiceField(label=gettext_lazy("Information de base"), required=False, coerce=int, empty_value=None)
    source = forms.ChoiceField(
        label=gettext_lazy("Champ du dossier"), required=False, help_text=gettext_lazy("Si le dossier le dit déjà, la question n’est pas posée une deuxième fois.")
    )
    after = forms.ChoiceField(label=gettext_lazy("Placer après"), required=False)
    code = forms.RegexField(
        CODE,
        label=gettext_lazy("Code"),
        required=False,
        help_text=gettext_lazy("Nom de la question dans les exports et les conditions. Vide : il est fait avec la question."),
        error_messages={"invalid": gettext_lazy("Le code s’écrit en minuscules sans accent, avec des chiffres et _, et commence par une lettre.")},
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, *arguments: Any, kind: str, earlier: Iterable[Question], adding: bool, **named: Any):
        super().__init__(*arguments, **named)
        earlier = list(earlier)
        groups: list[Any] = [("", _("toujours"))]
        for question in earlier:
            if question.type in (*Question.WITH_CHOICES, Type.YES_NO) and not question.source:
                groups.append((said(question.text)[:80], [(f"selected(${{{question.code}}}, '{code}')", words) for code, words in choices_of(question)]))
        self.fields["when"].choices = groups
        self.fields["basic_item"].choices = [("", _("aucune")), *((item.value, f"{item.value}. {item.label}") for item in BasicItem)]
        sources = sources_of(kind)
        self.fields["source"].choices = [("", _("aucun : la question est posée")), *((source.name, source.title) for source in sources)]
        if not sources:
            del self.fields["source"]
        if adding:
            self.fields["after"].choices = [(f"={row.code}", f"{number}. {said(row.text)[:80]}") for number, row in enumerate(earlier, start=1)] + [("=", _("au début"))]
            self.fields["after"].initial = f"={earlier[-1].code}" if earlier else "="
        else:
            del self.fields["after"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("when") and data.get("relevant"):
            self.add_error("relevant", _("Choisissez une réponse dans la liste ci-dessus, ou écrivez une condition, pas les deux."))
        condition = data.get("relevant") or data.get("when") or ""
        if condition:
            try:
                data["condition"] = str(conditions.parse(condition))
            except conditions.ConditionError as error:
                self.add_error("relevant", str(error))
        least, most = data.get("minimum"), data.get("maximum")
        if least is not None and most is not None and least > most:
            self.add_error("maximum", _("Le minimum dépasse le maximum."))
        return data

    def spec(self, choices: tuple[ChoiceSpec, ...]) -> QuestionSpec:
        data = self.cleaned_data
        type_ = data["type"]
        has_answer = type_ not in Question.WITHOUT_ANSWER
        number = type_ in Question.NUMBERS
        return QuestionSpec(
            data["code"],
            type_,
            worded(fr=data["text_fr"], en=data["text_en"], es=data["text_es"]),
            worded(fr=data["hint_fr"], en=data["hint_en"], es=data["hint_es"]),
            data.get("condition", ""),
            has_answer and data["required"],
            data["minimum"] if number else None,
            data["maximum"] if number else None,
            data["basic_item"] if has_answer else None,
            data.get("source", "") if has_answer else "",
            choices if type_ in Question.WITH_CHOICES else (),
        )

    @classmethod
    def initial_of(cls, question: Question) -> dict[str, Any]:
        """What the fields show for a question."""
        simple = ""
        if question.relevant:
            try:
                named = conditions.any_of(conditions.parse(question.relevant))
            except conditions.ConditionError:  # a file's, to be written anew
                named = None
            if named and len(named[1]) == 1:
                simple = f"selected(${{{named[0]}}}, '{named[1][0]}')"
        return {
            **{f"text_{code}": question.text.get(code, "") for code in ("fr", "en", "es")},
            **{f"hint_{code}": question.hint.get(code, "") for code in ("fr", "en", "es")},
            "type": question.type,
            "required": question.required,
            "when": simple,
            "relevant": "" if simple else question.relevant,
            "minimum": no_more_than_needed(question.minimum),
            "maximum": no_more_than_needed(question.maximum),
            "basic_item": question.basic_item,
            "source": question.source,
            "code": question.code,
            "version": question.version,
        }


class ChoiceForm(forms.Form):
    fr = TextField(label=gettext_lazy("Réponse"), max_length=LONGEST_TEXT, required=False)
    en = TextField(label=gettext_lazy("En anglais"), max_length=LONGEST_TEXT, required=False)
    es = TextField(label=gettext_lazy("En espagnol"), max_length=LONGEST_TEXT, required=False)
    code = forms.RegexField(
        r"^[a-z0-9][a-z0-9_]{0,39}$", label=gettext_lazy("Code"), required=False, error_messages={"invalid": gettext_lazy("Minuscules sans accent, chiffres et _.")}
    )
    value = AmountField(label=gettext_lazy("Valeur"), required=False, max_digits=10, decimal_places=4, localize=True, widget=NumberInput())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("fr") and (data.get("en") or data.get("es")):
            self.add_error("fr", _("Écrivez la réponse en français ; pour la supprimer, videz toute la ligne."))
        return data


class _ChoiceFormSet(forms.BaseFormSet):
    def specs(self) -> tuple[ChoiceSpec, ...]:
        """Lines without a text are left out; a missing code is made from the words."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("fr")]
        taken = {row["code"] for row in rows if row["code"]}
        found = []
        for row in rows:
            code = row["code"] or code_from(row["fr"], taken)
            taken.add(code)
            found.append(ChoiceSpec(code, worded(fr=row["fr"], en=row["en"], es=row["es"]), row["value"]))
        return tuple(found)


def choice_formset(data: Any, question: Question | None, more: int = 4) -> _ChoiceFormSet:
    """The answers of a question, and some empty lines."""
    kind = forms.formset_factory(ChoiceForm, formset=_ChoiceFormSet, extra=more, max_num=200, absolute_max=210)
    initial = (
        [
            {"code": choice.code, "value": no_more_than_needed(choice.value), **{name: choice.text.get(name, "") for name in ("fr", "en", "es")}}
            for choice in question.choices.all()
        ]
        if question is not None
        else []
    )
    return kind(data, prefix="choices", initial=initial) if data is not None else kind(prefix="choices", initial=initial)


# --- the questionnaire, as it is asked -----------------------------------------------------------------------------


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AnswerField(forms.Field):
    """A question as a field: one judgement for pages and API (`answers.clean_answer`). A missing answer is never an error here."""

    def __init__(self, question: Question, **arguments: Any):
        self.question = question
        arguments = {"label": said(question.text), "help_text": _help(question), **arguments}
        super().__init__(required=False, widget=_widget(question), **arguments)

    def clean(self, value: Any) -> Value:
        return clean_answer(self.question, value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, float | Decimal):
            # with the decimal sign of the language: 1,125 sent back as it was shown is not 1.125 that could be a thousand
            return no_more_than_needed(Decimal(str(value))).replace(".", str(get_format("DECIMAL_SEPARATOR")))
        return value.isoformat() if isinstance(value, datetime.date) else value


def _help(question: Question) -> str:
    """How to ask it, and what a file says to whoever asks."""
    return " ".join(filter(None, (said(question.hint), said_in_file(question.origin, "guidance_hint"))))


def _widget(question: Question) -> forms.Widget:
    listed = choices_of(question)
    if question.type == Type.SEVERAL:
        return forms.CheckboxSelectMultiple(choices=listed)
    if question.type in (Type.YES_NO, Type.ONE) and len(listed) <= FEW:
        return forms.RadioSelect(choices=[*listed, ("", _("sans réponse"))])
    if listed:
        return forms.Select(choices=[("", "—"), *listed])
    if question.type == Type.LONG_TEXT:
        return forms.Textarea({"rows": 4, "maxlength": 4000})
    if question.type == Type.DATE:
        return DayInput()
    if question.type in Question.NUMBERS:
        return forms.TextInput({"class": "w-8", "inputmode": "numeric" if question.type == Type.INTEGER else "decimal", "autocomplete": "off"})
    return forms.TextInput({"maxlength": 200})


PREFIX = "q_"  # before a question's code: it may be called as another field of the page


class AnswerForm(forms.Form):
    """The questions of one part. `answers`: what is known, the file included; `theirs`: what somebody else answered meanwhile."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, data: Any = None, *, definition: Definition, questions: Iterable[Question], answers: Mapping[str, Value], version: int):
        questions = list(questions)
        initial = {f"{PREFIX}{question.code}": answers.get(question.code) for question in questions} | {"version": version}
        super().__init__(data, initial=initial)
        self.definition = definition
        self.rows: list[dict[str, Any]] = []  # in the order of the page: notes, and questions with when they are asked
        here = {question.code for question in questions}
        for question in questions:
            row: dict[str, Any] = {"question": question, "text": said_with(definition, said(question.text), answers), "name": "", "words": "", "show_when": ""}
            if question.relevant:
                row |= self._condition(question, here)
            if question.is_asked_of_the_person:
                row["name"] = f"{PREFIX}{question.code}"
                self.fields[row["name"]] = AnswerField(question, label=row["text"], help_text=said_with(definition, _help(question), answers))
            self.rows.append(row)

    def _condition(self, question: Question, here: set[str]) -> dict[str, str]:
        """How the page says when a question is asked that hangs on another of the same page."""
        node = conditions.parse(question.relevant)
        if not conditions.references(node) & here:
            return {}
        simple = conditions.any_of(node)
        return {"words": self.definition.condition_words(question), "show_when": f"{PREFIX}{simple[0]}={','.join(simple[1])}" if simple else ""}

    def drawn(self) -> list[dict[str, Any]]:
        return [row | {"field": self[row["name"]] if row["name"] else None} for row in self.rows]

    def answers(self) -> dict[str, Value]:
        return {name.removeprefix(PREFIX): value for name, value in self.cleaned_data.items() if name.startswith(PREFIX)}

    def put_errors(self, error: ValidationError) -> None:
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for code, errors in error.error_dict.items():
            self.add_error(f"{PREFIX}{code}" if f"{PREFIX}{code}" in self.fields else None, errors)
