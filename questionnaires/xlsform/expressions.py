"""Conditions under other names: what a file calls a question or an answer, and what Sira calls it. True for the same answers, or refused."""

from dataclasses import dataclass, field
from itertools import product

from pyxform.parsing.sheet_headers import clean_text_values

from .. import conditions
from ..conditions import And, Compare, Node, Not, Number, Or, Ref, Selected, Truth, Word

MOST_PAIRS = 10_000  # of answers of two questions that are compared with each other
_TURNED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class NotTheSame(ValueError):
    """Under the other names, this condition would be true for other answers."""


def cleaned(text: str) -> str:
    """Curly quotes and spaces of all kinds as pyxform writes them."""
    return clean_text_values(text.replace("\u00a0", " ").replace("\u202f", " "), strip_whitespace=True)


@dataclass
class Answers:
    """`pairs`: {code of a question: [(their answer, ours)]} for those with a list of their own."""

    pairs: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def translated(self, node: Node) -> Node:
        """About answers under our codes. Raises NotTheSame."""
        if isinstance(node, And | Or):
            return type(node)(tuple(self.translated(part) for part in node.parts))
        if isinstance(node, Not):
            return Not(self.translated(node.part))
        if isinstance(node, Selected):
            return self._selected(node)
        if isinstance(node, Compare):
            return self._compared(node)
        return node

    def _selected(self, node: Selected) -> Node:
        pairs = self.pairs.get(node.code)
        if pairs is None:
            return node
        # As ODK does: a name of several words is several answers.
        chosen = [ours for theirs, ours in pairs if f" {node.choice} " in f" {theirs} "]
        if not chosen:
            # None of their answers; ours of that name is another one.
            return Truth(False) if any(ours == node.choice for _theirs, ours in pairs) else node
        parts = tuple(Selected(node.code, _sayable(choice)) for choice in chosen)
        return parts[0] if len(parts) == 1 else Or(parts)

    def _compared(self, node: Compare) -> Node:
        mine = [self.pairs.get(side.code) if isinstance(side, Ref) else None for side in (node.left, node.right)]
        if all(pairs is None or all(theirs == ours for theirs, ours in pairs) for pairs in mine):
            return node
        if isinstance(node.left, Word | Number) and isinstance(node.right, Ref):
            return self._with_constant(node.right, _TURNED[node.operator], node.left)
        if isinstance(node.left, Ref) and isinstance(node.right, Word | Number):
            return self._with_constant(node.left, node.operator, node.right)
        self._same_for_all(node, mine)
        return node

    def _with_constant(self, ref: Ref, operator: str, constant: Word | Number) -> Node:
        """An answer of a list compared with a word or a number: as it is where that is true for the same answers, else by naming them."""
        pairs = [*self.pairs[ref.code], ("", "")]
        true = [_holds(theirs, operator, constant) for theirs, _ours in pairs]
        written: Word | Number = constant
        if isinstance(constant, Word):
            renamed = dict(reversed(pairs))
            written = Word(_sayable(" ".join(renamed.get(word, word) for word in constant.text.split(" "))))
        if [_holds(ours, operator, written) for _theirs, ours in pairs] == true:
            return Compare(ref, operator, written)
        chosen = {ours for (_theirs, ours), is_true in zip(pairs, true, strict=True) if is_true}
        others = {ours for (_theirs, ours), is_true in zip(pairs, true, strict=True) if not is_true}
        if chosen & others:
            raise NotTheSame
        sign, named, kind = ("!=", others, And) if "" in chosen else ("=", chosen, Or)
        parts = tuple(Compare(ref, sign, Word(_sayable(ours))) for ours in sorted(named))
        if not parts:
            return Truth(kind is And)
        return parts[0] if len(parts) == 1 else kind(parts)

    @staticmethod
    def _same_for_all(node: Compare, mine: list[list[tuple[str, str]] | None]) -> None:
        """Two questions compared with each other: where a list is renamed, only if that changes no comparison. Raises NotTheSame."""
        known = [pairs for pairs in mine if pairs is not None]
        if len(known) < 2 or len(known[0]) * len(known[1]) > MOST_PAIRS:
            raise NotTheSame
        for (left, ours_left), (right, ours_right) in product(*known):
            if _holds(left, node.operator, Word(right)) != _holds(ours_left, node.operator, Word(ours_right)):
                raise NotTheSame


def _holds(answer: str, operator: str, constant: Word | Number) -> bool:
    return conditions.evaluate(Compare(Ref("a"), operator, constant), {"a": answer})


def _sayable(text: str) -> str:
    """What a condition can write between quotes. Raises NotTheSame."""
    if "'" in text and '"' in text:
        raise NotTheSame
    return text
