from django.urls import path

from . import views

app_name = "flows"
urlpatterns = [
    path("", views.points, name="points"),
    path("count/", views.count, name="count"),
    path("counts/<uuid:pk>/", views.correct, name="correct"),
    path("points/<slug:code>/", views.point_overview, name="point"),
]
