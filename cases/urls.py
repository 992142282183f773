from django.urls import path

from .views import correcting, file, finding, keeping, profile, protection, referring, registering, route

app_name = "cases"
urlpatterns = [
    path("", finding.migrants, name="migrants"),
    path("export.<str:kind>", finding.export, name="export"),
    path("register/", registering.register, name="register"),
    path("register/similar/", registering.similar, name="similar"),
    path("attachments/<uuid:pk>/", keeping.attachment, name="attachment"),
    path("completeness/", profile.completeness, name="completeness"),
    path("route/<uuid:pk>/", route.step, name="step"),
    path("route/<uuid:pk>/move/", route.move_step, name="move_step"),
    path("route/<uuid:pk>/remove/", route.remove_step, name="remove_step"),
    path("<uuid:pk>/profile/", profile.profile, name="profile"),
    path("<uuid:pk>/profile/<int:number>/", profile.part, name="profile_part"),
    path("<uuid:pk>/route/", route.add_step, name="add_step"),
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
