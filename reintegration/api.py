"""The API of reintegrations and their visits."""

from typing import Any

from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.acting import Stale
from audit.models import ReadLog
from cases.models import Migrant
from centres.api import Pages, SiraAPIView, Strict
from centres.models import Centre
from centres.roles import Right
from returns.api import VisibleMigrant, stale_answer

from . import services
from .forms import FilterForm
from .models import ReintegrationCase, Support, Visit


class CasePages(Pages):
    ordering = ("-opened_on", "-id")


class VisitPages(Pages):
    ordering = ("due_on", "id")


class VisitSerializer(Strict, serializers.ModelSerializer):
    migrant = serializers.UUIDField(source="case.migrant_id", read_only=True)
    centre = serializers.CharField(source="case.centre.code", read_only=True)
    situation = serializers.ChoiceField(choices=Visit.Situation.choices, allow_blank=True, read_only=True)

    class Meta:
        model = Visit
        fields = ("id", "case", "migrant", "centre", "month", "due_on", "done_on", "situation", "note", "version")
        read_only_fields = fields


class RecordSerializer(Strict, serializers.ModelSerializer):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=True, help_text="The version you read.")

    class Meta:
        model = Visit
        fields = ("version", "done_on", "situation", "note")
        extra_kwargs = {"done_on": {"required": True, "allow_null": False}, "situation": {"required": True, "allow_blank": False}}


class SupportSerializer(serializers.ModelSerializer):
    class Meta:
        model = Support
        fields = ("id", "kind", "delivered_on", "amount")
        read_only_fields = fields


class ReintegrationCaseSerializer(Strict, serializers.ModelSerializer):
    migrant = VisibleMigrant(queryset=Migrant.objects.all())
    centre = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all(), help_text="The antenna that follows the person up.")
    returned_from = serializers.CharField(min_length=2, max_length=2, help_text="ISO 3166-1 alpha-2, in Europe or Africa.")
    opened_on = serializers.DateField(required=False, help_text="Today if not said.")

    class Meta:
        model = ReintegrationCase
        fields = (
            "id",
            "migrant",
            "centre",
            "kind",
            "enhanced",
            "returned_from",
            "returned_from_continent",
            "region",
            "opened_on",
            "plan",
            "state",
            "closed_on",
            "version",
        )
        validators = ()  # what is there once is for the service to judge: the same case again is no mistake
        read_only_fields = ("returned_from_continent", "state", "closed_on", "version")
        extra_kwargs = {"id": {"required": True, "validators": [], "help_text": "Made by the client (UUID): sent twice it is one case."}}


class OneReintegrationSerializer(ReintegrationCaseSerializer):
    visits = VisitSerializer(many=True, read_only=True)
    supports = SupportSerializer(many=True, read_only=True)

    class Meta(ReintegrationCaseSerializer.Meta):
        fields = (*ReintegrationCaseSerializer.Meta.fields, "visits", "supports")


class StaleVisitSerializer(serializers.Serializer):
    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    current = VisitSerializer(help_text="What is saved now.")


_FILTERS = [
    OpenApiParameter("state", OpenApiTypes.STR, description="A state, `all`, or nothing for those in progress."),
    OpenApiParameter("centre", OpenApiTypes.STR, description="Code of the antenna"),
    OpenApiParameter("kind", OpenApiTypes.STR, enum=ReintegrationCase.Kind.values),
]


class ReintegrationCases(SiraAPIView):
    queryset = ReintegrationCase.objects.select_related("centre")
    serializer_class = ReintegrationCaseSerializer
    pagination_class = CasePages
    rights = (Right.VIEW_CASE, Right.MANAGE_REINTEGRATION)
    write_rights = (Right.MANAGE_REINTEGRATION,)
    read_model = "reintegration.reintegrationcase"

    @extend_schema(operation_id="reintegration_cases_list", parameters=_FILTERS, responses=ReintegrationCaseSerializer(many=True))
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
        found = found.filter(**{name: chosen[name] for name in ("centre", "kind") if name in chosen})
        rows = self.paginate_queryset(found)
        self.log(ReadLog.Action.LISTED, [case.pk for case in rows])
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="reintegration_cases_open",
        responses={
            201: ReintegrationCaseSerializer,
            200: OpenApiResponse(ReintegrationCaseSerializer, description="Sent before: the same case."),
            409: OpenApiResponse(description="The id was used for something else."),
        },
    )
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.create_once(services.open_reintegration, **serializer.validated_data)


class OneReintegrationCase(SiraAPIView):
    queryset = ReintegrationCase.objects.select_related("centre", "migrant")
    serializer_class = OneReintegrationSerializer
    rights = (Right.VIEW_CASE, Right.MANAGE_REINTEGRATION)
    read_model = "reintegration.reintegrationcase"

    @extend_schema(operation_id="reintegration_cases_read")
    def get(self, request: Request, pk: Any) -> Response:
        case = self.get_object()
        self.log(ReadLog.Action.OPENED, [case.pk])
        return Response(self.get_serializer(case).data)


class Visits(SiraAPIView):
    queryset = Visit.objects.select_related("case__centre")
    serializer_class = VisitSerializer
    pagination_class = VisitPages
    rights = (Right.VIEW_CASE, Right.MANAGE_REINTEGRATION)
    read_model = "reintegration.visit"

    @extend_schema(
        operation_id="visits_list",
        parameters=[
            OpenApiParameter("due", OpenApiTypes.BOOL, description="Only those due by today and not made."),
            OpenApiParameter("case", OpenApiTypes.UUID, description="Only those of this reintegration."),
        ],
        responses=VisitSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        found = self.get_queryset()
        due, case = request.query_params.get("due", "").lower(), request.query_params.get("case")
        if due not in ("", "true", "false", "1", "0"):
            raise serializers.ValidationError({"due": [_("Écrivez true ou false.")]})
        if due in ("true", "1"):
            found = found.due()
        if case:
            found = found.filter(case=serializers.UUIDField().run_validation(case))
        rows = self.paginate_queryset(found)
        self.log(ReadLog.Action.LISTED, [visit.pk for visit in rows])
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)


class OneVisit(SiraAPIView):
    queryset = Visit.objects.select_related("case__centre", "case__migrant")
    serializer_class = VisitSerializer
    rights = (Right.VIEW_CASE, Right.MANAGE_REINTEGRATION)
    write_rights = (Right.MANAGE_REINTEGRATION,)
    read_model = "reintegration.visit"

    @extend_schema(operation_id="visits_read")
    def get(self, request: Request, pk: Any) -> Response:
        visit = self.get_object()
        self.log(ReadLog.Action.OPENED, [visit.pk])
        return Response(self.get_serializer(visit).data)

    @extend_schema(operation_id="visits_record", request=RecordSerializer, responses={200: VisitSerializer, 409: StaleVisitSerializer})
    def patch(self, request: Request, pk: Any) -> Response:
        visit = self.get_object()
        serializer = RecordSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            visit = services.record_visit(actor=request.user, visit=visit, **serializer.validated_data)
        except Stale as stale:
            return stale_answer(stale, self.get_serializer(stale.current).data)
        return Response(self.get_serializer(visit).data)


urlpatterns = [
    path("reintegration-cases/", ReintegrationCases.as_view(), name="api-reintegration-cases"),
    path("reintegration-cases/<uuid:pk>/", OneReintegrationCase.as_view(), name="api-reintegration-case"),
    path("visits/", Visits.as_view(), name="api-visits"),
    path("visits/<uuid:pk>/", OneVisit.as_view(), name="api-visit"),
]
