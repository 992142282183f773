"""The API of questionnaires: what is asked now."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from centres.api import SiraAPIView
from centres.roles import Right

from .models import Choice, Question, Questionnaire, Version


class ChoiceSerializer(serializers.ModelSerializer):
    text = serializers.DictField(child=serializers.CharField(), help_text="By language: fr, en, es.")

    class Meta:
        model = Choice
        fields = ("code", "text", "value")


class QuestionSerializer(serializers.ModelSerializer):
    text = serializers.DictField(child=serializers.CharField(), help_text="By language: fr, en, es.")
    hint = serializers.DictField(child=serializers.CharField())
    choices = ChoiceSerializer(many=True)
    type = serializers.ChoiceField(choices=Question.Type.choices, help_text="A `section` begins a part; `source`: answered by the file itself, not asked.")

    class Meta:
        model = Question
        fields = ("code", "type", "text", "hint", "relevant", "required", "minimum", "maximum", "basic_item", "source", "choices")


class QuestionnaireSerializer(serializers.ModelSerializer):
    code = serializers.CharField(source="questionnaire.code")
    kind = serializers.ChoiceField(source="questionnaire.kind", choices=Questionnaire.Kind.choices)
    title = serializers.DictField(source="questionnaire.title", child=serializers.CharField(), help_text="By language: fr, en, es.")
    questions = QuestionSerializer(many=True)

    class Meta:
        model = Version
        fields = ("code", "kind", "title", "number", "published_at", "questions")


class Questionnaires(SiraAPIView):
    """The published version of each questionnaire that is asked now."""

    queryset = (
        Version.objects.filter(state=Version.State.PUBLISHED, questionnaire__archived_at__isnull=True)
        .select_related("questionnaire")
        .prefetch_related("questions__choices")
    )
    serializer_class = QuestionnaireSerializer
    pagination_class = None
    rights = (Right.VIEW_CASE, Right.EDIT_QUESTIONNAIRES)

    @extend_schema(operation_id="questionnaires_list", responses=QuestionnaireSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(self.get_serializer(self.get_queryset(), many=True).data)


urlpatterns = [path("questionnaires/", Questionnaires.as_view(), name="api-questionnaires")]
