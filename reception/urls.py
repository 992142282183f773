from django.urls import path

from .views import assistance, board, counter, stays

app_name = "reception"
urlpatterns = [
    path("export.<str:kind>", board.export, name="export"),
    path("", board.centres, name="centres"),
    path("stays/<uuid:pk>/move/", stays.move, name="move"),
    path("stays/<uuid:pk>/check-out/", stays.check_out, name="check_out"),
    path("stays/<uuid:pk>/undo-departure/", stays.undo_departure, name="undo-departure"),
    path("assistance/<uuid:pk>/withdraw/", assistance.withdraw, name="withdraw_assistance"),
    path("<str:code>/", board.board, name="centre"),
    path("<str:code>/counter/", counter.counter, name="counter"),
    path("<str:code>/meals/", assistance.meals, name="meals"),
    path("<str:code>/check-in/<uuid:migrant>/", stays.check_in, name="check_in"),
    path("<str:code>/assistance/<uuid:migrant>/", assistance.assistance, name="assistance"),
]
