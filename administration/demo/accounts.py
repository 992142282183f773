"""The demonstration accounts (README, "Comptes"). Only made where SIRA_DEMO=1, or in tests."""

from django.contrib.auth.hashers import make_password

from accounts.models import Organisation, User
from centres.models import Centre, Posting
from centres.roles import Role
from centres.services import post

# username, given name, surname, organisation, [(role, centre code or None)]
ACCOUNTS: list[tuple[str, str, str, str, list[tuple[Role, str | None]]]] = [
    ("agent.kayes", "Djénéba", "Sissoko", "DGME", [(Role.CENTRE_AGENT, "KAY")]),
    ("agent.bamako", "Lassana", "Keïta", "DGME", [(Role.CENTRE_AGENT, "BKO")]),
    ("agent.gao", "Aïchata", "Maïga", "DGME", [(Role.CENTRE_AGENT, "GAO")]),
    ("manager.kayes", "Bakary", "Dembélé", "MME", [(Role.CENTRE_MANAGER, "KAY")]),
    ("manager.bamako", "Oumou", "Sanogo", "MME", [(Role.CENTRE_MANAGER, "BKO")]),
    ("manager.gao", "Ibrahim", "Touré", "OIM", [(Role.CENTRE_MANAGER, "GAO")]),
    ("health.gao", "Nènè", "Bah", "CSREF", [(Role.HEALTH_WORKER, "GAO")]),
    ("protection", "Mariam", "Konaté", "OIM", [(Role.PROTECTION_OFFICER, None)]),
    ("returns.bamako", "Cheick", "Diallo", "OIM", [(Role.RETURN_OFFICER, "BKO")]),
    ("returns.gao", "Fanta", "Cissé", "OIM", [(Role.RETURN_OFFICER, "GAO")]),
    ("reintegration.kayes", "Modibo", "Traoré", "DGME", [(Role.REINTEGRATION_OFFICER, "KAY")]),
    ("reintegration.bamako", "Rokia", "Coulibaly", "OIM", [(Role.REINTEGRATION_OFFICER, "BKO")]),
    ("flows", "Amadou", "Ongoïba", "OIM", [(Role.FLOW_MONITOR, None)]),
    ("outreach", "Safiatou", "Doumbia", "MME", [(Role.OUTREACH_OFFICER, None)]),
    ("me.iom", "Issa", "Samaké", "OIM", [(Role.ME_IOM, None)]),
    ("me.aecid", "Lucía", "Ferrer", "AECID", [(Role.ME_AECID, None)]),
    ("me.iom2", "Hawa", "Kouyaté", "OIM", [(Role.ME_IOM, None)]),
    ("me.aecid2", "Javier", "Molina", "AECID", [(Role.ME_AECID, None)]),
    ("steering.mme", "Kadiatou", "Diarra", "MME", [(Role.STEERING, None)]),
    ("steering.eu", "Anna", "Lindqvist", "DUE", [(Role.STEERING, None)]),
    ("auditor", "Moussa", "Sangaré", "MME", [(Role.AUDITOR, None)]),
    ("admin", "Adama", "Koné", "OIM", [(Role.ADMINISTRATOR, None)]),
    ("admin2", "Assitan", "Bagayoko", "MME", [(Role.ADMINISTRATOR, None)]),
]


def ensure_accounts(password: str) -> int:
    """Makes those accounts that are missing, with their postings. Returns how many it made."""
    organisations = {o.code: o for o in Organisation.objects.all()}
    centres = {c.code: c for c in Centre.objects.all()}
    hashed = make_password(password)
    made = 0
    for username, given, surname, organisation, postings in ACCOUNTS:
        user, created = User.objects.get_or_create(
            username=username, defaults={"first_name": given, "last_name": surname, "organisation": organisations[organisation], "password": hashed}
        )
        made += created
        if created or not Posting.objects.filter(user=user).exists():
            for role, code in postings:
                post(actor=None, user=user, role=role, centre=centres[code] if code else None)
    return made
