"""One table of states: the service and the database agree on it, whatever is tried."""

import itertools

import pytest
from django.core.exceptions import ValidationError
from django.db import InternalError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.acting import Stale
from returns.models import ReturnCase
from returns.services import move
from returns.workflow import BY_DEATH, ENDED, STEPS, TRANSITIONS, WAY, State, may_follow, next_step

from .factories import day, fields_for, make_return, officer_of

pytestmark = pytest.mark.django_db

WHOLE = {
    "counselled_on": day(),
    "declaration_signed_on": day(),
    "document": "passport",
    "document_valid_until": day(90),
    "fit_to_travel_on": day(),
    "fit_until": day(7),
    "departed_on": day(),
    "arrived_on": day(),
    "ended_on": day(),
    "end_reason": "Reste",
}


def test_the_table_is_whole():
    assert set(TRANSITIONS) == set(STEPS) == set(State)
    assert all(TRANSITIONS[state] == () for state in ENDED)
    for state in WAY[:-1]:
        assert may_follow(state, next_step(state))
    assert [state for state in State if State.WITHDRAWN in TRANSITIONS[state]] == list(WAY[:5])  # until departure


def _row_in(centre, state: State) -> ReturnCase:
    """A row that holds everything, in this state; put there as no user can, with an insert."""
    case = make_return(centre)
    copy = ReturnCase(**{f.attname: getattr(case, f.attname) for f in ReturnCase._meta.fields} | WHOLE | {"state": state})
    case.delete()
    copy.save(force_insert=True)
    return copy


@pytest.mark.parametrize("start", list(State))
@pytest.mark.parametrize("to", list(State))
def test_service_and_database_agree(centre, start, to):
    if start == to:
        return
    allowed = to in TRANSITIONS[start]
    by_death = (start, to) in BY_DEATH  # the database knows the ways that only a death takes; nobody moves a return along them
    case = _row_in(centre("GAO"), start)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE returns_returncase SET state = %s WHERE id = %s", [to.value, case.pk])
            transaction.set_rollback(True)
        database = True
    except InternalError as error:
        assert "Invalid transition" in str(error)
        database = False
    fields = fields_for(to) if to != State.REQUESTED else {}
    try:
        move(actor=officer_of(centre("GAO")), case=case, to=to, version=case.version, **fields)
        service = True
    except ValidationError:
        service = False
    assert database == (allowed or by_death)
    assert service == allowed


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tried=st.lists(st.tuples(st.sampled_from([*State.values, "", "moon"]), st.booleans(), st.booleans()), max_size=12))
def test_no_sequence_leaves_the_table(centre, tried):
    """Whatever is asked, with or without what the step needs, with the right version or an old one."""
    with transaction.atomic():
        case = make_return(centre("GAO"))
        actor, walked = officer_of(centre("GAO")), [State.REQUESTED]
        for to, whole, fresh in tried:
            fields = fields_for(State(to)) if whole and to in State.values and to != State.REQUESTED else {}
            version = case.version if fresh else case.version - 1
            before = ReturnCase.objects.get(pk=case.pk)
            try:
                case = move(actor=actor, case=case, to=to, version=version, **fields)
                assert fresh and whole
                walked.append(State(case.state))
            except (ValidationError, Stale):
                after = ReturnCase.objects.get(pk=case.pk)
                assert (after.state, after.version) == (before.state, before.version)
        assert all(b in TRANSITIONS[a] for a, b in itertools.pairwise(walked))
        assert case.version == len(walked)
        transaction.set_rollback(True)
