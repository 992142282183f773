"""Records for the tests, made as the product makes them."""

import datetime
import itertools
import uuid
from typing import Any

from accounts.models import User
from cases.models import Migrant
from cases.services import register_migrant
from centres.models import Centre

_numbers = itertools.count(1)

AGENTS = {"KAY": "agent.kayes", "BKO": "agent.bamako", "GAO": "agent.gao"}


def agent_of(centre: Centre) -> User:
    return User.objects.get(username=AGENTS[centre.code])


def make_migrant(centre: Centre, **identity: Any) -> Migrant:
    """A person registered at this centre by its agent, in its care now."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "id": uuid.uuid4(),
        "surname": f"Essai{number}",
        "given_names": "Personne",
        "sex": Migrant.Sex.MALE,
        "born_on": datetime.date(1995, 6, 15),
        "birth_precision": Migrant.Precision.DAY,
        "nationality": "GN",
        "consent_method": "signed",
    }
    values.update(identity)
    migrant, _created = register_migrant(actor=agent_of(centre), centre=centre, **values)
    return migrant


def make_minor(centre: Centre, **identity: Any) -> Migrant:
    """A child of about fourteen, alone unless `accompanied_by` is given."""
    year = datetime.date.today().year - 14  # noqa: DTZ011
    return make_migrant(centre, **{"born_on": datetime.date(year, 12, 31), "birth_precision": Migrant.Precision.YEAR, **identity})
