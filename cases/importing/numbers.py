"""A number of a workbook as its cell shows it: 701020304 in the format 0000000000 is 0701020304."""

from openpyxl.styles.numbers import BUILTIN_FORMATS

EXACT = 10**15  # beyond, a spreadsheet has rounded what was typed
FIRST_OF_ITS_OWN = 164
MOST_SIGNS = 255  # of a format
Tokens = list[tuple[str, str]]  # (kind, sign): "digit" for 0 # ?, "point", "group", "text"


def code_of(number: int, own: list[str]) -> str:
    """The number format of a style; what a workbook numbers wrongly is "General"."""
    if number < FIRST_OF_ITS_OWN:
        return BUILTIN_FORMATS.get(number, "General")
    return own[number - FIRST_OF_ITS_OWN] if number - FIRST_OF_ITS_OWN < len(own) else "General"


def shown(number: float, code: str) -> str | None:
    """What the cell shows; None where that is not known here: it is asked for rather than guessed."""
    if abs(number) >= EXACT:
        return None
    if code in ("General", "@", ""):
        return str(int(number)) if number == int(number) else format(number, ".15g")
    tokens = _tokens(code)
    if tokens is None or number < 0:
        return None
    places = [place for place, (kind, _sign) in enumerate(tokens) if kind == "digit"]
    points = [place for place, (kind, _sign) in enumerate(tokens) if kind == "point"]
    if not places or len(points) > 1:
        return None
    point = points[0] if points else len(tokens)
    whole, decimals = [place for place in places if place < point], [place for place in places if place > point]
    text = f"{number:.{len(decimals)}f}"
    if float(text) != number or not whole:
        return None  # shown rounded: neither what was typed nor what is seen is sure
    digits, _point, rest = text.partition(".")
    return _laid_out(tokens, whole, digits, dict(zip(decimals, rest, strict=True)))


def _tokens(code: str) -> Tokens | None:
    """The signs of the first section of a format; None for a format that is not understood (conditions, percent, exponents, dates)."""
    found: Tokens = []
    place = 0
    code = code[:MOST_SIGNS]
    while place < len(code):
        sign = code[place]
        if sign == ";":
            break
        if sign == '"':
            end = code.find('"', place + 1)
            if end < 0:
                return None
            found.append(("text", code[place + 1 : end]))
            place = end + 1
            continue
        if sign == "[":
            end = code.find("]", place)
            if end < 0 or code[place + 1 : place + 2] in ("<", ">", "=", "$"):
                return None
            place = end + 1
            continue
        if sign in "\\_":
            found.append(("text", code[place + 1 : place + 2] if sign == "\\" else " "))
            place += 2
            continue
        kind = {"0": "digit", "#": "digit", "?": "digit", ".": "point", ",": "group"}.get(sign)
        if kind is None and (sign.isalpha() or sign in "%*@"):
            return None
        found.append((kind or "text", sign))
        place += 1
    return found


def _laid_out(tokens: Tokens, whole: list[int], digits: str, decimals: dict[int, str]) -> str:
    """The digits in their places, from the right; what is left over stands at the first place."""
    at: dict[int, str] = {}
    left = "" if digits == "0" else digits
    for place in reversed(whole):
        at[place] = left[-1:] or {"0": "0", "?": " "}.get(tokens[place][1], "")
        left = left[:-1]
    at[whole[0]] = left + at[whole[0]]
    return "".join((at | decimals).get(place, sign if kind in ("text", "point") else "") for place, (kind, sign) in enumerate(tokens)).strip()
