"""The menu entry of those who write questionnaires."""

from django.utils.translation import gettext_lazy as _

from centres.navigation import Entry, add_to_menu
from centres.roles import Right

add_to_menu(Entry(_("Questionnaires"), "questionnaires:questionnaires", (Right.EDIT_QUESTIONNAIRES,), 75, "questionnaires"))
