"""XLSForm in and out."""

from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from centres.access import access
from centres.roles import Right

from .. import services
from ..definition import Definition, QuestionSpec
from ..forms import UploadForm
from ..models import Questionnaire, Version
from ..xlsform import Refused, Understood, as_xlsx, grouped, read_sheets, understand
from ..xlsform.reading import LARGEST_FILE

SALT = "questionnaires.import"
ONE_HOUR = 3600


@access(Right.EDIT_QUESTIONNAIRES, load=Version, select=("questionnaire",))
def export(request: HttpRequest, version: Version) -> HttpResponse:
    """The version as KoboToolbox and ODK read it."""
    name = f"{version.questionnaire.code}-v{version.number}.xlsx"
    return HttpResponse(
        as_xlsx(Definition(version)),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )


@access(Right.EDIT_QUESTIONNAIRES, load=Questionnaire, methods="GET POST")
def import_form(request: HttpRequest, questionnaire: Questionnaire) -> HttpResponse:
    """A draft from an XLSForm: read and shown first, with all that would be lost; written once that is accepted."""
    if "accepted" in request.POST:
        return _accepted(request, questionnaire)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            # One byte more than may be: what is larger is refused without being read.
            found = understand(read_sheets(file.read(LARGEST_FILE + 1)))
        except Refused as refused:
            form.add_error("file", str(refused))
        else:
            groups = grouped(found.losses)
            context = {
                "questionnaire": questionnaire,
                "found": found,
                "groups": groups,
                "changes": sum(len(group["losses"]) for group in groups if group["kind"].changes),
                "accepted": _sign(request, questionnaire, found),
            }
            return render(request, "questionnaires/import_check.html", context)
    return render(request, "questionnaires/import.html", {"questionnaire": questionnaire, "form": form})


def _sign(request: HttpRequest, questionnaire: Questionnaire, found: Understood) -> str:
    """What was read, kept by the page itself: nothing is written before it comes back, and it can't be changed on the way."""
    content = {"for": questionnaire.pk, "by": request.user.pk, "origin": found.origin, "questions": [question.as_json() for question in found.questions]}
    return signing.dumps(content, salt=SALT, compress=True)


def _accepted(request: HttpRequest, questionnaire: Questionnaire) -> HttpResponse:
    try:
        content: dict[str, Any] = signing.loads(request.POST["accepted"], salt=SALT, max_age=ONE_HOUR)
    except signing.BadSignature:
        content = {}
    if content.get("for") != questionnaire.pk or content.get("by") != request.user.pk:
        messages.error(request, _("Cette lecture du fichier n’est plus valable. Choisissez le fichier de nouveau."))
        return redirect("questionnaires:import", pk=questionnaire.pk)
    try:
        questions = [QuestionSpec.from_json(one) for one in content["questions"]]
        version = services.import_draft(actor=request.user, questionnaire=questionnaire, questions=questions, origin=content.get("origin", {}))
    except ValidationError as error:
        for words in error.messages:
            messages.error(request, words)
        return redirect("questionnaires:questionnaires")
    messages.success(request, _("Le brouillon est fait. Relisez-le, puis publiez-le."))
    return redirect("questionnaires:version", pk=version.pk)
