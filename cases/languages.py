"""The languages of the road, for those above: the list itself is of no floor."""

from config.languages import LANGUAGE_CODES, LANGUAGES

__all__ = ["LANGUAGES", "LANGUAGE_CODES"]
