"""Counts of the flow monitoring points. No personal data, so nothing goes into the read log."""

import uuid
from typing import Any

from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from audit.acting import Stale
from centres.api import Conflict, SiraAPIView, Strict
from centres.roles import Right

from .models import CELLS, MOST, FlowCount, FlowPoint
from .services import correct_count, record_count


class FlowCountSerializer(Strict, serializers.ModelSerializer):
    id = serializers.UUIDField()
    point = serializers.SlugRelatedField(slug_field="code", queryset=FlowPoint.objects.all())
    total = serializers.IntegerField(read_only=True)

    class Meta:
        model = FlowCount
        fields = ["id", "point", "counted_on", "direction", *CELLS, "total", "recorded_at", "version"]
        read_only_fields = ["recorded_at", "version"]
        extra_kwargs = {name: {"min_value": 0, "max_value": MOST, "required": True} for name in CELLS} | {"counted_on": {"required": True}}
        validators: list[Any] = []  # the service answers, so that the same body twice is one count


class FlowCountCorrectionSerializer(FlowCountSerializer):
    """`version` is the one that was read; an older one answers 409 with what is now."""

    version = serializers.IntegerField(min_value=1)

    class Meta(FlowCountSerializer.Meta):
        read_only_fields = ["recorded_at"]
        extra_kwargs = {name: {"min_value": 0, "max_value": MOST, "required": False} for name in CELLS} | {"counted_on": {"required": False}}

    id = serializers.UUIDField(read_only=True)


class FlowCountsView(SiraAPIView):
    rights = (Right.COUNT_FLOWS,)
    queryset = FlowCount.objects.select_related("point")
    serializer_class = FlowCountSerializer

    @extend_schema(
        parameters=[
            OpenApiParameter("point", OpenApiTypes.STR, description="Code of the point"),
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day"),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Last day"),
        ],
        responses=FlowCountSerializer(many=True),
    )
    def get(self, request):
        counts = self.get_queryset()
        query = CountQuery(data={name: request.query_params[name] for name in ("point", "from", "to") if request.query_params.get(name)})
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        if "point" in wanted:
            counts = counts.filter(point__code=wanted["point"])
        if "from" in wanted:
            counts = counts.filter(counted_on__gte=wanted["from"])
        if "to" in wanted:
            counts = counts.filter(counted_on__lte=wanted["to"])
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(counts), many=True).data)

    @extend_schema(responses={201: FlowCountSerializer, 200: FlowCountSerializer})
    def post(self, request):
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.create_once(record_count, **given.validated_data)


class CountQuery(serializers.Serializer):
    point = serializers.CharField(required=False)
    to = serializers.DateField(required=False)

    def get_fields(self):
        return super().get_fields() | {"from": serializers.DateField(required=False)}


class FlowCountView(SiraAPIView):
    rights = (Right.COUNT_FLOWS,)
    queryset = FlowCount.objects.select_related("point")
    serializer_class = FlowCountSerializer

    @extend_schema(responses=FlowCountSerializer)
    def get(self, request, pk: uuid.UUID):
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=FlowCountCorrectionSerializer, responses=FlowCountSerializer)
    def patch(self, request, pk: uuid.UUID):
        count = self.get_object()
        given = FlowCountCorrectionSerializer(count, data=request.data, partial=True, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        if "version" not in changes:
            raise serializers.ValidationError({"version": _("Donnez la version que vous avez lue.")})
        try:
            corrected = correct_count(actor=request.user, count=count, version=changes.pop("version"), **changes)
        except Stale as stale:
            raise Conflict(_("Ce comptage a été corrigé entre-temps ; il en est à la version %(version)s.") % {"version": stale.current.version}) from stale
        return Response(self.get_serializer(corrected).data)


urlpatterns = [
    path("flow-counts/", FlowCountsView.as_view(), name="api-flow-counts"),
    path("flow-counts/<uuid:pk>/", FlowCountView.as_view(), name="api-flow-count"),
]
