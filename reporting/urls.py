from django.urls import path

from . import views

app_name = "reporting"
urlpatterns = [
    path("", views.committee, name="committee"),
    path("indicators.xlsx", views.export, name="export"),
    path("indicators/<str:code>/", views.indicator, name="indicator"),
    path("indicators/<str:code>/proof/", views.indicator_proof, name="proof"),
    path("indicators/<str:code>/enter/", views.enter_value, name="enter-value"),
    path("values/<uuid:pk>/validate/", views.validate_value, name="validate-value"),
    path("values/<uuid:pk>/refuse/", views.refuse_value, name="refuse-value"),
    path("reports/", views.reports, name="reports"),
    path("reports/<uuid:pk>/file/", views.report_file, name="report-file"),
]
