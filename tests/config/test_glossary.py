"""One word for one thing: what docs/glossary.md says of a French word holds in both catalogues, and in the translated logframe."""

import re
from pathlib import Path

import pytest
import yaml

from .test_catalogues import LANGUAGES, ROOT, catalogue
from .test_catalogues import forms as texts

GLOSSARY = ROOT / "docs" / "glossary.md"


def rules() -> list[tuple[str, dict[str, list[str]]]]:
    """(French word, {language: the words that must not stand for it})."""
    table = GLOSSARY.read_text(encoding="utf-8").partition("## One word for one thing")[2]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")][2:]
    return [(row[0], {language: [word.strip() for word in row[column].split(",")] for language, column in zip(LANGUAGES, (3, 4), strict=True)}) for row in rows]


def has(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?:s|es)?(?!\w)", text, re.IGNORECASE) is not None


def doubles(language: str, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(word, said) for french, said in pairs for key, never in rules() if has(key, french) for word in never[language] if has(word, said)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_second_word_for_the_same_thing(language):
    assert len(rules()) >= 20
    pairs = [(" ".join(texts(message.id)), " ".join(texts(message.string))) for message in catalogue(ROOT / "locale", language) if message.id]
    words = yaml.safe_load((Path(ROOT) / "reporting" / "data" / "logframe_words.yaml").read_text(encoding="utf-8"))
    pairs += [(row["fr"], row[language]) for row in words]
    assert doubles(language, pairs) == []


def test_a_second_word_is_found():
    assert doubles("en", [("L’antenne suit la personne", "The antenna follows the person"), ("L’antenne", "The desk")]) == [("antenna", "The antenna follows the person")]
    assert doubles("es", [("Avertir au guichet", "Avisar en el mostrador")]) == [("mostrador", "Avisar en el mostrador")]
