from django.urls import path

from . import views

app_name = "reception"
urlpatterns = [
    path("export.<str:kind>", views.export, name="export"),
    path("", views.centres, name="centres"),
    path("stays/<uuid:pk>/move/", views.move, name="move"),
    path("stays/<uuid:pk>/check-out/", views.check_out, name="check_out"),
    path("stays/<uuid:pk>/undo-departure/", views.undo_departure, name="undo-departure"),
    path("assistance/<uuid:pk>/withdraw/", views.withdraw, name="withdraw_assistance"),
    path("<str:code>/", views.board, name="centre"),
    path("<str:code>/meals/", views.meals, name="meals"),
    path("<str:code>/check-in/<uuid:migrant>/", views.check_in, name="check_in"),
    path("<str:code>/assistance/<uuid:migrant>/", views.assistance, name="assistance"),
]
