from django.urls import path

from .views import correcting, duplicates, file, finding, keeping, registering, takeovers

app_name = "cases"
urlpatterns = [
    path("", finding.migrants, name="migrants"),
    path("export.<str:kind>", finding.export, name="export"),
    path("register/", registering.register, name="register"),
    path("register/similar/", registering.similar, name="similar"),
    path("duplicates/", duplicates.duplicates, name="duplicates"),
    path("duplicates/<int:pk>/", duplicates.pair, name="pair"),
    path("duplicates/<int:pk>/apart/", duplicates.apart, name="apart"),
    path("duplicates/<int:pk>/merge/", duplicates.merge, name="merge"),
    path("merges/<uuid:pk>/undo/", duplicates.undo, name="undo_merge"),
    path("take-over/", takeovers.take_over, name="take_over"),
    path("take-overs/", takeovers.take_overs, name="take_overs"),
    path("take-overs/<uuid:pk>/seen/", takeovers.seen, name="takeover_seen"),
    path("<uuid:pk>/duplicates/", duplicates.file_duplicates, name="file_duplicates"),
    path("attachments/<uuid:pk>/", keeping.attachment, name="attachment"),
    path("<uuid:pk>/", file.migrant, name="migrant"),
    path("<uuid:pk>/edit/", correcting.edit, name="edit"),
    path("<uuid:pk>/print/", file.print_form, name="print"),
    path("<uuid:pk>/reads/", file.reads, name="reads"),
    path("<uuid:pk>/notes/", keeping.note, name="note"),
    path("<uuid:pk>/attachments/", keeping.attach, name="attach"),
    path("<uuid:pk>/consents/", keeping.consents, name="consents"),
    path("consents/<int:pk>/withdraw/", keeping.withdraw, name="withdraw_consent"),
]
