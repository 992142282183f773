"""The API of people: search, register, read, correct, and who may be the same."""

from typing import Any

from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from audit.acting import Stale
from audit.models import ReadLog
from centres.access import centres_for
from centres.api import Pages, SiraAPIView, Strict
from centres.models import Centre
from centres.roles import Right

from . import consents, listing, services
from .duplicates import duplicates_for
from .forms import SearchForm
from .models import Consent, Migrant


class MigrantPages(Pages):
    ordering = ("-registered_at", "-id")


class _Identity(Strict, serializers.ModelSerializer):
    """The fields that say who a person is. The services judge them; here is only their kind and length."""

    surname = serializers.CharField(max_length=80, allow_blank=True, required=False, help_text="As the person writes it. One of surname and given_names is needed.")
    given_names = serializers.CharField(max_length=120, allow_blank=True, required=False)
    born_on = serializers.DateField(help_text="The latest day the birth can have been. For a month or a year alone, any day of it.")
    nationality = serializers.CharField(min_length=2, max_length=2, help_text="ISO 3166-1 alpha-2.")
    phone = serializers.CharField(max_length=40, allow_blank=True, required=False, help_text="Any way of writing; kept as international digits.")


class MigrantSerializer(_Identity):
    centre = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all(), write_only=True, required=False, help_text="Needed if you work in several.")
    consent_method = serializers.ChoiceField(choices=Consent.Method.choices, write_only=True)
    consent_purposes = serializers.ListField(child=serializers.ChoiceField(choices=Consent.Purpose.choices), write_only=True, max_length=20)
    consent_language = serializers.ChoiceField(choices=consents.LANGUAGES, write_only=True, required=False, default="fra", help_text="ISO 639-3.")
    registered_centre = serializers.SlugRelatedField(slug_field="code", read_only=True)
    unaccompanied_minor = serializers.BooleanField(source="is_unaccompanied_minor", read_only=True)

    class Meta:
        model = Migrant
        fields = (
            "id",
            "case_number",
            "centre",
            "surname",
            "given_names",
            "sex",
            "born_on",
            "birth_precision",
            "nationality",
            "phone",
            "consent_method",
            "consent_purposes",
            "consent_language",
            "registered_at",
            "registered_centre",
            "unaccompanied_minor",
            "version",
        )
        read_only_fields = ("case_number", "registered_at", "version")
        # The key is made by the client; that it may exist already is for the service to judge.
        extra_kwargs = {"id": {"required": True, "validators": [], "help_text": "Made by the client (UUID): sent twice it is one person."}}

    def to_representation(self, migrant: Migrant) -> dict[str, Any]:
        """Without the telephone for a team that no longer follows the person."""
        found = super().to_representation(migrant)
        return found if migrant.care_ended(self.context["request"].user) is None else found | {"phone": ""}


class CorrectionSerializer(_Identity):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=True, help_text="The version you read.")

    class Meta:
        model = Migrant
        fields = ("surname", "given_names", "sex", "born_on", "birth_precision", "nationality", "phone", "version")


class StaleSerializer(serializers.Serializer):
    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    current = MigrantSerializer(help_text="What is saved now.")


class LikenessSerializer(serializers.Serializer):
    certainty = serializers.FloatField(help_text="0 to 1")
    centre = serializers.CharField(source="centre.code", help_text="Code of the centre that has the file.")
    migrant = MigrantSerializer(allow_null=True, help_text="Null when the person is out of your scope.")


_FILTERS = [
    OpenApiParameter("q", OpenApiTypes.STR, description="Name in any spelling, case number or phone; the most alike first, 100 at most."),
    OpenApiParameter("sex", OpenApiTypes.STR, enum=Migrant.Sex.values),
    OpenApiParameter("nationality", OpenApiTypes.STR, description="ISO 3166-1 alpha-2"),
    OpenApiParameter("centre", OpenApiTypes.STR, description="Code of the centre that cares for them now"),
    OpenApiParameter("unaccompanied_minor", OpenApiTypes.BOOL),
]


class Migrants(SiraAPIView):
    queryset = Migrant.objects.select_related("registered_centre").prefetch_related("custodies")
    serializer_class = MigrantSerializer
    pagination_class = MigrantPages
    rights = (Right.VIEW_CASE,)
    write_rights = (Right.REGISTER,)
    read_model = "cases.migrant"

    @extend_schema(operation_id="migrants_list", parameters=_FILTERS, responses=MigrantSerializer(many=True))
    def get(self, request: Request) -> Response:
        query = request.query_params
        data = {"sex": query.get("sex"), "nationality": query.get("nationality"), "centre": query.get("centre")}
        data["alone"] = query.get("unaccompanied_minor", "").lower() in ("true", "1", "on")
        form = SearchForm(data, centres=centres_for(request.user, Right.VIEW_CASE))
        if not form.is_valid():
            raise serializers.ValidationError(form.errors)
        people = listing.filtered(self.get_queryset(), form)
        if data["centre"] and "centre" not in form.fields:  # of one centre only: another one has nobody to show
            people = people.filter(custodies__centre__code=data["centre"], custodies__until__isnull=True)
        if "q" in query and query["q"].strip():
            rows = people.best_matching(query["q"], most=listing.MOST_FOUND)
            self.log(ReadLog.Action.SEARCHED, [person.pk for person in rows])
            return Response({"next": None, "previous": None, "results": self.get_serializer(rows, many=True).data})
        rows = self.paginate_queryset(people)
        self.log(ReadLog.Action.LISTED, [person.pk for person in rows])
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="migrants_register",
        responses={
            201: MigrantSerializer,
            200: OpenApiResponse(MigrantSerializer, description="Sent before: the same person."),
            409: OpenApiResponse(description="The id was used for something else."),
        },
    )
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = {"surname": "", "given_names": "", "phone": "", **serializer.validated_data}
        asked["consent_purposes"] = tuple(asked["consent_purposes"])
        if "centre" not in asked:
            mine = centres_for(request.user, Right.REGISTER)
            if len(mine) != 1:
                raise serializers.ValidationError({"centre": [_("Choisissez le centre.")]})
            asked["centre"] = Centre.objects.get(pk=mine[0])
        return self.create_once(services.register_migrant, **asked)


class OneMigrant(SiraAPIView):
    queryset = Migrant.objects.select_related("registered_centre").prefetch_related("custodies")
    serializer_class = MigrantSerializer
    rights = (Right.VIEW_CASE,)
    write_rights = (Right.REGISTER,)
    read_model = "cases.migrant"

    @extend_schema(operation_id="migrants_read")
    def get(self, request: Request, pk: Any) -> Response:
        migrant = self.get_object()
        self.log(ReadLog.Action.OPENED, [migrant.pk])
        return Response(self.get_serializer(migrant).data)

    @extend_schema(operation_id="migrants_correct", request=CorrectionSerializer, responses={200: MigrantSerializer, 409: StaleSerializer})
    def patch(self, request: Request, pk: Any) -> Response:
        migrant = self.get_object()
        serializer = CorrectionSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changes = dict(serializer.validated_data)
        if "version" not in changes:
            raise serializers.ValidationError({"version": [_("Donnez la version que vous avez lue.")]})
        try:
            migrant = services.correct_identity(actor=request.user, migrant=migrant, **changes)
        except Stale as stale:
            body = {"type": "about:blank", "title": str(stale), "status": 409, "detail": str(stale), "current": self.get_serializer(stale.current).data}
            return Response(body, status=status.HTTP_409_CONFLICT, content_type="application/problem+json")
        return Response(self.get_serializer(migrant).data)


class Duplicates(SiraAPIView):
    queryset = Migrant.objects.all()
    serializer_class = LikenessSerializer
    pagination_class = None
    rights = (Right.REGISTER,)
    read_model = "cases.migrant"

    @extend_schema(operation_id="migrants_duplicates", responses=LikenessSerializer(many=True))
    def get(self, request: Request, pk: Any) -> Response:
        """People of any centre who may be the same as this one, the most alike first."""
        migrant = self.get_object()
        alike = duplicates_for(
            request.user,
            full_name=migrant.full_name,
            sex=migrant.sex,
            born_on=migrant.born_on,
            birth_precision=migrant.birth_precision,
            nationality=migrant.nationality,
            phone=migrant.phone,
            exclude=migrant.pk,
        )
        self.log(ReadLog.Action.SEARCHED, [migrant.pk, *(likeness.key for likeness in alike)])
        return Response(self.get_serializer(alike, many=True).data)


urlpatterns = [
    path("migrants/", Migrants.as_view(), name="api-migrants"),
    path("migrants/<uuid:pk>/", OneMigrant.as_view(), name="api-migrant"),
    path("migrants/<uuid:pk>/duplicates/", Duplicates.as_view(), name="api-duplicates"),
]
