from django.urls import path

from .views import absences, assistance, board, flags, report, rollcall, stays

app_name = "reception"
urlpatterns = [
    path("export.<str:kind>", board.export, name="export"),
    path("", board.centres, name="centres"),
    path("flags/", flags.flag_kinds, name="flag-kinds"),
    path("flags/new/", flags.new_flag_kind, name="new-flag-kind"),
    path("flags/<int:pk>/", flags.flag_kind, name="flag-kind"),
    path("people/<uuid:pk>/flags/", flags.flags, name="flags"),
    path("people/flags/<int:pk>/lift/", flags.lift, name="lift-flag"),
    path("stays/<uuid:pk>/absence/", absences.note_absence, name="note-absence"),
    path("stays/<uuid:pk>/leave/", absences.leave, name="leave"),
    path("stays/<uuid:pk>/leave/<uuid:leave>/cancel/", absences.cancel_leave, name="cancel-leave"),
    path("alerts/<int:pk>/close-missing/", absences.close_missing, name="close-missing"),
    path("stays/<uuid:pk>/move/", stays.move, name="move"),
    path("stays/<uuid:pk>/check-out/", stays.check_out, name="check_out"),
    path("stays/<uuid:pk>/undo-departure/", stays.undo_departure, name="undo-departure"),
    path("assistance/<uuid:pk>/withdraw/", assistance.withdraw, name="withdraw_assistance"),
    path("<str:code>/", board.board, name="centre"),
    path("<str:code>/report/", report.report, name="report"),
    path("<str:code>/report/xlsx/", report.export, name="report_xlsx"),
    path("<str:code>/report/pdf/", report.ask, name="report_pdf"),
    path("<str:code>/roll-call/", rollcall.roll_call, name="roll_call"),
    path("<str:code>/absences/", absences.absences, name="absences"),
    path("<str:code>/absences/days/", absences.absence_days, name="absence-days"),
    path("<str:code>/meals/", assistance.meals, name="meals"),
    path("<str:code>/check-in/<uuid:migrant>/", stays.check_in, name="check_in"),
    path("<str:code>/assistance/<uuid:migrant>/", assistance.assistance, name="assistance"),
]
