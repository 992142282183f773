"""One plain SQL pass for each figure of the logframe that the register gives, written by hand: what the figures are measured against.

Each is one value without any disaggregation, as somebody with psql would ask for it; they also check the figures themselves."""

SQL: dict[str, str] = {
    "centres": "SELECT count(*) FROM centres_centre WHERE functional_since <= %(end)s",
    "assistance": """SELECT count(DISTINCT a.migrant_id) FROM reception_assistance a JOIN cases_migrant m ON m.id = a.migrant_id
        WHERE m.merged_into_id IS NULL AND a.given_on BETWEEN %(start)s AND %(end)s""",
    "returns": "SELECT count(DISTINCT migrant_id) FROM returns_returncase WHERE state = 'arrived' AND arrived_on BETWEEN %(start)s AND %(end)s",
    "antennas": "SELECT count(*) FROM centres_centre WHERE antenna_since <= %(end)s",
    "reintegration": """SELECT count(DISTINCT c.migrant_id) FROM reintegration_support s JOIN reintegration_reintegrationcase c ON c.id = s.case_id
        WHERE s.delivered_on BETWEEN %(start)s AND %(end)s""",
    "reintegration_community": """SELECT count(*) FROM (SELECT DISTINCT ON (c.migrant_id) c.kind FROM reintegration_support s
        JOIN reintegration_reintegrationcase c ON c.id = s.case_id WHERE s.delivered_on BETWEEN %(start)s AND %(end)s
        ORDER BY c.migrant_id, s.delivered_on, s.id) AS first WHERE kind = 'community'""",
    "reintegration_individual": """SELECT count(*) FROM (SELECT DISTINCT ON (c.migrant_id) c.kind FROM reintegration_support s
        JOIN reintegration_reintegrationcase c ON c.id = s.case_id WHERE s.delivered_on BETWEEN %(start)s AND %(end)s
        ORDER BY c.migrant_id, s.delivered_on, s.id) AS first WHERE kind = 'individual'""",
    "reintegration_enhanced": """SELECT count(DISTINCT c.migrant_id) FROM reintegration_support s JOIN reintegration_reintegrationcase c ON c.id = s.case_id
        WHERE c.enhanced AND s.delivered_on BETWEEN %(start)s AND %(end)s""",
    "flow_points": """SELECT count(DISTINCT p.id) FROM flows_flowpoint p JOIN flows_flowcount c ON c.point_id = p.id
        WHERE c.counted_on BETWEEN %(start)s AND %(end)s AND p.active_since <= %(end)s AND (p.active_until IS NULL OR p.active_until >= %(start)s)""",
    "people_reached": """SELECT (SELECT coalesce(sum(women + men + girls + boys), 0) FROM outreach_activity WHERE kind = 'awareness' AND held_on BETWEEN %(start)s AND %(end)s)
        + (SELECT coalesce(sum(women + men + girls + boys), 0) FROM reception_session WHERE kind = 'awareness' AND held_on BETWEEN %(start)s AND %(end)s)
        + (SELECT count(DISTINCT p.migrant_id) FROM reception_sessionpresence p JOIN reception_session s ON s.id = p.session_id
            JOIN cases_migrant m ON m.id = p.migrant_id
            WHERE s.kind = 'awareness' AND s.held_on BETWEEN %(start)s AND %(end)s AND m.merged_into_id IS NULL)""",
    "communities_reached": "SELECT count(DISTINCT community_id) FROM outreach_activity WHERE kind = 'awareness' AND held_on BETWEEN %(start)s AND %(end)s",
    "agents_trained": """SELECT count(DISTINCT t.trainee_id) FROM outreach_attendance t JOIN outreach_activity a ON a.id = t.activity_id
        WHERE a.kind = 'training' AND a.held_on BETWEEN %(start)s AND %(end)s""",
    "workshops": "SELECT count(*) FROM outreach_activity WHERE kind = 'workshop' AND held_on BETWEEN %(start)s AND %(end)s",
    "sessions": "SELECT count(*) FROM outreach_activity WHERE kind = 'session' AND held_on BETWEEN %(start)s AND %(end)s",
}
