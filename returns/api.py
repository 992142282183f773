"""The API of voluntary returns: list, open, read, and move by one step."""

from typing import Any

from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from audit.acting import Stale
from audit.models import ReadLog
from cases import whereabouts
from cases.api import WhereSerializer
from cases.models import Migrant
from centres.api import Pages, SiraAPIView, Strict
from centres.roles import Right

from . import services
from .forms import FilterForm
from .models import ReturnCase
from .workflow import STEPS, State


class ReturnPages(Pages):
    ordering = ("opened_on", "id")


class VisibleMigrant(serializers.PrimaryKeyRelatedField):
    """A person of the user's scope; anybody else is as absent as one who never was."""

    def get_queryset(self):
        return Migrant.objects.visible_to(self.context["request"].user)


class ReturnCaseSerializer(Strict, serializers.ModelSerializer):
    migrant = VisibleMigrant(queryset=Migrant.objects.all())
    centre = serializers.SlugRelatedField(slug_field="code", read_only=True)
    document = serializers.ChoiceField(choices=ReturnCase.Document.choices, allow_blank=True, read_only=True)
    country_to = serializers.CharField(min_length=2, max_length=2, help_text="ISO 3166-1 alpha-2.")
    whereabouts = serializers.SerializerMethodField(help_text="Where the person is now, as far as you follow them")
    country_from = serializers.CharField(min_length=2, max_length=2, required=False, help_text="ISO 3166-1 alpha-2; ML if not said.")

    minor = serializers.BooleanField(source="of_child", read_only=True)

    class Meta:
        model = ReturnCase
        fields = (
            "id",
            "migrant",
            "centre",
            "whereabouts",
            "state",
            "opened_on",
            "country_from",
            "country_to",
            "place_to",
            "minor",
            "counselled_on",
            "declaration_signed_on",
            "document",
            "document_valid_until",
            "fit_to_travel_on",
            "fit_until",
            "best_interest_on",
            "departed_on",
            "arrived_on",
            "ended_on",
            "end_reason",
            "version",
        )
        validators = ()  # what is there once is for the service to judge: the same case again is no mistake
        read_only_fields = tuple(name for name in fields if name not in ("id", "migrant", "country_from", "country_to", "place_to"))
        extra_kwargs = {"id": {"required": True, "validators": [], "help_text": "Made by the client (UUID): sent twice it is one case."}}

    @extend_schema_field(WhereSerializer)
    def get_whereabouts(self, case: ReturnCase) -> Any:
        return WhereSerializer(whereabouts.where(self.context["request"].user, case.migrant)).data


_STEP_FIELDS = tuple(dict.fromkeys(name for step in STEPS.values() for name in step.fields))


class MoveSerializer(Strict, serializers.ModelSerializer):
    """`to` and what is written down at that step. Without `to`: puts right what was written at the present step."""

    to = serializers.ChoiceField(choices=State.choices, required=False)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=True, help_text="The version you read.")
    country_to = serializers.CharField(min_length=2, max_length=2, required=False)

    class Meta:
        model = ReturnCase
        fields = ("to", "version", *_STEP_FIELDS)
        extra_kwargs = {name: {"required": False} for name in _STEP_FIELDS}


class StaleReturnSerializer(serializers.Serializer):
    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    current = ReturnCaseSerializer(help_text="What is saved now.")


def stale_answer(stale: Stale, current: Any) -> Response:
    """409 with what is saved now, so that the client can show both."""
    body = {"type": "about:blank", "title": str(stale), "status": 409, "detail": str(stale), "current": current}
    return Response(body, status=status.HTTP_409_CONFLICT, content_type="application/problem+json")


_FILTERS = [
    OpenApiParameter("state", OpenApiTypes.STR, description="A state, `all`, or nothing for those in progress.", enum=[*State.values, "all"]),
    OpenApiParameter("centre", OpenApiTypes.STR, description="Code of the centre"),
    OpenApiParameter("country", OpenApiTypes.STR, description="Country of destination, ISO 3166-1 alpha-2"),
]


class ReturnCases(SiraAPIView):
    queryset = ReturnCase.objects.select_related("centre", "migrant")
    serializer_class = ReturnCaseSerializer
    pagination_class = ReturnPages
    rights = (Right.VIEW_CASE, Right.MANAGE_RETURN)
    write_rights = (Right.MANAGE_RETURN,)
    read_model = "returns.returncase"

    @extend_schema(operation_id="return_cases_list", parameters=_FILTERS, responses=ReturnCaseSerializer(many=True))
    def get(self, request: Request) -> Response:
        form = FilterForm(request.query_params, user=request.user)
        if not form.is_valid():
            raise serializers.ValidationError(form.errors)
        chosen = form.chosen
        found = self.get_queryset()
        if "state" not in chosen:
            found = found.open()
        elif chosen["state"] != "all":
            found = found.filter(state=chosen["state"])
        if "centre" in chosen:
            found = found.filter(centre=chosen["centre"])
        if "country" in chosen:
            found = found.filter(country_to=chosen["country"])
        rows = self.paginate_queryset(found)
        self.log(ReadLog.Action.LISTED, [case.pk for case in rows])
        whereabouts.mark(request.user, [case.migrant for case in rows])
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="return_cases_open",
        responses={
            201: ReturnCaseSerializer,
            200: OpenApiResponse(ReturnCaseSerializer, description="Sent before: the same case."),
            409: OpenApiResponse(description="The id was used for something else."),
        },
    )
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.create_once(services.open_return, **serializer.validated_data)


class OneReturnCase(SiraAPIView):
    queryset = ReturnCase.objects.select_related("centre", "migrant")
    serializer_class = ReturnCaseSerializer
    rights = (Right.VIEW_CASE, Right.MANAGE_RETURN)
    write_rights = (Right.MANAGE_RETURN,)
    read_model = "returns.returncase"

    @extend_schema(operation_id="return_cases_read")
    def get(self, request: Request, pk: Any) -> Response:
        case = self.get_object()
        self.log(ReadLog.Action.OPENED, [case.pk])
        return Response(self.get_serializer(case).data)

    @extend_schema(operation_id="return_cases_move", request=MoveSerializer, responses={200: ReturnCaseSerializer, 409: StaleReturnSerializer})
    def patch(self, request: Request, pk: Any) -> Response:
        case = self.get_object()
        serializer = MoveSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = dict(serializer.validated_data)
        version, to = fields.pop("version"), fields.pop("to", None)
        try:
            if to is None:
                case = services.correct(actor=request.user, case=case, version=version, **fields)
            else:
                case = services.move(actor=request.user, case=case, to=to, version=version, **fields)
        except Stale as stale:
            return stale_answer(stale, self.get_serializer(stale.current).data)
        return Response(self.get_serializer(case).data)


urlpatterns = [
    path("return-cases/", ReturnCases.as_view(), name="api-return-cases"),
    path("return-cases/<uuid:pk>/", OneReturnCase.as_view(), name="api-return-case"),
]
