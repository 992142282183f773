"""The API of people: search, register, read, correct, and who may be the same."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from audit.acting import Stale
from audit.models import ReadLog
from centres.access import centres_for
from centres.api import Pages, SiraAPIView, Strict
from centres.models import Area, Centre
from centres.roles import Right

from . import api_profile, consents, listing, services, whereabouts
from .duplicates import Likeness, similar_to
from .duplicates.finding import as_seen_by
from .forms import SearchForm
from .languages import LANGUAGES
from .models import Consent, IdentityDocument, Migrant, MigrantQuerySet, birth_for_machines
from .vulnerabilities import ALL_FLAGS


class MigrantPages(Pages):
    ordering = ("-registered_at", "-id")


@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "description": "A region or cercle of Mali. Codes were used again in 2023: one means nothing without the year of its list.",
        "properties": {"vintage": {"type": "string"}, "pcode": {"type": "string"}, "name": {"type": "string", "readOnly": True}},
        "required": ["vintage", "pcode"],
    }
)
class AreaField(serializers.Field):
    def to_representation(self, area: Area) -> dict[str, str]:
        return {"vintage": area.vintage, "pcode": area.pcode, "name": area.name}

    def to_internal_value(self, data: Any) -> Area:
        known = isinstance(data, dict) and all(isinstance(data.get(name), str) and data[name].isalnum() for name in ("vintage", "pcode"))
        area = Area.objects.filter(vintage=data["vintage"], pcode=data["pcode"]).first() if known else None
        if area is None:
            raise serializers.ValidationError(_("Ce P-code n’est pas dans la liste de cette année."))
        return area


class DocumentSerializer(serializers.ModelSerializer):
    """A paper of identity; its number is kept sealed and shown with the single file alone."""

    number = serializers.CharField(max_length=60, allow_blank=True, write_only=True, required=False)
    country = serializers.CharField(min_length=2, max_length=2, help_text="ISO 3166-1 alpha-2.")
    expired = serializers.BooleanField(source="has_expired", read_only=True)

    class Meta:
        model = IdentityDocument
        fields = ("id", "kind", "number", "country", "expires_on", "expired")
        read_only_fields = ("id",)

    def to_representation(self, document: IdentityDocument) -> dict[str, Any]:
        """A number that no known secret opens any more is null."""
        return super().to_representation(document) | {"number": document.readable_number}


@extend_schema_field({"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"})
class BirthField(serializers.DateField):
    """A date with as many parts as are known. The latest day is the service's to find, by `birth_precision`."""

    def to_internal_value(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) in (4, 7) and value.replace("-", "").isascii() and value.replace("-", "").isdigit():
            value = f"{value}-01-01"[:10]
        return super().to_internal_value(value)


class WhereSerializer(serializers.Serializer):
    code = serializers.ChoiceField(choices=whereabouts.Code.choices)
    words = serializers.CharField(help_text="The same for people, with the day")
    since = serializers.DateField(allow_null=True)
    bed = serializers.CharField(allow_blank=True)


class _Identity(Strict, serializers.ModelSerializer):
    """The fields that say who a person is. The services judge them; here is only their kind and length."""

    surname = serializers.CharField(max_length=80, allow_blank=True, required=False, help_text="As the person writes it. One of surname and given_names is needed.")
    given_names = serializers.CharField(max_length=120, allow_blank=True, required=False)
    born_on = BirthField(help_text="As far as it is known: 1995-06-15, 1995-06 or 1995. On input also any day of a month or year, with its `birth_precision`.")
    nationality = serializers.CharField(min_length=2, max_length=2, help_text="ISO 3166-1 alpha-2.")
    phone = serializers.CharField(max_length=40, allow_blank=True, required=False, help_text="Any way of writing; kept as international digits.")
    other_phone = serializers.CharField(max_length=40, allow_blank=True, required=False)
    second_nationality = serializers.CharField(max_length=2, allow_blank=True, required=False, help_text="ISO 3166-1 alpha-2.")
    origin_country = serializers.CharField(max_length=2, allow_blank=True, required=False, help_text="ISO 3166-1 alpha-2.")
    origin_area = AreaField(allow_null=True, required=False)
    languages = serializers.ListField(child=serializers.ChoiceField(choices=LANGUAGES), required=False, max_length=24, help_text="ISO 639-3.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A birth given in part says with it how exactly it is known: no day is made of a year."""
        written = self.initial_data.get("born_on")
        least = {Migrant.Precision.MONTH: 7, Migrant.Precision.YEAR: 4, Migrant.Precision.AGE: 4}.get(attrs.get("birth_precision"), 10)
        if isinstance(written, str) and len(written) < least:
            raise serializers.ValidationError({"born_on": [_("Cette date n’est connue qu’en partie : donnez aussi sa précision.")]})
        return super().validate(attrs)

    def to_representation(self, migrant: Migrant) -> dict[str, Any]:
        return super().to_representation(migrant) | {"born_on": birth_for_machines(migrant.born_on, migrant.birth_precision)}


class MigrantSerializer(_Identity):
    centre = serializers.SlugRelatedField(slug_field="code", queryset=Centre.objects.all(), write_only=True, required=False, help_text="Needed if you work in several.")
    consent_method = serializers.ChoiceField(choices=Consent.Method.choices, write_only=True)
    consent_purposes = serializers.ListField(child=serializers.ChoiceField(choices=Consent.Purpose.choices), write_only=True, max_length=20)
    consent_witness = serializers.CharField(max_length=120, allow_blank=True, write_only=True, required=False, help_text="Needed if the consent is spoken.")
    document = DocumentSerializer(write_only=True, required=False, help_text="The paper the person shows.")
    registration_group = serializers.UUIDField(source="registration_group_id", read_only=True, allow_null=True)
    consent_language = serializers.ChoiceField(choices=consents.LANGUAGES, write_only=True, required=False, default="fra", help_text="ISO 639-3.")
    registered_centre = serializers.SlugRelatedField(slug_field="code", read_only=True)
    unaccompanied_minor = serializers.BooleanField(source="is_unaccompanied_minor", read_only=True)
    whereabouts = serializers.SerializerMethodField(help_text="Where the person is now, as far as you follow them")
    flags = serializers.SerializerMethodField(help_text="Of the current vulnerability assessment; those that only protection may read are `protection` to others.")

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
            *services.FURTHER_FIELDS,
            "document",
            "consent_method",
            "consent_purposes",
            "consent_language",
            "consent_witness",
            "registration_group",
            "registered_at",
            "registered_centre",
            "unaccompanied_minor",
            "whereabouts",
            "flags",
            "version",
        )
        read_only_fields = ("case_number", "registered_at", "version")
        # The key is made by the client; that it may exist already is for the service to judge.
        extra_kwargs = {"id": {"required": True, "validators": [], "help_text": "Made by the client (UUID): sent twice it is one person."}}

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=list(ALL_FLAGS.items()))))
    def get_flags(self, migrant: Migrant) -> list[str]:
        return migrant.flags_for(self.context["request"].user)

    @extend_schema_field(WhereSerializer)
    def get_whereabouts(self, migrant: Migrant) -> Any:
        return WhereSerializer(whereabouts.where(self.context["request"].user, migrant)).data

    def to_representation(self, migrant: Migrant) -> dict[str, Any]:
        """Without the telephones for a team that no longer follows the person."""
        found = super().to_representation(migrant)
        return found if migrant.care_ended(self.context["request"].user) is None else found | {"phone": "", "other_phone": ""}


class FileSerializer(MigrantSerializer):
    """The single file: also its papers."""

    documents = serializers.SerializerMethodField()

    class Meta(MigrantSerializer.Meta):
        fields = (*MigrantSerializer.Meta.fields, "documents")

    @extend_schema_field(DocumentSerializer(many=True))
    def get_documents(self, migrant: Migrant) -> Any:
        seen = IdentityDocument.objects.visible_to(self.context["request"].user).filter(migrant=migrant)
        return DocumentSerializer(seen, many=True).data


class CorrectionSerializer(_Identity):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=True, help_text="The version you read.")

    class Meta:
        model = Migrant
        fields = ("surname", "given_names", "sex", "born_on", "birth_precision", "nationality", "phone", *services.FURTHER_FIELDS, "version")


class StaleSerializer(serializers.Serializer):
    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    current = MigrantSerializer(help_text="What is saved now.")


class LikelySerializer(MigrantSerializer):
    """Who may be the same: where they are is asked of their own file."""

    class Meta(MigrantSerializer.Meta):
        fields = tuple(name for name in MigrantSerializer.Meta.fields if name != "whereabouts")

    whereabouts = None  # type: ignore[assignment]


class LikenessSerializer(serializers.Serializer):
    certainty = serializers.FloatField(help_text="0 to 1")
    centre = serializers.CharField(source="centre.code", help_text="Code of the centre that has the file.")
    migrant = LikelySerializer(allow_null=True, help_text="Null when the person is out of your scope.")
    reasons = serializers.SerializerMethodField(help_text="Why, in words; empty when the person is out of your scope.")

    def get_reasons(self, likeness: Likeness) -> list[str]:
        return [reason.words for reason in likeness.reasons]


_FILTERS = [
    OpenApiParameter(
        "q",
        OpenApiTypes.STR,
        description="Name in any spelling, case number, phone, document number or code of the card; the most alike first, 100 at most. Better asked by POST at `migrants/search/`: an address stays in logs.",
    ),
    OpenApiParameter("sex", OpenApiTypes.STR, enum=Migrant.Sex.values),
    OpenApiParameter("nationality", OpenApiTypes.STR, description="ISO 3166-1 alpha-2"),
    OpenApiParameter("centre", OpenApiTypes.STR, description="Code of the centre that cares for them now"),
    OpenApiParameter("unaccompanied_minor", OpenApiTypes.BOOL),
    OpenApiParameter("flag", OpenApiTypes.STR, description="Those of `flags` that you may know of"),
]


class _People(SiraAPIView):
    queryset = Migrant.objects.select_related("registered_centre", "origin_area").prefetch_related("custodies")
    rights = (Right.VIEW_CASE,)
    read_model = "cases.migrant"

    def asked_for(self, query: Mapping[str, Any]) -> MigrantQuerySet:
        """The people in sight that the filters leave. Raises ValidationError for a filter that can't be read or may not be asked."""
        user = self.request.user
        data = {name: query.get(name) for name in ("sex", "nationality", "flag")}
        data["alone"] = str(query.get("unaccompanied_minor", "")).lower() in ("true", "1", "on")
        mine = centres_for(user, Right.VIEW_CASE)
        form = SearchForm(data, centres=mine, user=user)
        if not form.is_valid():
            raise serializers.ValidationError(form.errors)
        people = listing.filtered(self.get_queryset(), form)
        if code := query.get("centre"):  # one that is not the user's has nobody to show
            here = Centre.objects.filter(code=code, pk__in=mine).first()
            people = people.in_care_of(here) if here else people.none()
        return people

    def search(self, words: str, people: MigrantQuerySet) -> Response:
        rows = listing.seen_by(self.request.user, people.best_matching(words, most=listing.MOST_FOUND))
        self.log(ReadLog.Action.SEARCHED, [person.pk for person in rows])
        return Response({"next": None, "previous": None, "results": MigrantSerializer(rows, many=True, context=self.get_serializer_context()).data})


class Migrants(_People):
    serializer_class = MigrantSerializer
    pagination_class = MigrantPages
    write_rights = (Right.REGISTER,)

    @extend_schema(operation_id="migrants_list", parameters=_FILTERS, responses=MigrantSerializer(many=True))
    def get(self, request: Request) -> Response:
        query = request.query_params
        people = self.asked_for(query)
        if query.get("q", "").strip():
            return self.search(query["q"], people)
        rows = self.paginate_queryset(people)
        listing.seen_by(request.user, rows)
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


class SearchSerializer(Strict):
    """What is searched, in the body: an address is kept by every server and browser it passes."""

    q = serializers.CharField(max_length=200, help_text="As `q` of the list.")
    sex = serializers.ChoiceField(choices=Migrant.Sex.choices, required=False)
    nationality = serializers.CharField(min_length=2, max_length=2, required=False, help_text="ISO 3166-1 alpha-2.")
    centre = serializers.CharField(max_length=10, required=False, help_text="Code of the centre that cares for them now.")
    unaccompanied_minor = serializers.BooleanField(required=False)
    flag = serializers.CharField(max_length=60, required=False)


class FoundSerializer(serializers.Serializer):
    """The same shape as the list; a search is one page."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = MigrantSerializer(many=True)


class SearchMigrants(_People):
    """The search of the list by POST, so that a name stands in no address."""

    serializer_class = SearchSerializer
    pagination_class = None

    @extend_schema(operation_id="migrants_search", request=SearchSerializer, responses=FoundSerializer)
    def post(self, request: Request) -> Response:
        asked = SearchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self.search(asked.validated_data["q"], self.asked_for(asked.validated_data))


class Joined(APIException):
    """The file was joined to another one. `survivor`: the key of the one that speaks for both, in the user's scope."""

    status_code = status.HTTP_410_GONE
    default_detail = gettext_lazy("Ce dossier a été réuni à un autre dossier de la même personne.")
    default_code = "joined"

    def __init__(self, survivor: Any):
        self.survivor = survivor
        super().__init__()


class _One(SiraAPIView):
    """A file by its key; one that was joined to another in scope answers 410 and names it, so that a client learns the key to use."""

    def get_object(self) -> Any:
        try:
            return super().get_object()
        except Http404:
            found = Migrant.objects.successor(self.request.user, "pk", self.kwargs["pk"])
            if found is None:
                raise
            raise Joined(found.pk) from None


class OneMigrant(_One):
    queryset = Migrant.objects.select_related("registered_centre", "origin_area").prefetch_related("custodies")
    serializer_class = FileSerializer
    rights = (Right.VIEW_CASE,)
    write_rights = (Right.REGISTER,)
    read_model = "cases.migrant"

    @extend_schema(operation_id="migrants_read", responses=FileSerializer)
    def get(self, request: Request, pk: Any) -> Response:
        migrant = self.get_object()
        self.log(ReadLog.Action.OPENED, [migrant.pk])
        listing.seen_by(request.user, [migrant])
        return Response(self.get_serializer(migrant).data)

    @extend_schema(operation_id="migrants_correct", request=CorrectionSerializer, responses={200: FileSerializer, 409: StaleSerializer})
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


class Duplicates(_One):
    queryset = Migrant.objects.all()
    serializer_class = LikenessSerializer
    pagination_class = None
    rights = (Right.REGISTER,)
    read_model = "cases.migrant"

    @extend_schema(operation_id="migrants_duplicates", responses=LikenessSerializer(many=True))
    def get(self, request: Request, pk: Any) -> Response:
        """People of any centre who may be the same as this one, the most alike first."""
        migrant = self.get_object()
        alike = as_seen_by(request.user, similar_to(migrant, most=5))
        self.log(ReadLog.Action.SEARCHED, [migrant.pk, *(likeness.key for likeness in alike)])
        return Response(self.get_serializer(alike, many=True).data)


urlpatterns = [
    path("migrants/", Migrants.as_view(), name="api-migrants"),
    path("migrants/search/", SearchMigrants.as_view(), name="api-migrant-search"),
    path("migrants/<uuid:pk>/", OneMigrant.as_view(), name="api-migrant"),
    path("migrants/<uuid:pk>/duplicates/", Duplicates.as_view(), name="api-duplicates"),
    *api_profile.urlpatterns,
]
