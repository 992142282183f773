"""The API of referrals: list, make one, read one."""

from typing import Any

from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import ReadLog
from centres.api import Pages, SiraAPIView, Strict
from centres.roles import Right

from . import services
from .forms import ReferralFilterForm
from .models import Migrant, Referral, Structure
from .referrals import SHARED_CHOICES, State
from .views.referring import filtered


class ReferralPages(Pages):
    ordering = ("-sent_at", "-id")


class _OnesPeople(serializers.PrimaryKeyRelatedField):
    """A person of the user's scope; anybody else is as absent as one who never was."""

    def get_queryset(self):
        return Migrant.objects.visible_to(self.context["request"].user)


class ReferralSerializer(Strict, serializers.ModelSerializer):
    migrant = _OnesPeople(queryset=Migrant.objects.all())
    structure = serializers.PrimaryKeyRelatedField(queryset=Structure.objects.all())
    structure_name = serializers.CharField(source="structure.name", read_only=True)
    centre = serializers.SlugRelatedField(slug_field="code", read_only=True)
    reason = serializers.CharField(max_length=1500)
    shared = serializers.ListField(child=serializers.ChoiceField(choices=SHARED_CHOICES), max_length=20, help_text="What the structure will see of the person.")
    protected = serializers.BooleanField(required=False, default=False, help_text="Only protection officers see it; needs their right.")
    late = serializers.BooleanField(source="is_late", read_only=True, help_text="Unanswered for more than seven days.")

    class Meta:
        model = Referral
        fields = (
            "id",
            "migrant",
            "structure",
            "structure_name",
            "service",
            "protected",
            "reason",
            "urgency",
            "deadline",
            "shared",
            "centre",
            "sent_at",
            "state",
            "late",
            "answered_at",
            "answer",
            "appointment",
            "ended_at",
            "outcome",
            "version",
        )
        validators = ()
        read_only_fields = tuple(name for name in fields if name not in ("id", "migrant", "structure", "service", "protected", "reason", "urgency", "deadline", "shared"))
        extra_kwargs = {"id": {"required": True, "validators": [], "help_text": "Made by the client (UUID): sent twice it is one referral."}}


_FILTERS = [
    OpenApiParameter("state", OpenApiTypes.STR, description="A state, `late`, `all`, or nothing for those in progress.", enum=[*State.values, "late", "all"]),
    OpenApiParameter("structure", OpenApiTypes.UUID),
    OpenApiParameter("centre", OpenApiTypes.STR, description="Code of the centre"),
    OpenApiParameter("mine", OpenApiTypes.BOOL),
]


class Referrals(SiraAPIView):
    queryset = Referral.objects.select_related("centre", "structure")
    serializer_class = ReferralSerializer
    pagination_class = ReferralPages
    rights = (Right.VIEW_CASE,)
    read_model = "cases.referral"

    @extend_schema(operation_id="referrals_list", parameters=_FILTERS, responses=ReferralSerializer(many=True))
    def get(self, request: Request) -> Response:
        form = ReferralFilterForm(request.query_params, user=request.user)
        if not form.is_valid():
            raise serializers.ValidationError(form.errors)
        rows = self.paginate_queryset(filtered(self.get_queryset(), form.chosen, request.user))
        self.log(ReadLog.Action.LISTED, [row.pk for row in rows])
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="referrals_make",
        responses={
            201: ReferralSerializer,
            200: OpenApiResponse(ReferralSerializer, description="Sent before: the same referral."),
            409: OpenApiResponse(description="The id was used for something else."),
        },
    )
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.create_once(services.refer, **serializer.validated_data)


class OneReferral(SiraAPIView):
    queryset = Referral.objects.select_related("centre", "structure", "migrant")
    serializer_class = ReferralSerializer
    rights = (Right.VIEW_CASE,)
    read_model = "cases.referral"

    @extend_schema(operation_id="referrals_read")
    def get(self, request: Request, pk: Any) -> Response:
        referral = self.get_object()
        self.log(ReadLog.Action.OPENED, [referral.pk])
        return Response(self.get_serializer(referral).data)


urlpatterns = [
    path("referrals/", Referrals.as_view(), name="api-referrals"),
    path("referrals/<uuid:pk>/", OneReferral.as_view(), name="api-referral"),
]
