from centres.access import centres_for, may
from centres.roles import Right


def test_agent_has_rights_at_own_centre_only(persona, centre):
    agent = persona("agent.gao")
    assert may(agent, Right.REGISTER, centre("GAO"))
    assert not may(agent, Right.REGISTER, centre("KAY"))
    assert centres_for(agent, Right.VIEW_CASE) == [centre("GAO").pk]


def test_committee_sees_no_case(persona):
    member = persona("steering.eu")
    assert may(member, Right.VIEW_INDICATORS)
    assert not may(member, Right.VIEW_CASE)
