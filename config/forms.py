"""How Django forms are drawn: every form of Sira, whoever wrote it, through our templates."""

from pathlib import Path

import django.forms
from django.conf import settings
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
