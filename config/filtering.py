"""Forms of filters. A filter that cannot be read, or that the reader may not ask for, answers nobody: never everybody."""

from typing import Any, TypeVar

from django import forms
from django.utils.translation import gettext as _

Rows = TypeVar("Rows")


class FilterForm(forms.Form):
    """`private`: the filters that may name a person (config/private.py)."""

    private: tuple[str, ...] = ()

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound:
            return
        if getattr(self.data, "lost", False):
            self.add_error(None, _("Cette recherche n’est plus connue : écrivez-la de nouveau."))
        if any(name not in self.fields and self.data.get(self.add_prefix(name)) for name in self.base_fields):
            self.add_error(None, _("Un de ces filtres ne vous est pas ouvert : effacez-le."))

    @property
    def chosen(self) -> dict[str, Any]:
        """What is asked for, without what was left empty."""
        return {name: value for name, value in self.cleaned_data.items() if value} if self.is_bound and self.is_valid() else {}

    def allowed(self, rows: Any) -> Any:
        """These rows, or none where what is asked cannot be read."""
        return rows.none() if self.is_bound and not self.is_valid() else rows

    @property
    def names_somebody(self) -> bool:
        """Must this form be sent by POST?"""
        return any(not self[name].is_hidden or self[name].value() for name in self.private if name in self.fields)
