from django.urls import path

from . import views

app_name = "administration"
urlpatterns = [
    path("users/", views.users, name="users"),
    path("users/new/", views.new_user, name="new_user"),
    path("users/<int:pk>/", views.user, name="user"),
    path("users/<int:pk>/edit/", views.edit_user, name="edit_user"),
    path("users/<int:pk>/deactivate/", views.deactivate, name="deactivate"),
    path("users/<int:pk>/reactivate/", views.reactivate, name="reactivate"),
    path("users/<int:pk>/password/", views.reset_password, name="reset_password"),
    path("users/<int:pk>/second-factor/", views.reset_second_factor, name="reset_second_factor"),
    path("my-token/", views.my_token, name="my_token"),
    path("users/<int:pk>/token/revoke/", views.revoke_token, name="revoke_token"),
    path("users/<int:pk>/postings/new/", views.new_posting, name="new_posting"),
    path("postings/<int:pk>/end/", views.end_posting, name="end_posting"),
    path("postings/waiting/", views.waiting, name="waiting"),
    path("postings/<int:pk>/confirm/", views.confirm_posting, name="confirm_posting"),
    path("access-requests/<int:pk>/confirm/", views.confirm_access, name="confirm_access"),
    path("access-requests/<int:pk>/refuse/", views.refuse_access, name="refuse_access"),
    path("staff/", views.my_staff, name="my_staff"),
    path("centres/<slug:code>/staff/", views.staff, name="staff"),
    path("centres/<slug:code>/staff/<int:pk>/end/", views.unpost, name="unpost"),
    path("reads/", views.reads, name="reads"),
    path("reads/export/", views.reads_export, name="reads_export"),
    path("changes/", views.changes, name="changes"),
    path("changes/export/", views.changes_export, name="changes_export"),
    path("emergencies/", views.emergencies, name="emergencies"),
    path("chain/", views.chain, name="chain"),
]
