"""The API of a day in the centre: flags, the evening roll-call, incidents. As on the pages, with the same services."""

import uuid
from typing import Any

from django.db.models import Prefetch
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.acting import Stale
from audit.models import ReadLog
from audit.services import log_read
from cases.models import Migrant
from centres.access import centres_for
from centres.api import Conflict, Pages, SiraAPIView, Strict
from centres.models import Centre, Service
from centres.roles import Right

from . import absence, services
from .api import CENTRE, MIGRANT, OnesPeople, asked_in
from .evening import evening_of
from .file_flags import as_then
from .models import FlagKind, Incident, IncidentPerson, PersonFlag, RollCallLine, Stay

MOST_LINES = 2000
OPEN = OpenApiParameter("open", OpenApiTypes.BOOL, description="Only those that go on, or only those that ended")


# --- flags -------------------------------------------------------------------------------------------------------


class FlagSerializer(Strict, serializers.ModelSerializer):
    id = serializers.UUIDField(source="key", help_text="Made by the client: sent twice it is one flag.")
    migrant = OnesPeople(queryset=Migrant.objects.all(), pk_field=serializers.UUIDField())
    kind = serializers.SlugRelatedField(slug_field="code", queryset=FlagKind.objects.all(), help_text="Code of the kind of flag")
    instruction = serializers.CharField(source="kind.instruction_words", read_only=True, help_text="What staff must do")

    def to_representation(self, instance: PersonFlag) -> Any:
        as_then(self.context["request"].user, instance.migrant, [instance])
        return super().to_representation(instance)

    class Meta:
        model = PersonFlag
        fields = ("id", "migrant", "kind", "instruction", "reason", "since", "until", "lifted_at", "lifted_reason")
        read_only_fields = ("since", "lifted_at", "lifted_reason")
        validators: list[Any] = []  # the service answers, so that the same body twice is one flag


class LiftSerializer(Strict):
    lifted_reason = serializers.CharField(max_length=300, help_text="Why the flag no longer holds")


class FlagQuery(serializers.Serializer):
    migrant = serializers.UUIDField(required=False)
    open = serializers.BooleanField(required=False, allow_null=True, default=None)


class FlagPages(Pages):
    ordering = ("-since", "-pk")


class Flags(SiraAPIView):
    queryset = PersonFlag.objects.select_related("kind", "migrant").prefetch_related("migrant__custodies")
    serializer_class = FlagSerializer
    pagination_class = FlagPages
    rights = (Right.VIEW_CASE,)
    write_rights = (Right.RECEIVE, Right.MANAGE_CENTRE)  # which of them counts, the service says (services.right_for)
    read_model = "cases.migrant"

    @extend_schema(operation_id="flags_list", parameters=[MIGRANT, OPEN], responses=FlagSerializer(many=True))
    def get(self, request: Request) -> Response:
        asked = asked_in(FlagQuery, request)
        rows = self.get_queryset()
        going_on = asked.pop("open", None)
        if going_on is not None:
            # Whether one still acts is known of the people whom the centre follows now.
            rows = rows.filter(migrant__in=Migrant.objects.in_care_of_any(centres_for(request.user, Right.VIEW_CASE)))
            acting = PersonFlag.objects.acting().values("pk")
            rows = rows.filter(pk__in=acting) if going_on else rows.exclude(pk__in=acting)
        page = self.paginate_queryset(rows.filter(**asked))
        self.log(ReadLog.Action.LISTED, sorted({flag.migrant_id for flag in page}))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(operation_id="flags_set", responses={201: FlagSerializer, 200: FlagSerializer})
    def post(self, request: Request) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.create_once(services.set_flag, **given.validated_data)


class OneFlag(SiraAPIView):
    queryset = PersonFlag.objects.select_related("kind", "migrant").prefetch_related("migrant__custodies")
    serializer_class = FlagSerializer
    lookup_field = "key"
    rights = (Right.VIEW_CASE,)
    write_rights = (Right.RECEIVE, Right.MANAGE_CENTRE)
    read_model = "cases.migrant"

    @extend_schema(operation_id="flags_retrieve", responses=FlagSerializer)
    def get(self, request: Request, key: uuid.UUID) -> Response:
        flag = self.get_object()
        self.log(ReadLog.Action.OPENED, [flag.migrant_id])
        return Response(self.get_serializer(flag).data)

    @extend_schema(operation_id="flags_lift", request=LiftSerializer, responses=FlagSerializer)
    def patch(self, request: Request, key: uuid.UUID) -> Response:
        """The flag no longer holds."""
        flag = self.get_object()
        given = LiftSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            flag = services.lift_flag(actor=request.user, flag=flag, reason=given.validated_data["lifted_reason"])
        except Stale as stale:
            raise Conflict(_("Quelqu’un d’autre a déjà levé cette consigne.")) from stale
        return Response(self.get_serializer(flag).data)


# --- roll-call ---------------------------------------------------------------------------------------------------


class ToCallSerializer(serializers.Serializer):
    """Somebody with an open stay at the centre, and what is noted of them this evening."""

    migrant = serializers.UUIDField(source="migrant_id")
    stay = serializers.UUIDField(source="pk")
    evening = serializers.DateField(help_text="Of the round; until six in the morning it is that of the day before")
    bed = serializers.CharField(source="bed_words", allow_blank=True, allow_null=True)
    leave_until = serializers.DateField(allow_null=True, help_text="The last night of the leave that holds this evening")
    seen_at = serializers.DateTimeField(allow_null=True, help_text="When the person was last seen, anywhere")
    missing_since = serializers.DateField(allow_null=True, help_text="The evening of the roll-call that missed the person, who was not seen since")
    state = serializers.ChoiceField(choices=RollCallLine.State.choices, allow_blank=True, help_text="Empty: not called yet")
    note = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField(help_text="Of the line; 0: not called yet")


class CalledSerializer(Strict):
    migrant = serializers.UUIDField()
    state = serializers.ChoiceField(choices=RollCallLine.State.choices)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, default=0, help_text="Of the line that you read")


class RoundSerializer(Strict):
    """The round, or a part of it: the later word about the same person wins. Sent twice it is one round. A line that is sent alone says that somebody
    looked at this person, several at once say it of nobody. So "missing" is taken back by one line alone, with the version of the line that says it."""

    evening = serializers.DateField()
    lines = serializers.ListField(child=CalledSerializer(), min_length=1, max_length=MOST_LINES)


class RoundDoneSerializer(serializers.Serializer):
    evening = serializers.DateField()
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When everybody had been called")
    left = serializers.IntegerField(help_text="How many wait to be called")
    missing = serializers.ListField(child=serializers.UUIDField(), help_text="Who is missing now")
    alerted = serializers.ListField(child=serializers.UUIDField(), help_text="Children newly missing: protection and the manager are told")
    over = serializers.IntegerField(help_text="Lines that somebody else had noted meanwhile and that you wrote over")
    still_missing = serializers.ListField(child=serializers.UUIDField(), help_text="Those whom you had as present and who are still missing: not noted")
    gone = serializers.IntegerField(help_text="People who are no longer at the centre: not noted")


class RollCallPages(Pages):
    ordering = ("-arrived_at", "-id")


class RollCalls(SiraAPIView):
    queryset = Centre.objects.all()
    serializer_class = ToCallSerializer
    pagination_class = RollCallPages
    lookup_field = "code"
    rights = (Right.RECEIVE,)
    read_model = "cases.migrant"

    @extend_schema(operation_id="roll_call_list", responses=ToCallSerializer(many=True))
    def get(self, request: Request, code: str) -> Response:
        """Whom to call this evening, with what is noted already."""
        centre, evening = self.get_object(), evening_of()
        stays = absence.with_presence(Stay.objects.visible_to(request.user).open().at(centre).with_bed(), evening).annotate(missing_since=absence.missing_since())
        page = self.paginate_queryset(stays)
        lines = {line.migrant_id: line for line in RollCallLine.objects.filter(call__centre=centre, call__date=evening, migrant__in=[stay.migrant_id for stay in page])}
        for stay in page:
            line = lines.get(stay.migrant_id)
            stay.evening = evening
            stay.state, stay.note, stay.version = (line.state, line.note, line.version) if line else ("", "", 0)
        self.log(ReadLog.Action.LISTED, [stay.migrant_id for stay in page])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(operation_id="roll_call_save", request=RoundSerializer, responses=RoundDoneSerializer)
    def post(self, request: Request, code: str) -> Response:
        centre = self.get_object()
        given = RoundSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        sent = given.validated_data["lines"]
        lines = [services.Called(**line, looked=len(sent) == 1) for line in sent]
        done = services.save_roll_call(actor=request.user, centre=centre, evening=given.validated_data["evening"], lines=lines)
        people = {
            "missing": [person.pk for person in done.missing],
            "alerted": [person.pk for person in done.alerted],
            "still_missing": [person.pk for person in done.still],
        }
        counts = {"left": done.left, "over": done.over, "gone": done.gone}
        self.log(ReadLog.Action.LISTED, sorted({*people["missing"], *people["still_missing"]}))
        return Response(RoundDoneSerializer({"evening": done.call.date, "finished_at": done.call.finished_at, **people, **counts}).data)


# --- incidents ---------------------------------------------------------------------------------------------------


class IncidentSerializer(serializers.ModelSerializer):
    centre = serializers.SlugRelatedField(slug_field="code", read_only=True)
    aid = serializers.ChoiceField(choices=Service.Category.choices, allow_blank=True, read_only=True, help_text="Of a tension: about which kind of aid")
    people = serializers.SerializerMethodField(help_text="Those concerned who are in your scope")

    class Meta:
        model = Incident
        fields = (
            "id", "centre", "kind", "aid", "severity", "what", "measures", "people", "happened_at", "reported_at", "due_on", "due_who", "closed_at", "outcome", "version",
        )  # fmt: skip
        read_only_fields = fields

    def get_people(self, incident: Incident) -> list[uuid.UUID]:
        return [line.migrant_id for line in incident.seen]  # type: ignore[attr-defined]


class NoteSerializer(Strict, serializers.ModelSerializer):
    """What happened. Of some kinds it is read by the manager and by protection alone: so the answer says no more than that it is noted."""

    id = serializers.UUIDField(help_text="Made by the client: sent twice it is one incident.")
    centre = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all(), write_only=True, help_text="Code of the centre")
    people = serializers.ListField(child=serializers.UUIDField(), max_length=50, required=False, write_only=True, help_text="Those concerned")
    happened_at = serializers.DateTimeField(required=False, write_only=True, help_text="Now, if it is left out")

    class Meta:
        model = Incident
        fields = ("id", "centre", "kind", "aid", "severity", "what", "measures", "people", "happened_at", "due_on", "due_who", "reported_at")
        read_only_fields = ("reported_at",)
        extra_kwargs = {name: {"write_only": True} for name in ("kind", "aid", "severity", "what", "measures", "due_on", "due_who")}
        validators: list[Any] = []

    def validate_people(self, keys: list[uuid.UUID]) -> list[Migrant]:
        people = list(Migrant.objects.visible_to(self.context["request"].user).filter(pk__in=keys))
        if len(people) != len(set(keys)):
            raise serializers.ValidationError(_("Une de ces personnes n’est pas dans vos centres."))
        return people


class IncidentQuery(serializers.Serializer):
    centre = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all(), required=False)
    open = serializers.BooleanField(required=False, allow_null=True, default=None)


class IncidentPages(Pages):
    ordering = ("-happened_at", "-id")


class _IncidentView(SiraAPIView):
    """An incident goes in the read log, and so do the people it names."""

    queryset = Incident.objects.select_related("centre")
    serializer_class: type[serializers.BaseSerializer] = IncidentSerializer
    rights = (Right.VIEW_CENTRE,)
    read_model = "reception.incident"

    def get_queryset(self):
        return super().get_queryset().prefetch_related(Prefetch("concerned", IncidentPerson.objects.visible_to(self.request.user), to_attr="seen"))

    def log_all(self, action: ReadLog.Action, incidents: list[Any]) -> None:
        self.log(action, [one.pk for one in incidents])
        log_read(self.request, ReadLog.Action.LISTED, "cases.migrant", sorted({line.migrant_id for one in incidents for line in one.seen}))


class Incidents(_IncidentView):
    pagination_class = IncidentPages
    write_rights = (Right.RECEIVE,)

    def get_serializer_class(self):
        return NoteSerializer if self.request.method == "POST" else IncidentSerializer

    @extend_schema(operation_id="incidents_list", parameters=[CENTRE, OPEN], responses=IncidentSerializer(many=True))
    def get(self, request: Request) -> Response:
        asked = asked_in(IncidentQuery, request)
        if "open" in asked:
            asked["closed_at__isnull"] = asked.pop("open")
        page = self.paginate_queryset(self.get_queryset().filter(**asked))
        self.log_all(ReadLog.Action.LISTED, page)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(operation_id="incidents_note", request=NoteSerializer, responses={201: NoteSerializer, 200: NoteSerializer})
    def post(self, request: Request) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.create_once(services.note_incident, **given.validated_data)


class OneIncident(_IncidentView):
    @extend_schema(operation_id="incidents_retrieve", responses=IncidentSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        incident = self.get_object()
        self.log_all(ReadLog.Action.OPENED, [incident])
        return Response(self.get_serializer(incident).data)


urlpatterns = [
    path("flags/", Flags.as_view(), name="api-flags"),
    path("flags/<uuid:key>/", OneFlag.as_view(), name="api-flag"),
    path("roll-calls/<slug:code>/", RollCalls.as_view(), name="api-roll-call"),
    path("incidents/", Incidents.as_view(), name="api-incidents"),
    path("incidents/<uuid:pk>/", OneIncident.as_view(), name="api-incident"),
]
