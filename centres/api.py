"""The base class of every API view."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from rest_framework import exceptions, generics, serializers, status
from rest_framework.response import Response

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from config.readable import TextOnlyJSON

from .access import Declaration, find_for
from .api_rules import Conflict, Declared, Pages
from .roles import Right

__all__ = ["Conflict", "Declared", "Pages", "SiraAPIView", "Strict"]


class Strict(serializers.Serializer):
    """What every serializer that reads a body inherits, first: a field that is unknown, or that cannot be written here, is refused in
    words instead of left out without a word. Whoever sends `state` must not believe that it was saved."""

    def to_internal_value(self, data):
        if isinstance(data, Mapping):
            fields = self.fields
            refused = {str(name): [_("Ce champ est inconnu ici : retirez-le.")] for name in data if name not in fields}
            refused |= {name: [_("Ce champ ne se modifie pas ici : retirez-le.")] for name in data if name in fields and fields[name].read_only}
            if refused:
                raise exceptions.ValidationError(refused)
        return super().to_internal_value(data)


class SiraAPIView(generics.GenericAPIView):
    """Base class of every API view. A subclass names `rights` (any one is enough) and, if writing needs others,
    `write_rights`; `read_model` names what the read log says was listed (None: no people in it)."""

    rights: tuple[Right, ...] | str | None = None
    write_rights: tuple[Right, ...] | None = None
    read_model: str | None = None
    permission_classes = (Declared,)
    parser_classes = (TextOnlyJSON,)

    @classmethod
    def declaration(cls) -> Declaration:
        methods = tuple(m.upper() for m in ("get", "post", "put", "patch", "delete") if hasattr(cls, m))
        model = cls.queryset.model if cls.queryset is not None else None
        return Declaration(cls.rights if cls.rights is not None else (), model, methods, cls.write_rights)

    def get_queryset(self):
        return super().get_queryset().visible_to(self.request.user)

    def get_object(self):
        return find_for(self.request.user, super().get_object)

    def log(self, action: ReadLog.Action, keys) -> None:
        if self.read_model:
            log_read(self.request, action, self.read_model, keys)

    def create_once(self, make: Callable[..., tuple[models.Model, bool]], **values: Any) -> Response:
        """What a POST with a client-made id answers: 201 when the service made the record now, 200 when the same body was sent
        before, 409 when the id came with another one."""
        try:
            record, made = make(actor=self.request.user, **values)
        except SameKeyOtherContent as error:
            raise Conflict(_("Cet identifiant a déjà servi pour autre chose.")) from error
        return Response(self.get_serializer(record).data, status=status.HTTP_201_CREATED if made else status.HTTP_200_OK)
