from django.urls import path

from .views import directory, referring

app_name = "referrals"
urlpatterns = [
    path("", referring.referrals, name="list"),
    path("directory/", directory.directory, name="directory"),
    path("directory/new/", directory.new_structure, name="new_structure"),
    path("directory/<uuid:pk>/", directory.edit_structure, name="edit_structure"),
    path("new/<uuid:pk>/", referring.new, name="new"),
    path("<uuid:pk>/", referring.referral, name="referral"),
    path("<uuid:pk>/link/", referring.link, name="link"),
]
