"""Random XLSForms of the kinds in which an import could lose something without a word."""

import random
from typing import Any

from .factories import workbook

CODES = [
    "oui",
    "non",
    "1",
    "2",
    "0",
    "-1",
    "-99",
    "99",
    "B",
    "b",
    "NG008015",
    "ng008015",
    "yes",
    "no",
    "Autre",
    "l'eau",
    "a.b",
    "é",
    "01",
    "1.5",
    "x" * 50,
    "98",
    "-98",
    "deux mots",
]
WORDS = [
    "Quel est votre nom ?", "How old are you?", "Âge", "Combien de personnes avec vous ?", "Vous êtes libre de refuser", "« Bonjour » à tous", "Oui", "Non", "oui", "non",
    "Ligne 1\nLigne 2", "Texte avec ${q1} dedans", "texte long " * 200, "**gras** <b>html</b>", "1 + 1 = 2", "؟ما اسمك", "Pourquoi ? Expliquez.", "100 %",
]  # fmt: skip
LANGUAGES = ["", "::French (fr)", "::Français (fr)", "::English (en)", "::Español (es)", "::العربية (ar)", "::Bambara", "::French"]
NAMES = ["_{}", "Q_{}", "suite_{}", "Grp.{}", "a-{}", "q_é{}", "NOM{}", "suite{}"]
EXTRA = {
    "appearance": ["multiline", "numbers", "minimal", "field-list", "w1 multiline", "search('villages')"],
    "constraint_message": ["Entre 0 et 120."],
    "constraint_message::French (fr)": ["De 0 à 120"],
    "required_message": ["Répondez."],
    "guidance_hint": ["Ne pas lire."],
    "guidance_hint::العربية (ar)": ["تعليمات"],
    "default": ["1", "oui"],
    "read_only": ["yes"],
    "calculation": ["1 + 1"],
    "media::image": ["a.png"],
    "media::image::French (fr)": ["b.png"],
    "$given_name": ["prénom"],
    "notes internes": ["à revoir"],
    "bind::oc:itemgroup": ["ITEMS"],
}
SETTINGS = {
    "form_title": "Enquête", "form_id": "enq_1", "version": "2024010101", "instance_name": "concat('a', 'b')", "style": "pages", "default_language": "French (fr)",
    "public_key": "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A", "autre": "chose",
}  # fmt: skip


class _Form:
    def __init__(self, rng: random.Random):
        self.rng = rng
        self.rows: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str, str]] = []  # (name, kind, list)
        self.number = 0
        self.lists: dict[str, list[str]] = {}
        languages = rng.sample(LANGUAGES, rng.randint(1, 3))
        # Two names for French in one file are two languages for pyxform, one here: that is a case, but a rare one.
        self.labels = [f"label{language}" for language in languages]
        self.hints = [f"hint{language}" for language in languages]
        self.extra = rng.sample(sorted(EXTRA), rng.randint(0, 4))
        for place in range(rng.randint(1, 4)):
            self.lists[f"{rng.choice(['l', 'liste', 'Yn', 'list_q'])}{place}"] = rng.sample(CODES, rng.randint(1, 8))
        if rng.random() < 0.15:
            self.lists["longue"] = [f"c{n}" for n in range(rng.choice([199, 200, 201, 230]))]
        if rng.random() < 0.3:
            self.lists[rng.choice(["yn", "yn", "sira_yes_no"])] = rng.choice([["yes", "no"], ["no", "yes"]])

    def name(self) -> str:
        self.number += 1
        if self.number == 1 or self.rng.random() < 0.6:
            return f"q{self.number}"
        return self.rng.choice(NAMES).format(self.number) if self.rng.random() < 0.9 else f"Très_long_nom_{'x' * 30}{self.number}"

    def texts(self, columns: list[str], chance: float) -> dict[str, str]:
        return {column: self.rng.choice(WORDS) for column in columns if self.rng.random() < chance}

    def constant(self, kind: str, list_name: str) -> str:
        rng = self.rng
        if list_name and rng.random() < 0.9:
            value = rng.choice(self.lists[list_name])
            plain = value.lstrip("-").replace(".", "", 1)
            if plain.isdigit() and rng.random() < 0.5:
                return value
            return f'"{value}"' if "'" in value else rng.choice(["'{}'", '"{}"', "‘{}’", "“{}”"]).format(value)
        return rng.choice(["5", "-99", "0", "'x'", "''", "1.5", "18"])

    def condition(self, depth: int = 0) -> str:
        rng = self.rng
        if not self.asked or rng.random() < 0.05:
            return rng.choice(
                ["true()", "regex(., 'a')", "today() > 3", "${q1} + 1 > 2"] if self.number > 1 and "q1" in [name for name, *_ in self.asked] else ["true()"]
            )
        if depth < 2 and rng.random() < 0.4:
            glue = rng.choice([" and ", " or "])
            return glue.join(f"({self.condition(depth + 1)})" for _part in range(2))
        if rng.random() < 0.1:
            return f"not({self.condition(depth + 1)})"
        name, kind, list_name = rng.choice(self.asked)
        if list_name and rng.random() < 0.4:
            constant = self.constant(kind, list_name)
            return f"selected(${{{name}}}, {constant})" if constant[0] in "'\"‘“" else f"selected(${{{name}}}, '{constant}')"
        if kind == "select_multiple" and rng.random() < 0.3:
            return f"count-selected(${{{name}}}) >= {rng.randint(0, 3)}"
        operator = rng.choice(["=", "=", "=", "!=", "<", ">=", "<=", ">"])
        if rng.random() < 0.05:
            return f"${{{name}}} {operator} ${{{rng.choice(self.asked)[0]}}}"
        sides = [f"${{{name}}}", self.constant(kind, list_name)]
        if rng.random() < 0.15:
            sides.reverse()
        return rng.choice(["{} {} {}", "{}{}{}", "{}\u00a0{} {}"]).format(sides[0], operator, sides[1])

    def question(self) -> None:
        rng = self.rng
        name = self.name()
        kinds = ["text", "integer", "decimal", "date", "note", "select_one", "select_one", "select_one", "select_multiple", "string", "int"]
        others = ["geopoint", "calculate", "image", "start", "today", "select_one_external", "range", "barcode", "rank"]
        kind = rng.choice(kinds) if rng.random() < 0.88 else rng.choice(others)
        list_name = ""
        row: dict[str, Any] = {"type": kind, "name": name, **self.texts(self.labels, 0.9), **self.texts(self.hints, 0.2)}
        if not any(label in row for label in self.labels) and rng.random() < 0.95:
            row[self.labels[0]] = rng.choice(WORDS)
        if kind in ("select_one", "select_multiple", "rank"):
            fit = [known for known, codes in self.lists.items() if kind == "select_one" or not any(" " in code for code in codes)]
            if not fit:
                row["type"] = kind = "text"
            else:
                list_name = rng.choice(fit)
                row["type"] = f"{kind} {list_name}" + (" or_other" if kind == "select_one" and rng.random() < 0.05 else "")
        if kind == "select_one_external":
            row["type"], row["choice_filter"] = "select_one_external dehors", "region = 'gao'"
        if kind == "calculate":
            row["calculation"] = "1 + 1"
        if rng.random() < 0.3:
            row["required"] = rng.choice(["yes", "true()", "TRUE", "no", "false()", True, "${q1} = 'x'" if "q1" in [one[0] for one in self.asked] else "yes"])
        if rng.random() < 0.4:
            row["relevant"] = self.condition()
        if rng.random() < 0.2:
            row["constraint"] = rng.choice([". >= 0", ". >= 0 and . <= 120", ". > 0", "regex(., '[a-z]+')", ". >= 10 and . <= 5", ". >= 0.123456", ". <= 99999999999"])
        if kind == "select_one" and " or_other" not in row["type"] and rng.random() < 0.1:
            row["choice_filter"] = rng.choice(["region = 'gao'", "true()"])
        for column in self.extra:
            if column not in row and rng.random() < 0.3:
                row[column] = rng.choice(EXTRA[column])
        self.rows.append(row)
        if kind in kinds and kind != "note" and "search(" not in str(row.get("appearance", "")):
            self.asked.append((name, kind, list_name))

    def block(self, depth: int = 0) -> None:
        rng = self.rng
        for _row in range(rng.randint(1, 4)):
            if depth < 3 and rng.random() < 0.25:
                kind = "repeat" if rng.random() < 0.15 else "group"
                row: dict[str, Any] = {"type": rng.choice([f"begin_{kind}", f"begin {kind}"]), "name": self.name(), **self.texts(self.labels, 0.7)}
                if rng.random() < 0.4:
                    row["relevant"] = self.condition()
                if rng.random() < 0.2:
                    row["appearance"] = "field-list"
                self.rows.append(row)
                before = len(self.asked)
                self.block(depth + 1)
                if kind == "repeat":
                    del self.asked[before:]
                self.rows.append({"type": row["type"].replace("begin", "end"), **({"name": row["name"]} if rng.random() < 0.2 else {})})
            else:
                self.question()
            for _blank in range(rng.choice([0, 0, 0, 0, 1, 3])):
                self.rows.append({})

    def choices(self) -> list[dict[str, Any]]:
        rng = self.rng
        columns = [column for column in self.labels if rng.random() < 0.9] or self.labels[:1]
        found = []
        plain = rng.random() < 0.3
        for name, codes in self.lists.items():
            for code in codes:
                label = {"yes": "oui", "no": "non"}.get(code) if plain else None
                row = {"list_name": name, "name": code, **(dict.fromkeys(columns, label) if label else self.texts(columns, 0.95))}
                if rng.random() < 0.1:
                    row["region"] = "gao"
                if rng.random() < 0.05:
                    row["media::image"] = "a.png"
                found.append(row)
                if rng.random() < 0.03:
                    found.append({})
        return found


def random_form(rng: random.Random) -> bytes:
    form = _Form(rng)
    form.question()
    for _block in range(rng.randint(1, 3)):
        form.block()
    if all("search(" in str(row.get("appearance", "")) or not row for row in form.rows):
        form.question()
    more: dict[str, list[list[Any]]] = {"external_choices": [["list_name", "name", "label", "region"], ["dehors", "ansongo", "Ansongo", "gao"]]}
    if rng.random() < 0.2:
        more["Feuille de notes"] = [["a", "b"], ["du texte", "encore"]]
    settings = {name: text for name, text in SETTINGS.items() if rng.random() < 0.35}
    if rng.random() < 0.1:
        settings["version"] = '=TEXT(NOW(),"yyyy")'
    return workbook(
        _as_rows(rng, form.rows),
        _as_rows(rng, form.choices()),
        _as_rows(rng, [settings]) if settings else None,
        more,
    )


def _as_rows(rng: random.Random, rows: list[dict[str, Any]]) -> list[list[Any]]:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if "relevant" in columns and rng.random() < 0.1:
        titles = ["relevance" if column == "relevant" else column for column in columns]
    else:
        titles = columns
    return [titles, *([_cell(row.get(column)) for column in columns] for row in rows)]


def _cell(value: Any) -> Any:
    """Numbers as numbers, as a spreadsheet makes them of what is typed."""
    return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() and value in ("1", "2", "0", "-1", "-99", "99", "98", "-98") else value
