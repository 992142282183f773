from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer, OpenApiYamlRenderer2
from drf_spectacular.views import SpectacularAPIView

from cases.views.partner import partner
from centres import home
from jobs import health

handler400, handler403 = "centres.api_rules.bad_request", "centres.api_rules.forbidden"
handler404, handler500 = "centres.api_rules.not_found", "centres.api_rules.server_error"

# The first is what one gets without asking; YAML by `Accept: application/yaml`.
SCHEMA_FORMATS = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer2, OpenApiYamlRenderer]

urlpatterns = [
    path("", home.home, name="home"),
    path("stay-signed-in/", home.stay_signed_in, name="stay-signed-in"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("accounts.urls")),
    path("migrants/", include("cases.urls")),
    path("referrals/", include("cases.referral_urls")),
    path("r/<str:token>/", partner, name="partner"),
    path("centres/", include("reception.urls")),
    path("returns/", include("returns.urls")),
    path("reintegration/", include("reintegration.urls")),
    path("flows/", include("flows.urls")),
    path("outreach/", include("outreach.urls")),
    path("reporting/", include("reporting.urls")),
    path("questionnaires/", include("questionnaires.urls")),
    path("jobs/", include("jobs.urls")),
    path("administration/", include("administration.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(renderer_classes=SCHEMA_FORMATS), name="api-schema"),
    path("api/v1/", include("questionnaires.api")),
    path("api/v1/", include("cases.api")),
    path("api/v1/", include("cases.referral_api")),
    path("api/v1/", include("reception.api")),
    path("api/v1/", include("reception.api_day")),
    path("api/v1/", include("returns.api")),
    path("api/v1/", include("reintegration.api")),
    path("api/v1/", include("flows.api")),
    path("api/v1/", include("outreach.api")),
    path("api/v1/", include("reporting.api")),
]
