from django.urls import path

from . import views

app_name = "reintegration"
urlpatterns = [
    path("", views.cases, name="list"),
    path("export.<str:kind>", views.export, name="export"),
    path("visits/export.<str:kind>", views.export_visits, name="export_visits"),
    path("visits/", views.visits, name="visits"),
    path("visits/<uuid:pk>/", views.visit, name="visit"),
    path("open/<uuid:pk>/", views.open_, name="open"),
    path("<uuid:pk>/", views.case, name="case"),
    path("<uuid:pk>/plan/", views.plan, name="plan"),
    path("<uuid:pk>/support/", views.support, name="support"),
    path("<uuid:pk>/close/", views.close, name="close"),
    path("<uuid:pk>/sheet/", views.sheet, name="sheet"),
]
