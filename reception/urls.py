from django.urls import path

from .views import assistance, board, criteria, health, sessions, stays, stock

app_name = "reception"
urlpatterns = [
    path("export.<str:kind>", board.export, name="export"),
    path("", board.centres, name="centres"),
    path("stays/<uuid:pk>/move/", stays.move, name="move"),
    path("stays/<uuid:pk>/check-out/", stays.check_out, name="check_out"),
    path("stays/<uuid:pk>/undo-departure/", stays.undo_departure, name="undo-departure"),
    path("assistance/<uuid:pk>/withdraw/", assistance.withdraw, name="withdraw_assistance"),
    path("assistance/<uuid:pk>/health/", health.detail, name="health_detail"),
    path("people/<uuid:pk>/health/", health.health, name="health"),
    path("<str:code>/", board.board, name="centre"),
    path("<str:code>/meals/", assistance.meals, name="meals"),
    path("<str:code>/check-in/<uuid:migrant>/", stays.check_in, name="check_in"),
    path("<str:code>/assistance/<uuid:migrant>/", assistance.assistance, name="assistance"),
    path("<str:code>/health/<uuid:migrant>/", health.care, name="care"),
    path("<str:code>/stock/", stock.stock, name="stock"),
    path("<str:code>/stock/threshold/", stock.threshold, name="stock_threshold"),
    path("<str:code>/sessions/", sessions.sessions, name="sessions"),
    path("<str:code>/sessions/new/", sessions.new_session, name="new_session"),
    path("<str:code>/sessions/<uuid:pk>/", sessions.session, name="session"),
    path("<str:code>/criteria/", criteria.criteria, name="criteria"),
    path("<str:code>/criteria/edit/", criteria.criteria_edit, name="criteria_edit"),
    path("<str:code>/criteria/sheet/", criteria.criteria_sheet, name="criteria_sheet"),
]
