"""One button a page stands out: what is most likely to be done next. All others are ghosts, links, or behind « Plus »."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User

from .walk import PAGES, address, make_objects, viewer

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
QUIET = {"ghost", "link", "danger"}


class StandingOut(HTMLParser):
    """The words of the buttons in `main` that stand out, without those that a fold or a dialog holds back."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.within = 0

    def handle_starttag(self, tag, attrs):
        if tag in VOID:
            return
        self.open.append(tag)
        classes = set((dict(attrs).get("class") or "").split())
        if "main" in self.open and "button" in classes and not QUIET & classes and not {"details", "dialog"} & set(self.open):
            self.words.append("")
            self.within = len(self.open)

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass
            self.within = self.within if len(self.open) >= self.within else 0

    def handle_data(self, data):
        if self.within:
            self.words[-1] += data


def standing_out(page: str) -> list[str]:
    reader = StandingOut()
    reader.feed(page)
    return [" ".join(words.split()) for words in reader.words]


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ('<main><a class="button">Un</a><button class="button ghost">Deux</button></main><a class="button">Trois</a>', ["Un"]),
        ('<main><p>x<br><a class="button small">Un</a></p><form><button class="button">Deux <b>fois</b></button></form></main>', ["Un", "Deux fois"]),
        ('<main><details><summary>Plus</summary><button class="button">Un</button></details></main>', []),
    ],
)
def test_the_reading_itself(page, found):
    assert standing_out(page) == found


def test_one_button_stands_out_on_every_page(db):
    objects, several = make_objects(PAGES), {}
    for name in PAGES:
        client = Client()
        if username := viewer(name):
            client.force_login(User.objects.get(username=username))
        answer = client.get(address(name, objects[name]))
        if answer.status_code != 200 or answer.streaming or "text/html" not in answer.headers["Content-Type"]:
            continue
        if len(found := standing_out(answer.content.decode())) > 1:
            several[name] = found
    assert several == {}


BUTTON = re.compile(r'class="button"[^>]*>{% translate "([^"]+)" %}')
EMPTY = re.compile(r'{% empty_state .*?_\("([^"]+)"\) %}')


def test_an_empty_list_does_not_repeat_the_button_at_the_top():
    """Whatever the data of the walk above: the last words of an empty list are those of its button, if it has one."""
    templates = settings.BASE_DIR / "templates"
    twice = {}
    for path in sorted(templates.rglob("*.html")):
        text = path.read_text()
        if repeated := set(BUTTON.findall(text)) & set(EMPTY.findall(text)):
            twice[str(path.relative_to(templates))] = repeated
    assert twice == {}
    assert EMPTY.findall('{% empty_state _("Rien.") _("Notez.") url=there action=_("Noter") %}') == ["Noter"]
