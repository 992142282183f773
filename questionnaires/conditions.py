"""When a question is asked: a small language, a part of what XLSForm writes in its column `relevant`.

    ${code} = 'word'    ${code} != 'word'    ${code} >= 18    selected(${code}, 'word')    count-selected(${code}) > 1
    … and …    … or …    not(…)    (…)    true()    false()

Own parser, no `eval`. Meaning as in XPath, so that a form from KoboToolbox or ODK asks the same here: a question without an answer
is the empty text; compared as a number it is no number, so that every comparison but `!=` is false. Words are also compared by
`<` and `>` when they are days (ISO 8601). Pure functions, no database."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

# An answer: a text, a number, the chosen codes, or nothing.
Value = str | int | float | Decimal | list[str] | tuple[str, ...] | None

LONGEST = 1000  # characters of a condition
DEEPEST = 20  # brackets within brackets

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<ref>\$\{\s*[A-Za-z_][\w.-]*\s*\})
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<number>\d+(?:\.\d+)?|\.\d+)
    |(?P<op><=|>=|!=|=|<|>|\(|\)|,|-)
    |(?P<self>\.)
    |(?P<name>[A-Za-z][A-Za-z-]*)
    )""",
    re.VERBOSE | re.ASCII,
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
SELF = "."  # the question's own answer, in a constraint


class ConditionError(ValueError):
    """The condition can't be read. `position`: where, from 0."""

    def __init__(self, words: str, position: int):
        self.position = position
        super().__init__(words)


@dataclass(frozen=True)
class Ref:
    code: str

    def __str__(self) -> str:
        return SELF if self.code == SELF else f"${{{self.code}}}"


@dataclass(frozen=True)
class Word:
    text: str

    def __str__(self) -> str:
        return f"'{self.text}'" if "'" not in self.text else f'"{self.text}"'


@dataclass(frozen=True)
class Number:
    value: Decimal

    def __str__(self) -> str:
        return f"{self.value:f}"


@dataclass(frozen=True)
class Count:
    """How many choices of a question are given."""

    code: str

    def __str__(self) -> str:
        return f"count-selected({Ref(self.code)})"


@dataclass(frozen=True)
class Selected:
    code: str
    choice: str

    def __str__(self) -> str:
        return f"selected({Ref(self.code)}, {Word(self.choice)})"


@dataclass(frozen=True)
class Truth:
    value: bool

    def __str__(self) -> str:
        return "true()" if self.value else "false()"


Operand = Ref | Word | Number | Count


@dataclass(frozen=True)
class Compare:
    left: Operand
    operator: str
    right: Operand

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


@dataclass(frozen=True)
class Not:
    part: "Node"

    def __str__(self) -> str:
        return f"not({self.part})"


@dataclass(frozen=True)
class And:
    parts: "tuple[Node, ...]"

    def __str__(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, And | Or) else str(part) for part in self.parts)


@dataclass(frozen=True)
class Or:
    parts: "tuple[Node, ...]"

    def __str__(self) -> str:
        return " or ".join(f"({part})" if isinstance(part, And | Or) else str(part) for part in self.parts)


Node = Compare | Selected | Truth | Not | And | Or


# --- reading -------------------------------------------------------------------------------------------------------


def parse(text: str) -> Node:
    """The condition as a tree; `str()` of the tree is a condition that is read as the same tree. Raises ConditionError, in words."""
    if len(text) > LONGEST:
        raise ConditionError(_("La condition est trop longue : %(n)s caractères au plus.") % {"n": LONGEST}, LONGEST)
    return _Reader(text).whole()


class _Reader:
    def __init__(self, text: str):
        self.tokens = list(self._cut(text))
        self.at = 0
        self.depth = 0

    @staticmethod
    def _cut(text: str) -> Iterator[tuple[str, str, int]]:
        position, end = 0, len(text.rstrip())
        while position < end:
            found = _TOKEN.match(text, position)
            if found is None or found.end() == position or found.lastgroup is None:
                place = position + len(text[position:]) - len(text[position:].lstrip())
                raise ConditionError(_("La condition contient un signe inattendu : « %(sign)s ».") % {"sign": text[place : place + 10]}, place)
            yield found.lastgroup, found.group(found.lastgroup), found.start(found.lastgroup)
            position = found.end()
        yield "end", "", end

    def look(self, text: str) -> bool:
        kind, value, _position = self.tokens[self.at]
        return kind in ("op", "name") and value == text

    def take(self, text: str) -> None:
        if not self.look(text):
            self.fail(_("Il manque « %(sign)s » dans la condition.") % {"sign": text})
        self.at += 1

    def fail(self, words: str) -> None:
        raise ConditionError(words, self.tokens[self.at][2])

    def whole(self) -> Node:
        node = self.either()
        if self.tokens[self.at][0] != "end":
            self.fail(_("La condition ne se termine pas là où elle devrait : « %(rest)s » est de trop.") % {"rest": self.tokens[self.at][1]})
        return node

    def either(self) -> Node:
        return self.chain("or", self.both, Or)

    def both(self) -> Node:
        return self.chain("and", self.one, And)

    def chain(self, word: str, part: Callable[[], Node], kind: type[And] | type[Or]) -> Node:
        parts = [part()]
        while self.look(word):
            self.at += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else kind(tuple(parts))

    def one(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(_("La condition contient trop de parenthèses."))
        node = self.bracketed()
        self.depth -= 1
        return node

    def bracketed(self) -> Node:
        kind, value, _position = self.tokens[self.at]
        if self.look("("):
            self.at += 1
            node = self.either()
            self.take(")")
            return node
        if kind == "name" and value in ("not", "true", "false", "selected"):
            self.at += 1
            self.take("(")
            if value == "not":
                inner: Node = Not(self.either())
            elif value == "selected":
                code = self.reference()
                self.take(",")
                inner = Selected(code, self.word())
            else:
                inner = Truth(value == "true")
            self.take(")")
            return inner
        left = self.operand()
        kind, operator, _position = self.tokens[self.at]
        if kind != "op" or operator not in ("=", "!=", "<", "<=", ">", ">="):
            self.fail(_("Après « %(left)s », écrivez une comparaison : =, !=, <, <=, > ou >=.") % {"left": left})
        self.at += 1
        return Compare(left, operator, self.operand())

    def operand(self) -> Operand:
        kind, value, _position = self.tokens[self.at]
        if kind == "name" and value == "count-selected":
            self.at += 1
            self.take("(")
            code = self.reference()
            self.take(")")
            return Count(code)
        if kind == "text":
            return Word(self.word())
        if kind in ("number", "op") and (kind == "number" or value == "-"):
            sign = ""
            if value == "-":
                self.at += 1
                sign = "-"
                kind, value, _position = self.tokens[self.at]
                if kind != "number":
                    self.fail(_("Après « - », écrivez un nombre."))
            self.at += 1
            return Number(Decimal(sign + value))
        return Ref(self.reference())

    def reference(self) -> str:
        kind, value, _position = self.tokens[self.at]
        if kind == "self":
            self.at += 1
            return SELF
        if kind == "name":
            self.fail(_("Sira ne connaît pas « %(name)s ».") % {"name": value})
        if kind != "ref":
            self.fail(_("Une condition parle d’une question par son code, ainsi : ${code}."))
        self.at += 1
        return value[2:-1].strip()

    def word(self) -> str:
        kind, value, _position = self.tokens[self.at]
        if kind != "text":
            self.fail(_("Écrivez la réponse attendue entre apostrophes, ainsi : 'code'."))
        self.at += 1
        return value[1:-1]


# --- meaning -------------------------------------------------------------------------------------------------------


def evaluate(node: Node, answers: Mapping[str, Value]) -> bool:
    """Is the condition true for these answers? Never raises, whatever the answers are."""
    if isinstance(node, Truth):
        return node.value
    if isinstance(node, And):
        return all(evaluate(part, answers) for part in node.parts)
    if isinstance(node, Or):
        return any(evaluate(part, answers) for part in node.parts)
    if isinstance(node, Not):
        return not evaluate(node.part, answers)
    if isinstance(node, Selected):
        chosen = _chosen(answers.get(node.code))
        return node.choice in chosen if node.choice else not chosen  # nothing is chosen where nothing is answered
    return _compare(_value(node.left, answers), node.operator, _value(node.right, answers))


def _chosen(value: Value) -> list[str]:
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return str(value).split() if value is not None else []


def _value(operand: Operand, answers: Mapping[str, Value]) -> str | Decimal:
    if isinstance(operand, Number):
        return operand.value
    if isinstance(operand, Word):
        return operand.text
    value = answers.get(operand.code)
    if isinstance(operand, Count):
        return Decimal(len(_chosen(value)))
    if isinstance(value, list | tuple):
        return " ".join(str(one) for one in value)
    return "" if value is None else str(value)


def _number(value: str | Decimal) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _compare(left: str | Decimal, operator: str, right: str | Decimal) -> bool:
    if operator in ("=", "!="):
        if isinstance(left, str) and isinstance(right, str):
            same = left == right
        else:
            one, other = _number(left), _number(right)
            same = one is not None and one == other
        return same if operator == "=" else not same
    if isinstance(left, str) and isinstance(right, str) and _DAY.fullmatch(left) and _DAY.fullmatch(right):
        return _ordered(left, operator, right)
    one, other = _number(left), _number(right)
    return one is not None and other is not None and _ordered(one, operator, other)


def _ordered(left: "str | Decimal", operator: str, right: "str | Decimal") -> bool:
    compared = (left > right) - (left < right)  # type: ignore[operator]
    return {"<": compared < 0, "<=": compared <= 0, ">": compared > 0, ">=": compared >= 0}[operator]


# --- what it speaks of ---------------------------------------------------------------------------------------------


def references(node: Node) -> set[str]:
    """Codes of the questions it depends on."""
    if isinstance(node, And | Or):
        return set().union(*(references(part) for part in node.parts))
    if isinstance(node, Not):
        return references(node.part)
    if isinstance(node, Selected):
        return {node.code}
    if isinstance(node, Compare):
        return {side.code for side in (node.left, node.right) if isinstance(side, Ref | Count)}
    return set()


def choices_named(node: Node) -> set[tuple[str, str | Decimal]]:
    """(question, choice) for each choice that it compares with; a number as one."""
    if isinstance(node, And | Or):
        return set().union(*(choices_named(part) for part in node.parts))
    if isinstance(node, Not):
        return choices_named(node.part)
    if isinstance(node, Selected):
        return {(node.code, node.choice)} if node.choice else set()
    if isinstance(node, Compare):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(one, Ref) and isinstance(other, Word) and other.text:
                return {(one.code, other.text)}
            if isinstance(one, Ref) and isinstance(other, Number) and node.operator in ("=", "!="):
                return {(one.code, other.value)}
    return set()


def any_of(node: Node) -> tuple[str, tuple[str, ...]] | None:
    """(question, choices) if the condition is that one of these choices of one question is given; None for any other."""
    parts = node.parts if isinstance(node, Or) else (node,)
    found: list[tuple[str, str]] = []
    for part in parts:
        if isinstance(part, Selected) and part.choice:
            found.append((part.code, part.choice))
        elif isinstance(part, Compare) and part.operator == "=" and isinstance(part.left, Ref) and isinstance(part.right, Word) and part.right.text:
            found.append((part.left.code, part.right.text))
        else:
            return None
    return (found[0][0], tuple(choice for _code, choice in found)) if len({code for code, _choice in found}) == 1 else None


def limits(node: Node) -> tuple[Decimal | None, Decimal | None] | None:
    """(least, most) if the constraint is `. >= a`, `. <= b` or both; None for any other."""
    least = most = None
    for part in node.parts if isinstance(node, And) else (node,):
        if not isinstance(part, Compare) or part.left != Ref(SELF) or not isinstance(part.right, Number):
            return None
        if part.operator == ">=" and least is None:
            least = part.right.value
        elif part.operator == "<=" and most is None:
            most = part.right.value
        else:
            return None
    return least, most


def in_words(node: Node, label: Callable[[str], str], choice: Callable[[str, str], str]) -> str:
    """The condition in plain words. `label(code)` names a question, `choice(code, value)` one of its answers."""
    if isinstance(node, Truth):
        return _("toujours") if node.value else _("jamais")
    if isinstance(node, And | Or):
        glue = _(" et ") if isinstance(node, And) else _(" ou ")
        return glue.join(f"({in_words(part, label, choice)})" if isinstance(part, And | Or) else in_words(part, label, choice) for part in node.parts)
    if isinstance(node, Not):
        return _("sauf si %(condition)s") % {"condition": in_words(node.part, label, choice)}
    if isinstance(node, Selected):
        answer = choice(node.code, node.choice) if node.choice else _("sans réponse")
        return _("« %(question)s » : %(answer)s") % {"question": label(node.code), "answer": answer}
    other = node.left.code if isinstance(node.left, Ref) else ""

    def said(side: Operand) -> str:
        if isinstance(side, Ref):
            return _("« %(question)s »") % {"question": label(side.code)}
        if isinstance(side, Count):
            return _("nombre de réponses à « %(question)s »") % {"question": label(side.code)}
        return (choice(other, side.text) if side.text else _("sans réponse")) if isinstance(side, Word) else str(side)

    if node.operator == "=" and isinstance(node.left, Ref):
        return _("%(question)s : %(answer)s") % {"question": said(node.left), "answer": said(node.right)}
    sign = {"=": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}[node.operator]
    return f"{said(node.left)} {sign} {said(node.right)}"


def rewrite(node: Node, code: Callable[[str], str], choice: Callable[[str, str], str]) -> Node:
    """The same condition about questions and answers under other codes."""

    def side(operand: Operand, other: Operand) -> Operand:
        if isinstance(operand, Ref):
            return Ref(code(operand.code))
        if isinstance(operand, Count):
            return Count(code(operand.code))
        if isinstance(operand, Word) and operand.text and isinstance(other, Ref):
            return Word(choice(other.code, operand.text))
        return operand

    if isinstance(node, And | Or):
        return type(node)(tuple(rewrite(part, code, choice) for part in node.parts))
    if isinstance(node, Not):
        return Not(rewrite(node.part, code, choice))
    if isinstance(node, Selected):
        return Selected(code(node.code), choice(node.code, node.choice))
    if isinstance(node, Compare):
        return Compare(side(node.left, node.right), node.operator, side(node.right, node.left))
    return node
