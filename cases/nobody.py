"""Words that name nobody, though they are letters: what is typed where a name is not known. Small on purpose, since many words are real names."""

import re

import names

# As `names.normalise` writes them. « Bébé », « Petit », « Fille » or « Personne » are borne by people, and are not here.
NOBODY = frozenset(
    {"famille", "menage", "groupe", "enfant", "enfants", "inconnu", "inconnue", "anonyme", "sans nom", "nom inconnu", "nouveau ne", "unknown", "desconocido"}
)
ARTICLES = ("une ", "un ", "la ", "le ", "les ", "des ")  # « L’Enfant » is borne
BELONGING = ("famille ", "enfant de ", "enfants de ", "bebe de ", "enfant d ", "bebe d ")  # « famille Kouamé », « bébé de Awa »


def names_nobody(text: str) -> bool:
    """Is this no name of a person, but a word for one or for several?"""
    said = " ".join(names.normalise(re.sub(r"['’ʼ-]", " ", text)).split())
    article = next((word for word in ARTICLES if said.startswith(word)), "")
    bare = said.removeprefix(article)
    return bare in NOBODY or bare.startswith(BELONGING) or (bool(article) and bare == "bebe")
