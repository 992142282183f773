"""What the column `type` says, as pyxform reads it."""

from dataclasses import dataclass

from pyxform import aliases
from pyxform.xls2json import RE_BEGIN_CONTROL, RE_END_CONTROL, RE_SELECT

PLAIN = {"text": "text", "string": "text", "integer": "integer", "int": "integer", "decimal": "decimal", "date": "date", "note": "note"}
# Noted by the telephone itself.
TECHNICAL = frozenset(
    ["start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit", "start-geopoint", "background-audio", "imei"]
)  # fmt: skip
_ONE, _SEVERAL = "select one", "select all that apply"


@dataclass(frozen=True)
class Written:
    """`command`: one of PLAIN, "one", "several", "begin group", "begin repeat", "end group", "end repeat"; empty for what Sira does not
    ask. `list`: of answers; `other`: is an answer in free words added?"""

    command: str
    list: str = ""
    other: bool = False

    @property
    def is_question(self) -> bool:
        return bool(self.command) and not self.command.startswith(("begin", "end"))

    def __bool__(self) -> bool:
        return bool(self.command)


def parsed(text: str) -> Written:
    kind = " ".join(text.split())
    if found := RE_BEGIN_CONTROL.search(kind):
        return Written("begin group" if found["type"] == "group" else "begin repeat")
    if found := RE_END_CONTROL.search(kind):
        return Written("end group" if found["type"] == "group" else "end repeat")
    if found := RE_SELECT.search(kind):
        command = aliases.select[found["select_command"]]
        inside = not found["select_command"].endswith("file") and "${" not in found["list_name"]
        if command in (_ONE, _SEVERAL) and inside:
            return Written("one" if command == _ONE else "several", found["list_name"], found["specify_other"] is not None)
        return Written("")
    return Written(PLAIN.get(kind, ""))
