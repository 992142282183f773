"""What makes somebody vulnerable and what protects them, as coded lists: factors on four levels, and flags.

Sources: IOM, *Handbook on Protection and Assistance for Migrants Vulnerable to Violence, Exploitation and Abuse* (2019), part 1 (the
determinants of migrant vulnerability: risk **and** protective factors at the individual, household and family, community and structural
level) and its screening tools; the flags also follow the categories of IOM's flow monitoring and of the action document, 4.6.

A code never changes its meaning and is never taken away: old assessments keep it. What is `protected` is asked, written and read by
protection officers only; everybody else sees that the person is to be referred to protection, and not why."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

LEVELS: dict[str, Any] = {
    "individual": _("Personne"),
    "household": _("Ménage et famille"),
    "community": _("Communauté"),
    "structural": _("Société et institutions"),
}


@dataclass(frozen=True)
class Factor:
    code: str
    level: str
    words: Any
    risk: bool  # False: it protects
    protected: bool = False


def _risks(level: str, *found: tuple[str, Any]) -> list[Factor]:
    return [Factor(code, level, words, True) for code, words in found]


def _protection(level: str, *found: tuple[str, Any]) -> list[Factor]:
    return [Factor(code, level, words, False) for code, words in found]


def _hidden(level: str, *found: tuple[str, Any]) -> list[Factor]:
    return [Factor(code, level, words, True, True) for code, words in found]


FACTORS: dict[str, Factor] = {
    factor.code: factor
    for factor in (
        *_risks(
            "individual",
            ("i_health", _("maladie, blessure ou grossesse sans suivi")),
            ("i_disability", _("handicap ou perte d’autonomie")),
            ("i_distress", _("détresse psychologique visible")),
            ("i_no_papers", _("sans document d’identité ou papiers retenus")),
            ("i_no_means", _("sans argent ni téléphone")),
            ("i_no_language", _("ne parle aucune langue des équipes")),
            ("i_no_school", _("n’a pas été à l’école, ne lit pas")),
            ("i_debt", _("dette liée au voyage")),
        ),
        *_protection(
            "individual",
            ("i_skills", _("métier ou compétences utiles")),
            ("i_plan", _("projet clair et réaliste")),
            ("i_informed", _("connaît ses droits et les services")),
            ("i_papers", _("documents valables sur soi")),
        ),
        *_hidden(
            "individual",
            ("i_exploited", _("indices d’exploitation ou de travail forcé")),
            ("i_recruited", _("recrutement par tromperie ou contrainte")),
            ("i_controlled", _("déplacements, papiers ou gains contrôlés par un tiers")),
            ("i_sexual_violence", _("violences sexuelles ou liées au genre")),
            ("i_torture", _("torture, séquestration ou rançon")),
            ("i_suicide", _("idées suicidaires")),
        ),
        *_risks(
            "household",
            ("h_alone", _("voyage sans proche")),
            ("h_dependants", _("personnes à charge sans autre soutien")),
            ("h_no_contact", _("plus de contact avec la famille")),
            ("h_poor", _("famille très pauvre ou endettée")),
            ("h_separated", _("séparée d’un proche en route")),
        ),
        *_protection(
            "household",
            ("h_contact", _("contact régulier avec la famille")),
            ("h_support", _("proches prêts à accueillir ou à aider")),
            ("h_together", _("voyage avec sa famille")),
        ),
        *_hidden(
            "household",
            ("h_violence", _("violences dans la famille ou le couple")),
            ("h_forced_marriage", _("mariage forcé ou risque de mariage forcé")),
            ("h_family_trafficker", _("famille mêlée au recrutement ou à l’exploitation")),
        ),
        *_risks(
            "community",
            ("c_rejected", _("rejet ou honte en cas de retour")),
            ("c_no_network", _("aucun réseau au lieu de transit")),
            ("c_conflict", _("insécurité ou conflit dans la région d’origine")),
            ("c_practices", _("pratiques néfastes dans la communauté")),
            ("c_pressure", _("pression de la communauté pour repartir")),
        ),
        *_protection(
            "community",
            ("c_network", _("association, diaspora ou chef religieux en appui")),
            ("c_services", _("services proches et connus")),
            ("c_acceptance", _("communauté prête à accueillir")),
        ),
        *_hidden("community", ("c_threat", _("menaces de passeurs, de créanciers ou d’un groupe armé"))),
        *_risks(
            "structural",
            ("s_no_status", _("sans statut légal au lieu de séjour")),
            ("s_discrimination", _("discrimination (origine, sexe, religion, autre)")),
            ("s_no_access", _("pas d’accès aux soins, à l’école ou à la justice")),
            ("s_expelled", _("renvoyée de force d’un autre pays")),
            ("s_climate", _("moyens de vie détruits (sécheresse, inondation)")),
        ),
        *_protection(
            "structural",
            ("s_status", _("statut légal ou libre circulation (CEDEAO, accords)")),
            ("s_access", _("accès réel aux services publics")),
            ("s_consulate", _("consulat joignable et coopérant")),
        ),
        *_hidden("structural", ("s_persecution", _("crainte de persécution : demande d’asile possible"))),
    )
}

# Beside the name of the person. "Minor alone" is not one of them: it is computed (decision 6).
FLAGS: dict[str, Any] = {
    "pregnant": _("enceinte ou allaitante"),
    "ill": _("blessée ou malade"),
    "disability": _("en situation de handicap"),
    "elderly": _("personne âgée"),
    "single_parent": _("parent seul avec de jeunes enfants"),
    "distress": _("détresse psychologique"),
    "protection": _("à orienter vers la protection"),
}
# What an agent ticks to call protection; also what everybody sees in place of a flag that only protection may read.
REFER = "protection"
PROTECTED_FLAGS: dict[str, Any] = {
    "trafficking": _("traite suspectée"),
    "violence": _("a survécu à des violences"),
    "torture": _("a survécu à la torture"),
    "threatened": _("menacée"),
}
ALL_FLAGS: dict[str, Any] = FLAGS | PROTECTED_FLAGS


def factors_of(level: str, *, risk: bool, protected: bool = False) -> list[Factor]:
    """The list of one level, in the order in which it is asked."""
    return [factor for factor in FACTORS.values() if (factor.level, factor.risk, factor.protected) == (level, risk, protected)]


def flag_words(codes: list[str]) -> list[str]:
    """The flags in words, in the order of the lists."""
    return [str(words) for code, words in ALL_FLAGS.items() if code in codes]
