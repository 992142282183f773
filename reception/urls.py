from django.urls import path

from .views import assistance, board, meals, offers, stays

app_name = "reception"
urlpatterns = [
    path("export.<str:kind>", board.export, name="export"),
    path("", board.centres, name="centres"),
    path("stays/<uuid:pk>/move/", stays.move, name="move"),
    path("stays/<uuid:pk>/check-out/", stays.check_out, name="check_out"),
    path("stays/<uuid:pk>/undo-departure/", stays.undo_departure, name="undo-departure"),
    path("assistance/<uuid:pk>/withdraw/", assistance.withdraw, name="withdraw_assistance"),
    path("<str:code>/", board.board, name="centre"),
    path("<str:code>/meals/", meals.meals, name="meals"),
    path("<str:code>/meals/undo/", meals.undo, name="undo-meals"),
    path("<str:code>/services/", offers.offers, name="offers"),
    path("<str:code>/services/<slug:service>/", offers.offer, name="offer"),
    path("<str:code>/check-in/<uuid:migrant>/", stays.check_in, name="check_in"),
    path("<str:code>/assistance/<uuid:migrant>/", assistance.assistance, name="assistance"),
]
