"""The API of stays and of assistance."""

import uuid
from typing import Any

from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Organisation
from audit.acting import Stale
from audit.models import ReadLog
from cases.models import Migrant
from centres.api import Conflict, Pages, SiraAPIView, Strict
from centres.models import Bed, Centre, Service
from centres.roles import Right

from . import services
from .models import Assistance, BedAssignment, Stay


class _OnesPeople(serializers.PrimaryKeyRelatedField):
    """A person in the user's scope; another one is as absent as one that never was."""

    def get_queryset(self):
        return Migrant.objects.visible_to(self.context["request"].user)


class StaySerializer(Strict, serializers.ModelSerializer):
    id = serializers.UUIDField(help_text="Made by the client: sent twice it is one stay.")
    migrant = _OnesPeople(queryset=Migrant.objects.all(), pk_field=serializers.UUIDField())
    centre = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all(), help_text="Code of the centre")
    came_from = serializers.CharField(max_length=2, allow_blank=True, required=False, help_text="ISO 3166-1 alpha-2")
    arrived_at = serializers.DateTimeField(required=False, help_text="Now, if it is left out")
    bed = serializers.PrimaryKeyRelatedField(queryset=Bed.objects.all(), required=False, allow_null=True, write_only=True, help_text="Where the person sleeps at first")
    bed_now = serializers.SerializerMethodField(help_text="Key of the bed the person has now")

    departure_reason = serializers.ChoiceField(choices=Stay.DepartureReason.choices, allow_blank=True, read_only=True)

    class Meta:
        model = Stay
        fields = ("id", "migrant", "centre", "arrived_at", "origin", "came_from", "bed", "bed_now", "departed_at", "departure_reason", "version")
        read_only_fields = ("departed_at", "departure_reason", "version")

    def get_bed_now(self, stay: Stay) -> int | None:
        if hasattr(stay, "bed_id"):
            return stay.bed_id
        return BedAssignment.objects.filter(stay=stay, until__isnull=True).values_list("bed_id", flat=True).first()


class DepartureSerializer(Strict):
    """The departure of a person. `version`: the one you read; an older one answers 409."""

    departure_reason = serializers.ChoiceField(choices=Stay.DepartureReason.choices)
    departed_at = serializers.DateTimeField(required=False, help_text="Now, if it is left out")
    transfer_to = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all(), required=False, help_text="The receiving centre, of a transfer only")
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class AssistanceSerializer(Strict, serializers.ModelSerializer):
    id = serializers.UUIDField(help_text="Made by the client: sent twice it is one line.")
    migrant = _OnesPeople(queryset=Migrant.objects.all(), pk_field=serializers.UUIDField())
    centre = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all(), help_text="Code of the centre")
    service = serializers.SlugRelatedField(slug_field="code", queryset=Service.objects.all(), help_text="Code of the service")
    given_on = serializers.DateField(required=False, help_text="Today, if it is left out")
    quantity = serializers.IntegerField(min_value=1, max_value=services.MOST_AT_ONCE, required=False, default=1)
    provider = serializers.SlugRelatedField(
        slug_field="code",
        queryset=Organisation.objects.all(),
        required=False,
        allow_null=True,
        help_text="Code of the organisation; the usual one there, if it is left out",
    )
    cost = serializers.IntegerField(min_value=0, max_value=services.MOST_COST, required=False, allow_null=True, help_text="XOF")

    class Meta:
        model = Assistance
        fields = ("id", "migrant", "centre", "service", "given_on", "quantity", "unit", "provider", "cost", "recorded_at")
        read_only_fields = ("unit", "recorded_at")
        validators: list[Any] = []  # the service answers, so that the same body twice is one line


class StayQuery(serializers.Serializer):
    centre = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all(), required=False)
    migrant = serializers.UUIDField(required=False)
    open = serializers.BooleanField(required=False, allow_null=True, default=None)


class AssistanceQuery(serializers.Serializer):
    centre = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all(), required=False)
    migrant = serializers.UUIDField(required=False)
    given_on = serializers.DateField(required=False)


def _asked(query: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    given = query(data={name: value for name, value in request.query_params.items() if name in query().fields and value})
    given.is_valid(raise_exception=True)
    return {name: value for name, value in given.validated_data.items() if value is not None}


_CENTRE = OpenApiParameter("centre", OpenApiTypes.STR, description="Code of the centre")
_MIGRANT = OpenApiParameter("migrant", OpenApiTypes.UUID, description="One person")


class StayPages(Pages):
    ordering = ("-arrived_at", "-id")


class Stays(SiraAPIView):
    queryset = Stay.objects.with_bed().select_related("centre")
    serializer_class = StaySerializer
    pagination_class = StayPages
    rights = (Right.VIEW_CASE,)
    write_rights = (Right.RECEIVE,)
    read_model = "cases.migrant"

    @extend_schema(
        operation_id="stays_list",
        parameters=[_CENTRE, _MIGRANT, OpenApiParameter("open", OpenApiTypes.BOOL, description="Only those that go on, or only those that ended")],
        responses=StaySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = _asked(StayQuery, request)
        if "open" in asked:
            asked["departed_at__isnull"] = asked.pop("open")
        page = self.paginate_queryset(self.get_queryset().filter(**asked))
        self.log(ReadLog.Action.LISTED, [stay.migrant_id for stay in page])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(operation_id="stays_create", responses={201: StaySerializer, 200: StaySerializer})
    def post(self, request: Request) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.create_once(services.check_in, **given.validated_data)


class OneStay(SiraAPIView):
    queryset = Stay.objects.with_bed().select_related("centre", "migrant")
    serializer_class = StaySerializer
    rights = (Right.VIEW_CASE,)
    write_rights = (Right.RECEIVE,)
    read_model = "cases.migrant"

    @extend_schema(operation_id="stays_retrieve", responses=StaySerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        stay = self.get_object()
        self.log(ReadLog.Action.OPENED, [stay.migrant_id])
        return Response(self.get_serializer(stay).data)

    @extend_schema(operation_id="stays_depart", request=DepartureSerializer, responses=StaySerializer)
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """Notes the departure."""
        stay = self.get_object()
        given = DepartureSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        departure = dict(given.validated_data)
        try:
            stay = services.check_out(actor=request.user, stay=stay, reason=departure.pop("departure_reason"), **departure)
        except Stale as stale:
            raise Conflict(_("Ce séjour a été modifié entre-temps ; il en est à la version %(version)s.") % {"version": stale.current.version}) from stale
        except services.AlreadyLeft as error:
            raise Conflict(" ".join(error.messages)) from error
        return Response(self.get_serializer(stay).data)


class AssistanceLines(SiraAPIView):
    queryset = Assistance.objects.select_related("centre", "service", "provider")
    serializer_class = AssistanceSerializer
    rights = (Right.VIEW_CASE,)
    write_rights = (Right.RECEIVE, Right.VIEW_HEALTH, Right.VIEW_PROTECTION)  # which of them counts, the service says (rules.may_give)
    read_model = "cases.migrant"

    @extend_schema(
        operation_id="assistance_list",
        parameters=[_CENTRE, _MIGRANT, OpenApiParameter("given_on", OpenApiTypes.DATE, description="One day")],
        responses=AssistanceSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset().filter(**_asked(AssistanceQuery, request)))
        self.log(ReadLog.Action.LISTED, sorted({line.migrant_id for line in page}))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(operation_id="assistance_create", responses={201: AssistanceSerializer, 200: AssistanceSerializer})
    def post(self, request: Request) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.create_once(services.record_assistance, **given.validated_data)


class OneAssistance(SiraAPIView):
    queryset = Assistance.objects.select_related("centre", "service", "provider", "migrant")
    serializer_class = AssistanceSerializer
    rights = (Right.VIEW_CASE,)
    read_model = "cases.migrant"

    @extend_schema(operation_id="assistance_retrieve", responses=AssistanceSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        line = self.get_object()
        self.log(ReadLog.Action.OPENED, [line.migrant_id])
        return Response(self.get_serializer(line).data)


urlpatterns = [
    path("stays/", Stays.as_view(), name="api-stays"),
    path("stays/<uuid:pk>/", OneStay.as_view(), name="api-stay"),
    path("assistance/", AssistanceLines.as_view(), name="api-assistance"),
    path("assistance/<uuid:pk>/", OneAssistance.as_view(), name="api-assistance-line"),
]
