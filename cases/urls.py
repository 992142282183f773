from django.urls import path

from . import views

app_name = "cases"
urlpatterns = [
    path("", views.migrants, name="migrants"),
    path("export.<str:kind>", views.export, name="export"),
    path("register/", views.register, name="register"),
    path("register/similar/", views.similar, name="similar"),
    path("attachments/<uuid:pk>/", views.attachment, name="attachment"),
    path("<uuid:pk>/", views.migrant, name="migrant"),
    path("<uuid:pk>/edit/", views.edit, name="edit"),
    path("<uuid:pk>/print/", views.print_form, name="print"),
    path("<uuid:pk>/reads/", views.reads, name="reads"),
    path("<uuid:pk>/notes/", views.note, name="note"),
    path("<uuid:pk>/attachments/", views.attach, name="attach"),
    path("<uuid:pk>/consents/", views.consents, name="consents"),
    path("consents/<int:pk>/withdraw/", views.withdraw, name="withdraw_consent"),
]
