"""Countries by ISO 3166-1 alpha-2 code, named in the language of the reader (names: Unicode CLDR, through Babel)."""

import re
import unicodedata
from functools import lru_cache

from babel import Locale
from django.utils.translation import get_language

# Members in 2016, when the action document was written. Mauritania had left; Mali, Burkina Faso and Niger had not.
ECOWAS = ("ML", "SN", "GN", "CI", "BF", "NE", "GM", "GW", "SL", "LR", "TG", "BJ", "NG", "GH", "CV")
EUROPE = frozenset(
    [
        "AD",
        "AL",
        "AT",
        "AX",
        "BA",
        "BE",
        "BG",
        "BY",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FO",
        "FR",
        "GB",
        "GG",
        "GI",
        "GR",
        "HR",
        "HU",
        "IE",
        "IM",
        "IS",
        "IT",
        "JE",
        "LI",
        "LT",
        "LU",
        "LV",
        "MC",
        "MD",
        "ME",
        "MK",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "RS",
        "RU",
        "SE",
        "SI",
        "SJ",
        "SK",
        "SM",
        "UA",
        "VA",
        "XK",
    ]
)
AFRICA = frozenset(
    [
        "AO",
        "BF",
        "BI",
        "BJ",
        "BW",
        "CD",
        "CF",
        "CG",
        "CI",
        "CM",
        "CV",
        "DJ",
        "DZ",
        "EG",
        "EH",
        "ER",
        "ET",
        "GA",
        "GH",
        "GM",
        "GN",
        "GQ",
        "GW",
        "KE",
        "KM",
        "LR",
        "LS",
        "LY",
        "MA",
        "MG",
        "ML",
        "MR",
        "MU",
        "MW",
        "MZ",
        "NA",
        "NE",
        "NG",
        "RE",
        "RW",
        "SC",
        "SD",
        "SH",
        "SL",
        "SN",
        "SO",
        "SS",
        "ST",
        "SZ",
        "TD",
        "TG",
        "TN",
        "TZ",
        "UG",
        "YT",
        "ZA",
        "ZM",
        "ZW",
    ]
)
# CLDR also names groups and places that are no countries of ISO 3166-1.
_NOT_ISO = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}


@lru_cache(maxsize=8)
def _names(language: str) -> dict[str, str]:
    territories = Locale.parse(language, sep="-").territories
    return {code: name for code, name in territories.items() if len(code) == 2 and code.isalpha() and code not in _NOT_ISO}


def country_name(code: str) -> str:
    """The country's name in the active language; the code itself if there is no such country; empty for empty."""
    return _names((get_language() or "fr")[:2]).get(code, code)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()


def country_choices() -> list[tuple[str, str]]:
    """(code, name): Mali and ECOWAS first, then all others by name."""
    known = _names((get_language() or "fr")[:2])
    first = [(code, known[code]) for code in ECOWAS]
    return first + sorted(((code, name) for code, name in known.items() if code not in ECOWAS), key=lambda pair: _plain(pair[1]))


def _words(text: str) -> str:
    return f" {' '.join(re.split(r'[^a-z]+', _plain(text)))} "


def only_country_in(text: str) -> str:
    """The code of the one country that the text names (« surtout Guinée » → GN), in the active language; "" for none or several."""
    said, found = _words(text), ""
    for code, name in sorted(country_choices(), key=lambda pair: -len(pair[1])):  # « Guinée équatoriale » before « Guinée »
        if _words(name) in said:
            if found:
                return ""
            said, found = said.replace(_words(name), " "), code
    return found


def continent(code: str) -> str:
    """ "europe", "africa" or "" – the two that indicator E6 tells apart."""
    return "europe" if code in EUROPE else "africa" if code in AFRICA else ""
