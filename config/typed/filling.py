"""A page as the server made it, with one of its forms filled in as somebody had typed it.

The page is read tag by tag and written as it was, but for the values of that form: it works for every form, whoever wrote its view, and
without a script in the browser."""

from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from .keeping import typed_names

Fields = dict[str, list[str]]
_NOT_TYPED = frozenset({"submit", "button", "reset", "image"})
_NOT_FILLED = frozenset({"file", "password"})


class _Reader(HTMLParser):
    """Knows which form of the page a tag belongs to."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=False)
        self.page = page
        self.form = -1
        self.forms = 0
        self.posts: dict[int, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = self.forms
            self.forms += 1
            if said.get("method", "").lower() == "post":
                self.posts[self.form] = urlsplit(urljoin(self.page, said.get("action", ""))).path
        self.opened(tag, said)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.closed(tag)
        if tag == "form":
            self.form = -1

    def opened(self, tag: str, said: dict[str, str]) -> None: ...

    def closed(self, tag: str) -> None: ...


class _Choice(_Reader):
    """Which form it was: of those sent to that address the one that has most of the fields, and the same hidden values."""

    def __init__(self, page: str, path: str, fields: Fields) -> None:
        super().__init__(page)
        self.path, self.fields = path, fields
        self.likeness: dict[int, int] = {}
        self.buttons: set[str] = set()

    def opened(self, tag: str, said: dict[str, str]) -> None:
        name = said.get("name", "")
        if tag == "button" or (tag == "input" and said.get("type") in _NOT_TYPED):
            self.buttons.add(name)
        elif tag in ("input", "select", "textarea") and self.posts.get(self.form) == self.path and name in self.fields:
            same = said.get("type") == "hidden" and said.get("value") in self.fields[name]
            self.likeness[self.form] = self.likeness.get(self.form, 0) + (3 if same else 1)

    @property
    def best(self) -> int | None:
        return max(self.likeness, key=lambda form: self.likeness[form], default=None)


class _Writer(_Reader):
    def __init__(self, page: str, form: int | None, fields: Fields) -> None:
        super().__init__(page)
        self.wanted, self.fields = form, {name: list(values) for name, values in fields.items()}
        self.out: list[str] = []
        self.at = -1  # where in `out` the notice stands
        self.skipping = ""  # inside a textarea: what the server had put there
        self.select: str | None = None
        self.placed: set[str] = set()

    def _raw(self) -> str:
        return self.get_starttag_text() or ""

    def opened(self, tag: str, said: dict[str, str]) -> None:
        raw, name = self._raw(), said.get("name", "")
        mine = self.wanted is not None and self.form == self.wanted
        if tag == "input" and mine and name in self.fields and said.get("type") not in (*_NOT_TYPED, *_NOT_FILLED):
            raw = self._input(said, name)
        elif tag == "input" and mine and said.get("type") in ("checkbox", "radio") and name in typed_names([name]):
            raw = _tag(tag, {key: value for key, value in said.items() if key != "checked"})  # not ticked: it was not sent
        elif tag == "select" and mine:
            self.select = name if name in self.fields else None
            self.placed.add(name)
        elif tag == "option" and mine and self.select is not None:
            rest = {key: value for key, value in said.items() if key != "selected"}
            chosen = "value" in said and said["value"] in self.fields[self.select]
            raw = _tag(tag, {**rest, "selected": ""} if chosen else rest)
        self.out.append(raw)
        if tag == "textarea" and mine and self.fields.get(name):
            self.placed.add(name)
            # the first line break after the tag is not part of the text
            self.out.append("\n" + escape(self.fields[name].pop(0), quote=False))
            self.skipping = tag
        if (tag == "form" and mine) or (tag == "main" and self.wanted is None):
            self.at = len(self.out)

    def _input(self, said: dict[str, str], name: str) -> str:
        self.placed.add(name)
        rest = dict(said)
        if said.get("type") in ("checkbox", "radio"):
            rest.pop("checked", None)
            if said.get("value", "on") in self.fields[name]:
                rest["checked"] = ""
        elif self.fields[name]:
            rest["value"] = self.fields[name].pop(0)
        return _tag("input", rest)

    def closed(self, tag: str) -> None:
        if tag == self.skipping:
            self.skipping = ""
        if tag == "select":
            self.select = None
        self._write(f"</{tag}>")

    def _write(self, text: str) -> None:
        if not self.skipping:
            self.out.append(text)

    def handle_data(self, data: str) -> None:
        self._write(data)

    def handle_entityref(self, name: str) -> None:
        self._write(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._write(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self._write(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self._write(f"<!{decl}>")


def _tag(tag: str, said: dict[str, str]) -> str:
    return " ".join([f"<{tag}", *(f'{name}="{escape(value)}"' for name, value in said.items())]) + ">"


class Filled:
    """`html` with the form filled in; `place` puts a notice into it. `lost`: what had no field to go to."""

    def __init__(self, html: str, *, page: str, path: str, fields: Fields) -> None:
        choice = _Choice(page, path, fields)
        choice.feed(html)
        choice.close()
        self._writer = _Writer(page, choice.best, fields)
        self._writer.feed(html)
        self._writer.close()
        self.found = choice.best is not None
        nowhere = set(fields) - self._writer.placed - choice.buttons
        self.lost = [value for name in fields if name in nowhere for value in fields[name] if value.strip()]

    def place(self, notice: str) -> str:
        out, at = self._writer.out, self._writer.at
        return "".join([*out[:at], notice, *out[at:]]) if at >= 0 else "".join(out)
