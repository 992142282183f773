"""Indicators, their proof, and reports. What a caller may see is what the pages would show."""

import uuid
from typing import Any

from django.http import FileResponse, Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field, inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from centres.api import Conflict, SiraAPIView, Strict
from centres.roles import Right
from jobs.models import Job

from . import figures, services
from .measures import MEASURES, Period, proof, tallies
from .models import Indicator, Report

PAGE, MOST = 50, 200


class PeriodSerializer(serializers.Serializer):
    """?from=&to=; without them: from the start of the action to today."""

    to = serializers.DateField(required=False)

    def get_fields(self):
        return {"from": serializers.DateField(required=False), **super().get_fields()}


PERIOD = [
    OpenApiParameter("from", OpenApiTypes.DATE, description="Premier jour (début de l’action)"),
    OpenApiParameter("to", OpenApiTypes.DATE, description="Dernier jour (aujourd’hui)"),
]


def _period(request) -> Period:
    given = PeriodSerializer(data=request.query_params)
    given.is_valid(raise_exception=True)
    default = figures.default_period()
    return services.check_period(given.validated_data.get("from", default.start), given.validated_data.get("to", default.end))


class TargetSerializer(serializers.Serializer):
    text = serializers.CharField()
    unit = serializers.CharField()
    baseline = serializers.IntegerField()
    target = serializers.IntegerField()
    value = serializers.IntegerField(allow_null=True)
    suppressed = serializers.BooleanField()
    expected = serializers.FloatField()
    progress = serializers.FloatField(allow_null=True)
    state = serializers.CharField()
    measure = serializers.CharField()
    counted_until = serializers.DateField(allow_null=True, help_text="The last day it counts, where small numbers are protected.")


class CellSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()
    value = serializers.IntegerField(allow_null=True)
    suppressed = serializers.BooleanField()


class CrossSerializer(serializers.Serializer):
    sex = serializers.CharField()
    sex_label = serializers.CharField()
    age_group = serializers.CharField()
    age_label = serializers.CharField()
    value = serializers.IntegerField(allow_null=True)
    suppressed = serializers.BooleanField()


class TrendSerializer(serializers.Serializer):
    month = serializers.DateField()
    value = serializers.IntegerField(allow_null=True)


class FigureSerializer(serializers.Serializer):
    """One indicator for a period. A protected figure is null and marked `suppressed`."""

    code = serializers.CharField()
    level = serializers.ChoiceField(Indicator.Level.choices)
    objective = serializers.CharField()
    label = serializers.CharField()
    unit = serializers.CharField()
    kind = serializers.CharField()
    baseline = serializers.IntegerField(allow_null=True)
    baseline_text = serializers.CharField()
    target = serializers.IntegerField(allow_null=True)
    target_text = serializers.CharField()
    targets = TargetSerializer(many=True)
    value = serializers.IntegerField(allow_null=True)
    narrative = serializers.CharField()
    source = serializers.CharField()
    as_of = serializers.DateField(allow_null=True)
    progress = serializers.FloatField(allow_null=True)
    expected = serializers.FloatField(allow_null=True)
    state = serializers.CharField()
    state_label = serializers.CharField()
    note = serializers.CharField()
    is_increment = serializers.BooleanField()
    subset_of = serializers.ListField(child=serializers.CharField())
    same_counter = serializers.ListField(child=serializers.CharField())
    measure = serializers.CharField()
    disaggregation = serializers.DictField(child=CellSerializer(many=True))
    sex_by_age = CrossSerializer(many=True)
    trend = TrendSerializer(many=True)
    suppressed = serializers.BooleanField()
    withheld = serializers.ListField(child=serializers.CharField())
    counted = serializers.DictField(
        child=serializers.DateField(),
        allow_null=True,
        help_text="`from` and `to`: the days that the value counts. Numbers of people are protected: they always count from the start of the action, "
        "to the end of a month that is over or to today, and only to a day at which nobody can be told apart by subtraction.",
    )
    counted_until = serializers.DictField(child=serializers.DateField(), help_text="Protected disaggregations: the last day that each counts.")


class IndicatorList(SiraAPIView):
    """All indicators of the logframe for a period."""

    rights = (Right.VIEW_INDICATORS,)
    pagination_class = None
    serializer_class = FigureSerializer

    @extend_schema(operation_id="indicators_list", parameters=PERIOD, responses=FigureSerializer(many=True))
    def get(self, request):
        return Response(figures.build(_period(request), exact=figures.sees_exact(request.user)))


class FactSerializer(serializers.Serializer):
    subject = serializers.CharField()
    reference = serializers.CharField()
    detail = serializers.CharField()
    day = serializers.DateField()
    amount = serializers.IntegerField()
    codes = serializers.DictField(child=serializers.CharField())


class IndicatorProof(SiraAPIView):
    """The facts that an indicator counts, line for line; their amounts add up to its value."""

    rights = (Right.VIEW_PROOF_IOM, Right.VIEW_PROOF_AECID)
    read_model = "cases.migrant"
    queryset = Indicator.objects.all()
    lookup_field = "code"
    pagination_class = None
    serializer_class = FactSerializer

    @extend_schema(
        operation_id="indicators_proof",
        parameters=[*PERIOD, OpenApiParameter("after", OpenApiTypes.STR, description="`next` de la page précédente"), OpenApiParameter("page_size", OpenApiTypes.INT)],
        responses=inline_serializer(
            "Proof",
            {
                "code": serializers.CharField(),
                "value": serializers.IntegerField(allow_null=True),
                "next": serializers.CharField(allow_null=True),
                "results": FactSerializer(many=True),
            },
        ),
    )
    def get(self, request, code: str):
        indicator = self.get_object()
        period = _period(request)
        if indicator.by_hand:
            manual = figures.latest_values([indicator.code], period.end).get(indicator.code)
            return Response({"code": indicator.code, "value": manual.value if manual else None, "next": None, "results": []})
        measure = MEASURES[indicator.measure]
        try:
            size = min(max(int(request.query_params.get("page_size", PAGE)), 1), MOST)
            after = services.clean_key(measure.name, request.query_params.get("after", ""))
        except ValueError:
            raise exceptions.ValidationError({"after": [_("Cette page n’existe pas.")]}) from None
        facts = proof(measure.name, period, after=after, limit=size + 1)
        more, facts = len(facts) > size, facts[:size]
        if facts and "centre" in measure.dimensions:
            self.log(ReadLog.Action.LISTED, [fact.subject for fact in facts])
        last = f"{facts[-1].subject}/{facts[-1].detail}" if more and measure.name == "people_reached" else facts[-1].subject if more else None
        return Response(
            {
                "code": indicator.code,
                "value": tallies([measure.name], period, detail=False)[measure.name].value,
                "next": last,
                "results": FactSerializer(facts, many=True).data,
            }
        )


class ReportSerializer(serializers.ModelSerializer):
    state = serializers.ChoiceField(Job.State.choices, source="job.state", read_only=True)
    done = serializers.IntegerField(source="job.done", read_only=True)
    total = serializers.IntegerField(source="job.total", read_only=True)
    progress = serializers.SerializerMethodField(help_text="De 0 à 1")
    step = serializers.CharField(source="job.step", read_only=True)
    error = serializers.CharField(source="job.error", read_only=True)
    file = serializers.SerializerMethodField(help_text="Adresse du PDF, dès qu’il est prêt")
    sha256 = serializers.SerializerMethodField(help_text="Empreinte des chiffres arrêtés")

    class Meta:
        model = Report
        fields = ("id", "period_from", "period_to", "created_at", "state", "progress", "done", "total", "step", "error", "file", "sha256")
        read_only_fields = fields

    def get_progress(self, report: Report) -> float:
        job = report.job
        return 1.0 if job.state == Job.State.DONE else round(job.done / job.total, 3) if job.total else 0.0

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_file(self, report: Report) -> str | None:
        if report.job.state != Job.State.DONE or not report.job.file:
            return None
        return self.context["request"].build_absolute_uri(reverse("api-report-file", kwargs={"pk": report.pk}))

    def get_sha256(self, report: Report) -> str:
        return report.job.result.get("sha256", "")


class ReportRequestSerializer(Strict):
    """`id` is made by the caller: the same one again is the same report. `from` and `to`: the period (or by the names of the model)."""

    id = serializers.UUIDField(required=False)
    to = serializers.DateField(required=False)
    period_from = serializers.DateField(required=False)
    period_to = serializers.DateField(required=False)

    def get_fields(self):
        return {"from": serializers.DateField(required=False), **super().get_fields()}


class ReportList(SiraAPIView):
    """Reports of the committee; POST asks for one."""

    rights = (Right.MAKE_REPORT,)
    queryset = Report.objects.select_related("job").order_by("-created_at")
    serializer_class = ReportSerializer

    @extend_schema(operation_id="reports_list", responses=ReportSerializer(many=True))
    def get(self, request):
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="reports_create",
        request=ReportRequestSerializer,
        responses={201: ReportSerializer, 200: ReportSerializer, 409: OpenApiResponse(description="Autre contenu sous ce numéro")},
    )
    def post(self, request):
        given = ReportRequestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data, default = given.validated_data, figures.default_period()
        period = services.check_period(data.get("from", data.get("period_from", default.start)), data.get("to", data.get("period_to", default.end)))
        try:
            report, new = services.ask_for_report(actor=request.user, id=data.get("id") or uuid.uuid4(), period=period)
        except SameKeyOtherContent:
            raise Conflict(_("Ce numéro est déjà pris par une autre demande.")) from None
        return Response(self.get_serializer(report).data, status=201 if new else 200)


class ReportDetail(SiraAPIView):
    """How far a report is, and where its file lies."""

    rights = (Right.MAKE_REPORT,)
    queryset = Report.objects.select_related("job")
    serializer_class = ReportSerializer

    @extend_schema(operation_id="reports_retrieve")
    def get(self, request, pk: Any):
        return Response(self.get_serializer(self.get_object()).data)


class ReportFile(SiraAPIView):
    rights = (Right.MAKE_REPORT,)
    queryset = Report.objects.select_related("job")
    serializer_class = None
    read_model = "reporting.report"

    @extend_schema(operation_id="reports_file", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request, pk: Any):
        report = self.get_object()
        if report.job.state != Job.State.DONE or not report.job.file:
            raise Http404
        self.log(ReadLog.Action.DOWNLOADED, [report.pk])
        return FileResponse(report.job.file.open("rb"), as_attachment=True, filename=report.job.file_name, content_type="application/pdf")


urlpatterns = [
    path("indicators/", IndicatorList.as_view(), name="api-indicators"),
    path("indicators/<str:code>/proof/", IndicatorProof.as_view(), name="api-indicator-proof"),
    path("reports/", ReportList.as_view(), name="api-reports"),
    path("reports/<uuid:pk>/", ReportDetail.as_view(), name="api-report"),
    path("reports/<uuid:pk>/file/", ReportFile.as_view(), name="api-report-file"),
]
