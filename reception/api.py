"""The API of stays and of assistance."""

import uuid
from typing import Any

from django.db.models import Q
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Organisation
from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from cases import whereabouts
from cases.api import WhereSerializer
from cases.models import Migrant
from centres.api import Conflict, Pages, SiraAPIView, Strict
from centres.models import Bed, Centre, Service
from centres.roles import Right

from . import services
from .models import Assistance, Stay, Transfer
from .workflow import State


class OnesPeople(serializers.PrimaryKeyRelatedField):
    """A person in the user's scope; another one is as absent as one that never was."""

    def get_queryset(self):
        return Migrant.objects.visible_to(self.context["request"].user)


class StaySerializer(Strict, serializers.ModelSerializer):
    id = serializers.UUIDField(help_text="Made by the client: sent twice it is one stay.")
    migrant = OnesPeople(queryset=Migrant.objects.all(), pk_field=serializers.UUIDField())
    centre = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all(), help_text="Code of the centre")
    came_from = serializers.CharField(max_length=2, allow_blank=True, required=False, help_text="ISO 3166-1 alpha-2")
    arrived_at = serializers.DateTimeField(required=False, help_text="Now, if it is left out")
    bed = serializers.PrimaryKeyRelatedField(queryset=Bed.objects.all(), required=False, allow_null=True, write_only=True, help_text="Where the person sleeps at first")
    bed_reason = serializers.CharField(max_length=200, required=False, write_only=True, help_text="Why this bed, where the rule proposes a better one")
    bed_now = serializers.SerializerMethodField(help_text="Key of the bed the person has now")
    whereabouts = serializers.SerializerMethodField(help_text="Where the person is now, as far as you follow them")

    departure_reason = serializers.ChoiceField(choices=Stay.DepartureReason.choices, allow_blank=True, read_only=True)

    class Meta:
        model = Stay
        fields = (
            "id",
            "migrant",
            "centre",
            "arrived_at",
            "origin",
            "came_from",
            "bed",
            "bed_reason",
            "bed_now",
            "planned_until",
            "departed_at",
            "departure_reason",
            "whereabouts",
            "version",
        )
        read_only_fields = ("planned_until", "departed_at", "departure_reason", "version")

    @extend_schema_field(WhereSerializer)
    def get_whereabouts(self, stay: Stay) -> Any:
        return WhereSerializer(whereabouts.where(self.context["request"].user, stay.migrant)).data

    def get_bed_now(self, stay: Stay) -> int | None:
        if hasattr(stay, "bed_id"):
            return stay.bed_id
        return Stay.objects.filter(pk=stay.pk).with_bed().values_list("bed_id", flat=True).first()


class DepartureSerializer(Strict):
    """The departure of a person. `version`: the one you read; an older one answers 409."""

    departure_reason = serializers.ChoiceField(choices=Stay.DepartureReason.choices)
    departed_at = serializers.DateTimeField(required=False, help_text="Now, if it is left out")
    transfer_to = serializers.SlugRelatedField(
        slug_field="code", queryset=Centre.objects.all(), required=False, help_text="Of a transfer only, which that centre has accepted before"
    )
    keep_bed_until = serializers.DateField(required=False, help_text="Of somebody in hospital: nobody else is laid in their bed up to that day")
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class AssistanceSerializer(Strict, serializers.ModelSerializer):
    id = serializers.UUIDField(help_text="Made by the client: sent twice it is one line.")
    migrant = OnesPeople(queryset=Migrant.objects.all(), pk_field=serializers.UUIDField())
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


def asked_in(query: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    given = query(data={name: value for name, value in request.query_params.items() if name in query().fields and value})
    given.is_valid(raise_exception=True)
    return {name: value for name, value in given.validated_data.items() if value is not None}


CENTRE = OpenApiParameter("centre", OpenApiTypes.STR, description="Code of the centre")
MIGRANT = OpenApiParameter("migrant", OpenApiTypes.UUID, description="One person")


class StayPages(Pages):
    ordering = ("-arrived_at", "-id")


class Stays(SiraAPIView):
    queryset = Stay.objects.with_bed().select_related("centre", "migrant")
    serializer_class = StaySerializer
    pagination_class = StayPages
    rights = (Right.VIEW_CASE,)
    write_rights = (Right.RECEIVE,)
    read_model = "cases.migrant"

    @extend_schema(
        operation_id="stays_list",
        parameters=[CENTRE, MIGRANT, OpenApiParameter("open", OpenApiTypes.BOOL, description="Only those that go on, or only those that ended")],
        responses=StaySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = asked_in(StayQuery, request)
        if "open" in asked:
            asked["departed_at__isnull"] = asked.pop("open")
        page = self.paginate_queryset(self.get_queryset().filter(**asked))
        self.log(ReadLog.Action.LISTED, [stay.migrant_id for stay in page])
        whereabouts.mark(request.user, [stay.migrant for stay in page])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(operation_id="stays_create", responses={201: StaySerializer, 200: StaySerializer})
    def post(self, request: Request) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            return self.create_once(services.check_in, **given.validated_data)
        except services.AdmissionUndone as error:
            raise Conflict(" ".join(error.messages)) from error


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
        except (services.AlreadyLeft, services.AdmissionUndone) as error:
            raise Conflict(" ".join(error.messages)) from error
        return Response(self.get_serializer(stay).data)


class TransferSerializer(Strict, serializers.ModelSerializer):
    """One person's transfer; those with the same `together` travel together."""

    migrant = serializers.SerializerMethodField(help_text="Null for the receiving centre until it has accepted")
    from_centre = serializers.SlugRelatedField(slug_field="code", read_only=True)
    to_centre = serializers.SlugRelatedField(slug_field="code", read_only=True)
    sex = serializers.CharField(source="migrant.sex", read_only=True)
    age_band = serializers.CharField(read_only=True)

    class Meta:
        model = Transfer
        fields = (
            "id", "together", "migrant", "sex", "age_band", "from_centre", "to_centre", "state", "reason", "needs", "planned_on", "asked_at",
            "answered_at", "answer", "left_at", "transport", "ended_at", "end_reason", "version",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.UUID)
    def get_migrant(self, transfer: Transfer) -> uuid.UUID | None:
        return transfer.migrant_id if transfer.names_for(self.context["request"].user) else None


class AskSerializer(Strict):
    """Asks another centre to take people in who are at one of yours now."""

    id = serializers.UUIDField(help_text="Made by the client: sent twice it is one request.")
    stays = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=60, help_text="The open stays of those who travel together")
    to_centre = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all())
    planned_on = serializers.DateField(help_text="The day on which they are meant to arrive")
    reason = serializers.CharField(max_length=300)
    needs = serializers.CharField(max_length=300, required=False, allow_blank=True)


class StepSerializer(Strict):
    """The next step of a transfer. The arrival is noted by posting the stay at the receiving centre."""

    state = serializers.ChoiceField(choices=[state for state in State if state not in (State.ASKED, State.ARRIVED)])
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    words = serializers.CharField(max_length=300, required=False, allow_blank=True, help_text="The answer; needed to refuse, cancel, or note that nobody came")
    planned_on = serializers.DateField(required=False)
    transport = serializers.CharField(max_length=120, required=False, allow_blank=True)
    left_at = serializers.DateTimeField(required=False)


class TransferQuery(serializers.Serializer):
    centre = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all(), required=False)
    state = serializers.ChoiceField(choices=State.choices, required=False)


class TransferPages(Pages):
    ordering = ("-asked_at", "-id")


class Transfers(SiraAPIView):
    queryset = Transfer.objects.select_related("migrant", "from_centre", "to_centre")
    serializer_class = TransferSerializer
    pagination_class = TransferPages
    rights = (Right.VIEW_CENTRE,)
    write_rights = (Right.RECEIVE, Right.MANAGE_CENTRE)
    read_model = "cases.migrant"

    @extend_schema(
        operation_id="transfers_list", parameters=[CENTRE, OpenApiParameter("state", OpenApiTypes.STR, enum=State.values)], responses=TransferSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        asked = asked_in(TransferQuery, request)
        rows = self.get_queryset()
        if centre := asked.pop("centre", None):
            rows = rows.filter(Q(from_centre=centre) | Q(to_centre=centre))
        page = self.paginate_queryset(rows.filter(**asked))
        self.log(ReadLog.Action.LISTED, sorted({row.migrant_id for row in page if row.names_for(request.user)}))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(operation_id="transfers_ask", request=AskSerializer, responses={201: TransferSerializer(many=True), 200: TransferSerializer(many=True)})
    def post(self, request: Request) -> Response:
        given = AskSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        keys = set(given.validated_data["stays"])
        stays = list(Stay.objects.visible_to(request.user).filter(pk__in=keys))
        if len(stays) != len(keys):
            raise serializers.ValidationError({"stays": _("Un de ces séjours n’existe pas.")})
        try:
            made, new = services.ask_transfer(actor=request.user, **{**given.validated_data, "stays": stays})
        except SameKeyOtherContent as error:
            raise Conflict(_("Cette clé a déjà servi pour autre chose.")) from error
        return Response(self.get_serializer(made, many=True).data, status=201 if new else 200)


class OneTransfer(SiraAPIView):
    queryset = Transfer.objects.select_related("migrant", "from_centre", "to_centre")
    serializer_class = TransferSerializer
    rights = (Right.VIEW_CENTRE,)
    write_rights = (Right.RECEIVE, Right.MANAGE_CENTRE)
    read_model = "cases.migrant"

    @extend_schema(operation_id="transfers_retrieve", responses=TransferSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        transfer = self.get_object()
        if transfer.names_for(request.user):
            self.log(ReadLog.Action.OPENED, [transfer.migrant_id])
        return Response(self.get_serializer(transfer).data)

    @extend_schema(operation_id="transfers_move", request=StepSerializer, responses=TransferSerializer)
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """Takes the transfer one step further."""
        transfer = self.get_object()
        given = StepSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        step = dict(given.validated_data)
        try:
            moved = services.move_transfer(actor=request.user, versions={transfer.pk: step.pop("version")}, to=step.pop("state"), **step)
        except Stale as stale:
            raise Conflict(_("Ce transfert a été modifié entre-temps ; il en est à la version %(version)s.") % {"version": stale.current.version}) from stale
        return Response(self.get_serializer(moved[0]).data)


class AssistanceLines(SiraAPIView):
    queryset = Assistance.objects.select_related("centre", "service", "provider")
    serializer_class = AssistanceSerializer
    rights = (Right.VIEW_CASE,)
    write_rights = (Right.RECEIVE, Right.VIEW_HEALTH, Right.VIEW_PROTECTION)  # which of them counts, the service says (rules.may_give)
    read_model = "cases.migrant"

    @extend_schema(
        operation_id="assistance_list",
        parameters=[CENTRE, MIGRANT, OpenApiParameter("given_on", OpenApiTypes.DATE, description="One day")],
        responses=AssistanceSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset().filter(**asked_in(AssistanceQuery, request)))
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
    path("transfers/", Transfers.as_view(), name="api-transfers"),
    path("transfers/<uuid:pk>/", OneTransfer.as_view(), name="api-transfer"),
    path("assistance/", AssistanceLines.as_view(), name="api-assistance"),
    path("assistance/<uuid:pk>/", OneAssistance.as_view(), name="api-assistance-line"),
]
