from django.urls import path

from .views import correcting, file, finding, keeping, protection, referring, registering

app_name = "cases"
urlpatterns = [
    path("", finding.migrants, name="migrants"),
    path("export.<str:kind>", finding.export, name="export"),
    path("register/", registering.register, name="register"),
    path("register/similar/", registering.similar, name="similar"),
    path("attachments/<uuid:pk>/", keeping.attachment, name="attachment"),
    path("<uuid:pk>/", file.migrant, name="migrant"),
    path("<uuid:pk>/edit/", correcting.edit, name="edit"),
    path("<uuid:pk>/print/", file.print_form, name="print"),
    path("<uuid:pk>/reads/", file.reads, name="reads"),
    path("<uuid:pk>/notes/", keeping.note, name="note"),
    path("<uuid:pk>/attachments/", keeping.attach, name="attach"),
    path("<uuid:pk>/consents/", keeping.consents, name="consents"),
    path("consents/<int:pk>/withdraw/", keeping.withdraw, name="withdraw_consent"),
    path("emergency/", protection.emergency, name="emergency"),
    path("emergency/notices/<int:pk>/", protection.acknowledge, name="acknowledge_emergency"),
    path("assessments/<uuid:pk>/decide/", protection.decide, name="decide"),
    path("tracings/<uuid:pk>/", protection.tracing_result, name="tracing_result"),
    path("<uuid:pk>/protection/", protection.protection, name="protection"),
    path("<uuid:pk>/protection/screen/", protection.screen, name="screen"),
    path("<uuid:pk>/protection/best-interest/", protection.best_interest, name="best_interest"),
    path("<uuid:pk>/protection/tracing/", protection.tracing, name="tracing"),
    path("<uuid:pk>/referrals/", referring.of_person, name="referrals"),
]
