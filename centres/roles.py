"""Every right, every role, and which role has which right: the one table that `docs/access.md` is made from."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Right(models.TextChoices):
    """What a user may do. Those in `NATIONAL` are had for the whole country, all others on a centre."""

    # on a centre
    VIEW_CASE = "view_case", _("voir la partie ordinaire des dossiers")
    REGISTER = "register", _("enregistrer une personne et corriger son identité")
    RECEIVE = "receive", _("admettre et faire sortir, noter l’assistance")
    VIEW_CENTRE = "view_centre", _("voir les lits et les présences du centre")
    MANAGE_CENTRE = "manage_centre", _("gérer les chambres, les lits et les transferts")
    POST_STAFF = "post_staff", _("affecter le personnel du centre")
    EXPORT_NAMES = "export_names", _("exporter des listes de noms")
    IMPORT_LISTS = "import_lists", _("importer des listes de personnes")
    FORGET_IDENTITY = "forget_identity", _("proposer et confirmer l’effacement des identités dont la durée est passée")
    MERGE_FILES = "merge_files", _("réunir deux dossiers d’une même personne")
    VIEW_PROTECTION = "view_protection", _("voir et écrire les notes de protection")
    VIEW_HEALTH = "view_health", _("voir et écrire le détail médical")
    MANAGE_RETURN = "manage_return", _("conduire les retours volontaires")
    MANAGE_REINTEGRATION = "manage_reintegration", _("conduire les réintégrations")
    # national
    COUNT_FLOWS = "count_flows", _("compter aux points de suivi des flux")
    RECORD_OUTREACH = "record_outreach", _("noter les activités de sensibilisation et de formation")
    VIEW_INDICATORS = "view_indicators", _("voir les indicateurs")
    MAKE_REPORT = "make_report", _("produire et télécharger les rapports")
    ENTER_VALUE_IOM = "enter_value_iom", _("saisir et valider les valeurs des objectifs 1 à 3")
    ENTER_VALUE_AECID = "enter_value_aecid", _("saisir et valider les valeurs des objectifs 4 et 5")
    VIEW_PROOF_IOM = "view_proof_iom", _("voir la preuve (numéros de dossier) des objectifs 1 à 3")
    VIEW_PROOF_AECID = "view_proof_aecid", _("voir la preuve des objectifs 4 et 5")
    EDIT_QUESTIONNAIRES = "edit_questionnaires", _("écrire et publier les questionnaires")
    VIEW_AUDIT = "view_audit", _("voir qui a consulté ou modifié quoi")
    MANAGE_USERS = "manage_users", _("gérer les comptes et les affectations")


NATIONAL = frozenset(
    {
        Right.COUNT_FLOWS,
        Right.RECORD_OUTREACH,
        Right.VIEW_INDICATORS,
        Right.MAKE_REPORT,
        Right.ENTER_VALUE_IOM,
        Right.ENTER_VALUE_AECID,
        Right.VIEW_PROOF_IOM,
        Right.VIEW_PROOF_AECID,
        Right.EDIT_QUESTIONNAIRES,
        Right.VIEW_AUDIT,
        Right.MANAGE_USERS,
    }
)


class Role(models.TextChoices):
    """Source: the table of roles of the access design (docs/access.md)."""

    CENTRE_AGENT = "centre_agent", _("agent de centre")
    CENTRE_MANAGER = "centre_manager", _("responsable de centre")
    HEALTH_WORKER = "health_worker", _("agent de santé")
    PROTECTION_OFFICER = "protection_officer", _("chargé de protection")
    RETURN_OFFICER = "return_officer", _("chargé des retours")
    REINTEGRATION_OFFICER = "reintegration_officer", _("chargé de réintégration")
    FLOW_MONITOR = "flow_monitor", _("enquêteur des flux")
    OUTREACH_OFFICER = "outreach_officer", _("chargé de sensibilisation")
    ME_IOM = "me_iom", _("suivi-évaluation OIM")
    ME_AECID = "me_aecid", _("suivi-évaluation AECID")
    STEERING = "steering", _("comité de pilotage")
    AUDITOR = "auditor", _("auditeur")
    ADMINISTRATOR = "administrator", _("administrateur")


_AGENT = {Right.VIEW_CASE, Right.REGISTER, Right.RECEIVE, Right.VIEW_CENTRE}

ROLE_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.CENTRE_AGENT: frozenset(_AGENT),
    Role.CENTRE_MANAGER: frozenset(_AGENT | {Right.MANAGE_CENTRE, Right.POST_STAFF, Right.EXPORT_NAMES, Right.IMPORT_LISTS, Right.MERGE_FILES, Right.FORGET_IDENTITY}),
    Role.HEALTH_WORKER: frozenset({Right.VIEW_CASE, Right.VIEW_CENTRE, Right.VIEW_HEALTH}),
    Role.PROTECTION_OFFICER: frozenset({Right.VIEW_CASE, Right.VIEW_CENTRE, Right.VIEW_PROTECTION, Right.VIEW_HEALTH, Right.FORGET_IDENTITY}),
    Role.RETURN_OFFICER: frozenset({Right.VIEW_CASE, Right.VIEW_CENTRE, Right.MANAGE_RETURN}),
    Role.REINTEGRATION_OFFICER: frozenset({Right.VIEW_CASE, Right.VIEW_CENTRE, Right.MANAGE_REINTEGRATION}),
    Role.FLOW_MONITOR: frozenset({Right.COUNT_FLOWS}),
    Role.OUTREACH_OFFICER: frozenset({Right.RECORD_OUTREACH}),
    Role.ME_IOM: frozenset({Right.VIEW_INDICATORS, Right.MAKE_REPORT, Right.ENTER_VALUE_IOM, Right.VIEW_PROOF_IOM, Right.EDIT_QUESTIONNAIRES}),
    Role.ME_AECID: frozenset({Right.VIEW_INDICATORS, Right.MAKE_REPORT, Right.ENTER_VALUE_AECID, Right.VIEW_PROOF_AECID, Right.EDIT_QUESTIONNAIRES}),
    Role.STEERING: frozenset({Right.VIEW_INDICATORS, Right.MAKE_REPORT}),
    Role.AUDITOR: frozenset({Right.VIEW_AUDIT}),
    Role.ADMINISTRATOR: frozenset({Right.MANAGE_USERS}),
}

# Roles that are posted to one centre; all others may be posted nationally.
CENTRE_ONLY = frozenset({Role.CENTRE_AGENT, Role.CENTRE_MANAGER, Role.HEALTH_WORKER})
# Roles whose rights are national: a posting to one centre would promise a limit that does not exist.
NATIONAL_ONLY = frozenset(role for role, rights in ROLE_RIGHTS.items() if rights <= NATIONAL)

# Which organisations may hold a role (access design, column "organisation"); None: any.
ROLE_ORGANISATIONS: dict[Role, frozenset[str] | None] = {
    Role.CENTRE_AGENT: frozenset({"ministry", "iom"}),
    Role.CENTRE_MANAGER: frozenset({"ministry", "iom"}),
    Role.HEALTH_WORKER: frozenset({"ministry", "iom", "state", "non_state"}),  # local structures by principle (action document, 4.3)
    Role.PROTECTION_OFFICER: frozenset({"iom"}),
    Role.RETURN_OFFICER: frozenset({"iom"}),
    Role.REINTEGRATION_OFFICER: frozenset({"ministry", "iom"}),
    Role.FLOW_MONITOR: frozenset({"iom", "ministry"}),
    Role.OUTREACH_OFFICER: frozenset({"ministry"}),
    Role.ME_IOM: frozenset({"iom"}),
    Role.ME_AECID: frozenset({"aecid"}),
    Role.STEERING: frozenset({"ministry", "eu", "aecid"}),
    Role.AUDITOR: None,
    Role.ADMINISTRATOR: None,
}

# --- what needs two people, and what never goes together ------------------------------------------------------------

# Rights on the content of files: whoever has one of them reads about people.
FILE_RIGHTS = frozenset(Right) - NATIONAL - {Right.VIEW_CENTRE, Right.MANAGE_CENTRE, Right.POST_STAFF}
FILE_ROLES = frozenset(role for role, rights in ROLE_RIGHTS.items() if rights & FILE_RIGHTS)
# Given by an administrator they wait for a second one: otherwise one person alone could open every file.
TWO_PERSON_ROLES = FILE_ROLES | frozenset(role for role, rights in ROLE_RIGHTS.items() if Right.MANAGE_USERS in rights)

# Whoever keeps the accounts, watches the watchers or judges the figures does not read files (docs/access.md).
NEVER_WITH_FILES = frozenset({Role.ADMINISTRATOR, Role.AUDITOR, Role.STEERING, Role.ME_AECID})
# "No names, unless also posted to a centre": never nationally, and at a centre only as two administrators decide.
WITH_FILES_OF_A_CENTRE = frozenset({Role.ME_IOM})


def incompatible(one: tuple[str, int | None], other: tuple[str, int | None]) -> bool:
    """May nobody hold these two (role, centre or None) at the same time? The database holds the same rule (`posting_compatible`)."""
    for (role, _where), (against, centre) in ((one, other), (other, one)):
        if against in FILE_ROLES and (role in NEVER_WITH_FILES or (role in WITH_FILES_OF_A_CENTRE and centre is None)):
            return True
    return False
