from django.urls import path

from . import views

app_name = "returns"
urlpatterns = [
    path("", views.cases, name="list"),
    path("export.<str:kind>", views.export, name="export"),
    path("open/<uuid:pk>/", views.open_, name="open"),
    path("<uuid:pk>/", views.case, name="case"),
    path("<uuid:pk>/correct/", views.correct, name="correct"),
    path("<uuid:pk>/declaration/", views.declaration, name="declaration"),
]
