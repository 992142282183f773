"""The base class of every API view."""

from rest_framework import exceptions, generics
from rest_framework.parsers import JSONParser

from audit.models import ReadLog
from audit.services import log_read

from .access import Declaration
from .api_rules import Conflict, Declared, Pages
from .roles import Right

__all__ = ["Conflict", "Declared", "Pages", "SiraAPIView"]


class ShallowJSONParser(JSONParser):
    """Answers 400, not 500, to JSON nested so deep that reading it ends in a RecursionError."""

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError from error


class SiraAPIView(generics.GenericAPIView):
    """Base class of every API view. A subclass names `rights` (any one is enough) and, if writing needs others,
    `write_rights`; `read_model` names what the read log says was listed (None: no people in it)."""

    rights: tuple[Right, ...] | str | None = None
    write_rights: tuple[Right, ...] | None = None
    read_model: str | None = None
    permission_classes = (Declared,)
    parser_classes = (ShallowJSONParser,)

    @classmethod
    def declaration(cls) -> Declaration:
        methods = tuple(m.upper() for m in ("get", "post", "put", "patch", "delete") if hasattr(cls, m))
        model = cls.queryset.model if cls.queryset is not None else None
        return Declaration(cls.rights if cls.rights is not None else (), model, methods, cls.write_rights)

    def get_queryset(self):
        return super().get_queryset().visible_to(self.request.user)

    def log(self, action: ReadLog.Action, keys) -> None:
        if self.read_model:
            log_read(self.request, action, self.read_model, keys)
