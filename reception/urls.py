from django.urls import path

from .views import alerts, assistance, board, day, incidents, stays

app_name = "reception"
urlpatterns = [
    path("export.<str:kind>", board.export, name="export"),
    path("", board.centres, name="centres"),
    path("stays/<uuid:pk>/move/", stays.move, name="move"),
    path("stays/<uuid:pk>/check-out/", stays.check_out, name="check_out"),
    path("stays/<uuid:pk>/undo-departure/", stays.undo_departure, name="undo-departure"),
    path("assistance/<uuid:pk>/withdraw/", assistance.withdraw, name="withdraw_assistance"),
    path("incidents/<uuid:pk>/", incidents.incident, name="incident"),
    path("handover/<uuid:pk>/done/", day.finish_note, name="finish-note"),
    path("alerts/<int:pk>/close/", alerts.close, name="close-alert"),
    path("alerts/quarter/", alerts.quarter, name="alerts-quarter"),
    path("<str:code>/", board.board, name="centre"),
    path("<str:code>/day/", day.day, name="day"),
    path("<str:code>/day.pdf", day.day_pdf, name="day-pdf"),
    path("<str:code>/day/read/", day.read_notes, name="read-notes"),
    path("<str:code>/incidents/", incidents.incidents, name="incidents"),
    path("<str:code>/incidents/new/", incidents.note, name="note-incident"),
    path("<str:code>/alerts/", alerts.of_centre, name="alerts"),
    path("<str:code>/alerts/rules/", alerts.rules, name="alert-rules"),
    path("<str:code>/meals/", assistance.meals, name="meals"),
    path("<str:code>/check-in/<uuid:migrant>/", stays.check_in, name="check_in"),
    path("<str:code>/assistance/<uuid:migrant>/", assistance.assistance, name="assistance"),
]
