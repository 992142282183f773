"""How Django forms are drawn – every form of Sira, whoever wrote it, through our templates – and how what a rule refuses is shown."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import django.forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.renderers import DjangoTemplates
from django.utils.functional import cached_property


class SiraRenderer(DjangoTemplates):
    """`FORM_RENDERER`: our templates first, then those of Django for the widgets that we do not draw ourselves."""

    form_template_name = "components/form_fields.html"
    field_template_name = "components/field.html"

    @cached_property
    def engine(self):
        return self.backend(
            {
                "NAME": "sira_forms",
                "APP_DIRS": True,
                "DIRS": [*settings.TEMPLATES[0]["DIRS"], Path(django.forms.__file__).parent / "templates"],
                "OPTIONS": {"builtins": ["django.templatetags.i18n", "config.templatetags.sira"]},
            }
        )


def put_errors(form: django.forms.BaseForm, error: ValidationError, names: Mapping[str, str] | None = None) -> None:
    """Shows what a service refused beside the fields it is about; `names` maps the model's names to the form's."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        shown = (names or {}).get(name, name)
        form.add_error(shown if shown in form.fields else None, errors)


class _Unread(Exception):
    """A rule asked for a field that cannot be read: it has nothing to say yet."""


class _Readable(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        raise _Unread(name)


Rule = Callable[[Mapping[str, Any]], None]


class RulesForm(django.forms.Form):
    """A form that asks the rules of its service at once, so that nobody puts right one wave of errors to be shown the next.

    The rules stay where they are; the service asks them again, on locked rows. A rule that needs a field which cannot be read is left
    out, all others are asked whatever else is wrong."""

    SERVICE_NAMES: Mapping[str, str] = {}

    def rules(self) -> Iterable[Rule]:
        """Each takes the readable fields and raises ValidationError under the names of the service. Only about what is typed."""
        return ()

    def rules_besides(self) -> Iterable[Rule]:
        """Those about what is written already (a bed that is taken): asked only where something else is wrong. Otherwise the service asks
        them, which knows a second sending of the same form for one."""
        return ()

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        readable = _Readable(self.cleaned_data)
        wrong = set(self.errors)
        for rule in self._asked():
            try:
                rule(readable)
            except _Unread:
                continue
            except ValidationError as error:
                self._put(error, wrong)

    def _asked(self) -> Iterator[Rule]:
        yield from self.rules()
        if self.errors:
            yield from self.rules_besides()

    def _put(self, error: ValidationError, wrong: set[str]) -> None:
        """Of a field that cannot be read nothing more is said."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, errors in error.error_dict.items():
            shown = self.SERVICE_NAMES.get(name, name)
            if shown not in wrong:
                self.add_error(shown if shown in self.fields else None, errors)
