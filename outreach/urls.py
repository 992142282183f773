from django.urls import path

from . import views

app_name = "outreach"
urlpatterns = [
    path("", views.activities, name="activities"),
    path("new/", views.new, name="new"),
    path("communities/", views.communities, name="communities"),
    path("attendances/<int:pk>/remove/", views.unattend, name="unattend"),
    path("<uuid:pk>/", views.activity, name="activity"),
    path("<uuid:pk>/correct/", views.correct, name="correct"),
    path("<uuid:pk>/attendances/", views.attend, name="attend"),
]
