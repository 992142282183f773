"""When a question is asked: the column `relevant` under our names."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from .. import conditions
from ..models import LONGEST_TEXT
from ..wording import renamed
from .expressions import Answers, NotTheSame, cleaned
from .losses import Kind
from .reading import Refused
from .rows import Row


@dataclass
class Relevance:
    """`names`: {the file's name of a question that is taken: our code}; both grow as the rows are read."""

    names: dict[str, str] = field(default_factory=dict)
    answers: Answers = field(default_factory=Answers)

    def of(self, row: Row) -> str:
        """Under our names. One that Sira can't read stays as the file has it, told, and stands in the way of publishing.

        Raises Refused for one that would mean something else."""
        text = cleaned(row.take("relevant"))
        if not text:
            return ""
        ours = renamed(text, self.names)
        try:
            node = conditions.parse(ours)
        except conditions.ConditionError as error:
            self._unread(row, text, str(error))
            return ours
        unknown = sorted(conditions.references(node) - set(self.names.values()))
        if unknown:
            self._unread(row, text, _("elle parle de « %(name)s », qui n’est pas repris avant elle.") % {"name": unknown[0][:60]})
        try:
            ours = str(self.answers.translated(node))
        except NotTheSame:
            ours = ""
        if not ours or len(ours) > conditions.LONGEST:
            words = _("Ligne %(row)s : la condition « %(condition)s » ne peut pas être écrite avec les codes de Sira. Simplifiez-la, puis réessayez.")
            raise Refused(words % {"row": row.number, "condition": text[:200]})
        return ours

    def _unread(self, row: Row, text: str, why: str) -> None:
        words = _("La condition « %(condition)s » est à réécrire : %(why)s")
        row.lose(words % {"condition": text[:100], "why": why}, Kind.CONDITION, row.column("relevant"))

    def all_of(self, texts: Iterable[str]) -> str:
        """Conditions that must all be true, as one."""
        parts = [text for text in texts if text]
        if len(parts) < 2:
            return "".join(parts)
        try:
            found = str(conditions.And(tuple(conditions.parse(part) for part in parts)))
        except conditions.ConditionError:
            found = " and ".join(f"({part})" for part in parts)
        if len(found) > LONGEST_TEXT:
            raise Refused(_("Les conditions de groupes dans des groupes sont trop longues : « %(condition)s… »") % {"condition": found[:100]})
        return found
