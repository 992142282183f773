"""XLSForm, the spreadsheet in which KoboToolbox and ODK write questionnaires: in and out."""

from .export import as_workbook, as_xlsx
from .reading import Refused, read_sheets
from .understanding import Loss, Understood, understand

__all__ = ["Loss", "Refused", "Understood", "as_workbook", "as_xlsx", "read_sheets", "understand"]
