"""The questionnaires that Sira ships: one YAML file each in `questionnaires/data/`, loaded once."""

from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from .definition import QuestionSpec
from .models import Questionnaire
from .services import create_questionnaire, publish

DATA = Path(__file__).resolve().parent / "data"


def read(path: Path) -> dict[str, Any]:
    """A file's questionnaire, its questions as QuestionSpec."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["questions"] = [QuestionSpec.from_json(question) for question in content["questions"]]
    return content


@transaction.atomic
def ensure_questionnaires() -> int:
    """Makes and publishes those that are missing; those that are there stay as M&E officers left them. Returns how many it made."""
    made = 0
    for path in sorted(DATA.glob("*.yaml")):
        content = read(path)
        if Questionnaire.objects.filter(code=content["code"]).exists():
            continue
        draft = create_questionnaire(actor=None, **content)
        publish(actor=None, draft=draft, revision=draft.revision)
        made += 1
    return made
