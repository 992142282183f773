"""XLSForm, the spreadsheet in which KoboToolbox and ODK write questionnaires: in and out."""

from .export import as_workbook, as_xlsx
from .losses import Kind, Loss, grouped
from .reading import Refused, read_sheets
from .understanding import Understood, understand

__all__ = ["Kind", "Loss", "Refused", "Understood", "as_workbook", "as_xlsx", "grouped", "read_sheets", "understand"]
