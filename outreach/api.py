"""Activities: numbers of people, no names, so nothing goes into the read log."""

import uuid

from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from audit.acting import Stale
from centres.api import Conflict, SiraAPIView, Strict
from centres.roles import Right

from .models import CELLS, MOST, Activity, Community
from .services import correct_activity, record_activity


class ActivitySerializer(Strict, serializers.ModelSerializer):
    id = serializers.UUIDField()
    community = serializers.PrimaryKeyRelatedField(queryset=Community.objects.all(), allow_null=True, required=False)
    total = serializers.IntegerField(read_only=True)

    class Meta:
        model = Activity
        fields = ["id", "kind", "title", "held_on", "community", *CELLS, "total", "recorded_at", "version"]
        read_only_fields = ["recorded_at", "version"]
        extra_kwargs = {name: {"min_value": 0, "max_value": MOST, "required": True} for name in CELLS} | {"held_on": {"required": True}}


class ActivityCorrectionSerializer(ActivitySerializer):
    """`version` is the one that was read; an older one answers 409 with what is now."""

    id = serializers.UUIDField(read_only=True)
    version = serializers.IntegerField(min_value=1)

    class Meta(ActivitySerializer.Meta):
        read_only_fields = ["recorded_at"]
        extra_kwargs = {name: {"min_value": 0, "max_value": MOST, "required": False} for name in CELLS} | {"held_on": {"required": False}}


class ActivityQuery(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Activity.Kind.choices, required=False)
    region = serializers.CharField(required=False)
    start = serializers.DateField(required=False)
    end = serializers.DateField(required=False)


class ActivitiesView(SiraAPIView):
    rights = (Right.RECORD_OUTREACH,)
    queryset = Activity.objects.all()
    serializer_class = ActivitySerializer

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", OpenApiTypes.STR, enum=Activity.Kind.values),
            OpenApiParameter("region", OpenApiTypes.STR),
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day"),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Last day"),
        ],
        responses=ActivitySerializer(many=True),
    )
    def get(self, request):
        names = {"kind": "kind", "region": "region", "from": "start", "to": "end"}
        query = ActivityQuery(data={names[name]: value for name, value in request.query_params.items() if name in names and value})
        query.is_valid(raise_exception=True)
        activities = self.get_queryset().matching(**query.validated_data)
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(activities), many=True).data)

    @extend_schema(responses={201: ActivitySerializer, 200: ActivitySerializer})
    def post(self, request):
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.create_once(record_activity, **given.validated_data)


class ActivityView(SiraAPIView):
    rights = (Right.RECORD_OUTREACH,)
    queryset = Activity.objects.all()
    serializer_class = ActivitySerializer

    @extend_schema(responses=ActivitySerializer)
    def get(self, request, pk: uuid.UUID):
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=ActivityCorrectionSerializer, responses=ActivitySerializer)
    def patch(self, request, pk: uuid.UUID):
        activity = self.get_object()
        given = ActivityCorrectionSerializer(activity, data=request.data, partial=True, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        if "version" not in changes:
            raise serializers.ValidationError({"version": _("Donnez la version que vous avez lue.")})
        try:
            corrected = correct_activity(actor=request.user, activity=activity, version=changes.pop("version"), **changes)
        except Stale as stale:
            raise Conflict(_("Cette activité a été corrigée entre-temps ; elle en est à la version %(version)s.") % {"version": stale.current.version}) from stale
        return Response(self.get_serializer(corrected).data)


urlpatterns = [
    path("activities/", ActivitiesView.as_view(), name="api-activities"),
    path("activities/<uuid:pk>/", ActivityView.as_view(), name="api-activity"),
]
