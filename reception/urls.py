from django.urls import path

from .views import arrivals, assistance, board, expected, stays, transfers

app_name = "reception"
urlpatterns = [
    path("export.<str:kind>", board.export, name="export"),
    path("", board.centres, name="centres"),
    path("stays/<uuid:pk>/move/", stays.move, name="move"),
    path("stays/<uuid:pk>/check-out/", stays.check_out, name="check_out"),
    path("stays/<uuid:pk>/extend/", stays.extend, name="extend"),
    path("stays/<uuid:pk>/release-bed/", stays.release_bed, name="release_bed"),
    path("stays/<uuid:pk>/transfer/", transfers.ask, name="ask_transfer"),
    path("transfers/<uuid:pk>/", transfers.transfer, name="transfer"),
    path("expected/new/", expected.announce, name="announce"),
    path("expected/<uuid:pk>/", expected.group, name="expected_group"),
    path("expected/<uuid:pk>/cancel/", expected.cancel, name="cancel_expected"),
    path("stays/<uuid:pk>/undo-departure/", stays.undo_departure, name="undo-departure"),
    path("assistance/<uuid:pk>/withdraw/", assistance.withdraw, name="withdraw_assistance"),
    path("<str:code>/", board.board, name="centre"),
    path("<str:code>/arrivals/", arrivals.arrivals, name="arrivals"),
    path("<str:code>/expected/", expected.groups, name="expected"),
    path("<str:code>/transfers/", transfers.transfers, name="transfers"),
    path("<str:code>/meals/", assistance.meals, name="meals"),
    path("<str:code>/check-in/<uuid:migrant>/", stays.check_in, name="check_in"),
    path("<str:code>/assistance/<uuid:migrant>/", assistance.assistance, name="assistance"),
]
