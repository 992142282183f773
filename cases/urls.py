from django.urls import path

from .views import agreeing, correcting, file, finding, grouping, identity, keeping, registering

app_name = "cases"
urlpatterns = [
    path("", finding.migrants, name="migrants"),
    path("export.<str:kind>", finding.export, name="export"),
    path("register/", registering.register, name="register"),
    path("register/similar/", registering.similar, name="similar"),
    path("register/group/", grouping.start, name="group_start"),
    path("register/group/<uuid:pk>/", grouping.group, name="group"),
    path("register/group/<uuid:pk>/common/", grouping.common, name="group_common"),
    path("register/group/<uuid:pk>/print/", grouping.print_list, name="group_print"),
    path("rights/", agreeing.rights, name="rights"),
    path("attachments/<uuid:pk>/", keeping.attachment, name="attachment"),
    path("<uuid:pk>/", file.migrant, name="migrant"),
    path("<uuid:pk>/edit/", correcting.edit, name="edit"),
    path("<uuid:pk>/print/", file.print_form, name="print"),
    path("<uuid:pk>/reads/", file.reads, name="reads"),
    path("<uuid:pk>/notes/", keeping.note, name="note"),
    path("<uuid:pk>/attachments/", keeping.attach, name="attach"),
    path("<uuid:pk>/consents/", agreeing.consents, name="consents"),
    path("<uuid:pk>/identity/", identity.identity, name="identity"),
    path("<uuid:pk>/documents/add/", identity.add_document, name="add_document"),
    path("documents/<uuid:pk>/", identity.document, name="document"),
    path("documents/<uuid:pk>/remove/", identity.remove_document, name="remove_document"),
    path("<uuid:pk>/photo/", identity.photo, name="photo"),
    path("<uuid:pk>/photo/new/", identity.take_photo, name="take_photo"),
    path("<uuid:pk>/photo/remove/", identity.remove_photo, name="remove_photo"),
    path("<uuid:pk>/card/", identity.card, name="card"),
    path("<uuid:pk>/card/issue/", identity.issue_card, name="issue_card"),
    path("cards/<int:pk>/replace/", identity.replace_card, name="replace_card"),
    path("consents/<int:pk>/withdraw/", agreeing.withdraw, name="withdraw_consent"),
]
