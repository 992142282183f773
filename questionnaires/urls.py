from django.urls import path

from .views import exchange, questions, versions

app_name = "questionnaires"
urlpatterns = [
    path("", versions.questionnaires, name="questionnaires"),
    path("new/", versions.new, name="new"),
    path("<int:pk>/draft/", versions.new_draft, name="new_draft"),
    path("<int:pk>/archive/", versions.archive, name="archive"),
    path("<int:pk>/import/", exchange.import_form, name="import"),
    path("versions/<int:pk>/", versions.version, name="version"),
    path("versions/<int:pk>/preview/", versions.preview, name="preview"),
    path("versions/<int:pk>/publish/", versions.publish, name="publish"),
    path("versions/<int:pk>/discard/", versions.discard, name="discard"),
    path("versions/<int:pk>/export.xlsx", exchange.export, name="export"),
    path("versions/<int:pk>/questions/", questions.add, name="add_question"),
    path("questions/<int:pk>/", questions.edit, name="question"),
    path("questions/<int:pk>/move/", questions.move, name="move_question"),
    path("questions/<int:pk>/remove/", questions.remove, name="remove_question"),
]
