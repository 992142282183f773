from django.urls import path

from .views import correcting, file, finding, importing, keeping, lists, registering, rights

app_name = "cases"
urlpatterns = [
    path("", finding.migrants, name="migrants"),
    path("export.<str:kind>", finding.export, name="export"),
    path("numbers/", lists.numbers, name="numbers"),
    path("bulk/", lists.bulk, name="bulk"),
    path("columns/<slug:name>/", lists.columns, name="columns"),
    path("filters/", lists.saved_filters, name="saved_filters"),
    path("filters/<uuid:pk>/", lists.rename_filter, name="rename_filter"),
    path("filters/<uuid:pk>/delete/", lists.delete_filter, name="delete_filter"),
    path("retention/", rights.retention, name="retention"),
    path("retention/<uuid:pk>/", rights.erasure, name="erasure"),
    path("retention/<uuid:pk>/decide/", rights.decide_erasure, name="decide_erasure"),
    path("retention/<str:code>/propose/", rights.propose_erasure, name="propose_erasure"),
    path("own-data/<uuid:pk>/<str:kind>/", rights.own_data_file, name="own_data_file"),
    path("<uuid:pk>/own-data/", rights.own_data_page, name="own_data"),
    path("import/", importing.imports, name="imports"),
    path("import/template.xlsx", importing.template, name="import_template"),
    path("import/<uuid:pk>/", importing.batch, name="import"),
    path("import/<uuid:pk>/columns/", importing.import_columns, name="import_columns"),
    path("import/<uuid:pk>/confirm/", importing.import_confirm, name="import_confirm"),
    path("import/<uuid:pk>/discard/", importing.import_discard, name="import_discard"),
    path("import/<uuid:pk>/report/", importing.import_report, name="import_report"),
    path("register/", registering.register, name="register"),
    path("register/similar/", registering.similar, name="similar"),
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
