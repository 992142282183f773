"""What is no text is refused at the door, once for every address: NUL and halves of characters, which neither the database nor a file
could keep."""

from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


def is_text(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates
        return False
    return True


def is_all_text(value: Any) -> bool:
    """Of what JSON holds: every text in it, however deep, and the names of its fields."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if not is_text(one):
                return False
        elif isinstance(one, dict):
            waiting.extend(one.keys())
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return True


class TextOnlyJSON(JSONParser):
    """JSON as it is read everywhere in the API."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("Le corps de la demande est imbriqué trop profondément.")) from error
        if not is_all_text(data):
            raise ParseError(_("Le corps de la demande contient un caractère qui n’est pas du texte."))
        return data


def _readable_bytes(raw: bytes) -> bool:
    try:
        return is_text(raw.decode())
    except UnicodeDecodeError:
        return False


def _readable_form(sent: QueryDict) -> bool:
    return all(is_text(name) and all(is_text(value) for value in values) for name, values in sent.lists())


class Readable:
    """Answers 400 where the address, its question, a cookie or a field of a form holds what is no text."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        if not self._is_readable(request):
            raise BadRequest("what was sent is no text")
        return self.get_response(request)

    def _is_readable(self, request: HttpRequest) -> bool:
        # As it came, because Django puts a sign of its own in the place of broken ones; and as it is read, whatever the charset said.
        question = unquote_to_bytes(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"))
        if not (is_text(request.path_info) and _readable_bytes(question) and _readable_form(request.GET)):
            return False
        if not all(is_text(text) for pair in request.COOKIES.items() for text in pair):
            return False
        if request.method != "POST" or request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
            return True
        if request.path_info.startswith("/api/"):  # it reads JSON alone, and reads it itself
            return True
        try:
            return _readable_form(request.POST) and all(is_text(file.name or "") for files in request.FILES.lists() for file in files[1])
        except UnreadablePostError:  # whoever sent it has gone
            return True
