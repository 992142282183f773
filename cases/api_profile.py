"""The API of a person's profile: answers to the questionnaire, how complete they are, and the road."""

from typing import Any, cast

from django.core.exceptions import ValidationError
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from audit.models import ReadLog
from centres.access import allows
from centres.api import SiraAPIView, Strict
from centres.roles import Right
from questionnaires.answers import completeness
from questionnaires.definition import Definition
from questionnaires.models import Questionnaire, Version
from questionnaires.services import Differing

from . import services
from .models import Migrant, Profile, RouteStep
from .profiles import Subject


class StepSerializer(serializers.ModelSerializer):
    protection_events = serializers.SerializerMethodField(help_text="Null without the right to see what is for protection.")

    class Meta:
        model = RouteStep
        fields = ("id", "place", "country", "latitude", "longitude", "since", "until", "means", "cost", "currency", "events", "protection_events", "notes")

    @extend_schema_field(serializers.ListField(child=serializers.CharField(), allow_null=True))
    def get_protection_events(self, step: RouteStep) -> list[str] | None:
        return step.protection_events if self.context["protection"] else None


@extend_schema_field(OpenApiTypes.ANY)
class AnswerField(serializers.Field):
    """A text, a number, a code, a list of codes, or null."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class ProfileSerializer(serializers.Serializer):
    questionnaire = serializers.CharField(help_text="Code of the questionnaire; empty when none is published.")
    questionnaire_version = serializers.IntegerField(allow_null=True, help_text="Number of the version that these answers were given to.")
    version = serializers.IntegerField(help_text="To be sent back with the next answers; 0: there are none yet.")
    saved_at = serializers.DateTimeField(allow_null=True)
    answers = serializers.DictField(child=AnswerField(), help_text="By question code.")
    missing = serializers.ListField(child=serializers.CharField(), help_text="Codes of the questions whose answer is expected and missing.")
    basic_items = serializers.DictField(child=serializers.BooleanField(), help_text="By number of the basic item: is it known?")
    complete = serializers.BooleanField()
    route = StepSerializer(many=True)


class AnswersSerializer(Strict, serializers.Serializer):
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="The version you read; 0 if there were no answers yet.")
    answers = serializers.DictField(child=AnswerField(allow_null=True), help_text="By question code; only those sent are changed, null takes one back.")


class OneProfile(SiraAPIView):
    queryset = Migrant.objects.select_related("origin_area").prefetch_related("custodies")
    serializer_class = ProfileSerializer
    rights = (Right.VIEW_CASE,)
    read_model = "cases.migrant"

    @extend_schema(operation_id="migrants_profile_read", responses=ProfileSerializer)
    def get(self, request: Request, pk: Any) -> Response:
        migrant = self.get_object()
        self.log(ReadLog.Action.OPENED, [migrant.pk])
        return Response(self._shown(migrant))

    @extend_schema(operation_id="migrants_profile_save", request=AnswersSerializer, responses={200: ProfileSerializer, 409: ProfileSerializer})
    def put(self, request: Request, pk: Any) -> Response:
        """Answers to the version in force. Answered otherwise by somebody else meanwhile: 409, with what is saved now."""
        migrant = self.get_object()
        serializer = AnswersSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            services.save_profile(actor=cast(User, request.user), migrant=migrant, **serializer.validated_data)
        except Differing as stale:
            words = _("Quelqu’un a répondu autrement entre-temps.")
            body = {"type": "about:blank", "title": words, "status": 409, "detail": str(stale), "differing": stale.codes, "current": self._shown(migrant)}
            return Response(body, status=status.HTTP_409_CONFLICT, content_type="application/problem+json")
        except ValidationError as error:
            if not hasattr(error, "error_dict"):
                raise
            raise serializers.ValidationError({"answers": {code: [str(words) for message in errors for words in message] for code, errors in error.error_dict.items()}})
        return Response(self._shown(migrant))

    def _shown(self, migrant: Migrant) -> dict[str, Any]:
        user = cast(User, self.request.user)
        profile = Profile.objects.visible_to(user).filter(migrant=migrant).latest_first().select_related("questionnaire_version__questionnaire").first()
        version = profile.questionnaire_version if profile else Version.objects.in_force(Questionnaire.Kind.PROFILE)
        steps = list(RouteStep.objects.visible_to(user).filter(migrant=migrant).order_by("order", "id"))
        answers = profile.answers if profile else {}
        found = completeness(Definition(version), answers, Subject(migrant, len(steps))) if version else None
        data = {
            "questionnaire": version.questionnaire.code if version else "",
            "questionnaire_version": version.number if version else None,
            "version": profile.version if profile else 0,
            "saved_at": profile.saved_at if profile else None,
            "answers": answers,
            "missing": [question.code for question in found.missing] if found else [],
            "basic_items": {str(item): known for item, known in sorted(found.items.items())} if found else {},
            "complete": found.whole if found else False,
            "route": steps,
        }
        context = dict(self.get_serializer_context()) | {"protection": allows(user, Right.VIEW_PROTECTION, migrant)}
        return ProfileSerializer(data, context=context).data


urlpatterns = [path("migrants/<uuid:pk>/profile/", OneProfile.as_view(), name="api-profile")]
