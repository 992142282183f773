"""The criteria of aid with which a centre begins; it publishes its own whenever it wants to."""

from centres.models import Centre, Service

from .models import AidCriteria

# Source: action document, 4.3 (result 1.1: aid by need and vulnerability) and risk K3 (criteria transparent, told before or at arrival).
# In the languages of the notice of rights; what is left out falls back on the French.
STARTING: dict[str, dict[str, str]] = {
    Service.Category.MEAL: {
        "fr": "Trois repas par jour pour toute personne qui dort au centre. Celle qui arrive en cours de route reçoit le repas suivant. Personne ne paie.",
        "en": "Three meals a day for everybody who sleeps at the centre. Whoever arrives in between gets the next meal. Nobody pays.",
        "es": "Tres comidas al día para toda persona que duerme en el centro. Quien llega entre comidas recibe la siguiente. Nadie paga.",
    },
    Service.Category.LODGING: {
        "fr": "Un lit pour toute personne accueillie, tant que dure le séjour prévu. Les femmes, les familles et les mineurs seuls dorment à part. Quand tout est plein, "
        "les enfants, les femmes enceintes, les malades et les personnes âgées passent d’abord.",
        "en": "A bed for everybody who is received, for as long as the stay is planned. Women, families and children alone sleep apart. When all is full, children, "
        "pregnant women, the sick and the old come first.",
        "es": "Una cama para toda persona acogida, mientras dure la estancia prevista. Mujeres, familias y menores solos duermen aparte. Cuando todo está lleno, van "
        "primero los niños, las mujeres embarazadas, los enfermos y las personas mayores.",
    },
    Service.Category.HEALTH: {
        "fr": "Toute personne malade ou blessée est vue par l’agent de santé. Il décide des soins et, si l’état le demande, de l’hôpital. Les urgences passent d’abord. "
        "Ce que vous lui dites n’est lu que par les agents de santé et la protection.",
        "en": "Whoever is ill or hurt sees the health worker, who decides on care and, where needed, on hospital. Emergencies come first. What you tell them "
        "is read by health workers and protection officers alone.",
        "es": "Toda persona enferma o herida ve al agente de salud, que decide los cuidados y, si hace falta, el hospital. Las urgencias van primero. Lo que usted le dice "
        "solo lo leen los agentes de salud y la protección.",
    },
    Service.Category.PSYCHOSOCIAL: {
        "fr": "Toute personne qui le souhaite peut parler seule à quelqu’un, ou venir à un groupe de parole. Personne n’y est obligé.",
        "en": "Whoever wishes can talk to somebody alone, or come to a group talk. Nobody has to.",
        "es": "Toda persona que lo desee puede hablar a solas con alguien, o venir a un grupo. Nadie está obligado.",
    },
    Service.Category.KIT: {
        "fr": "Un kit d’hygiène par personne à l’arrivée. Un kit vestimentaire pour qui n’a pas de vêtements de rechange ; les enfants passent d’abord. Le kit reste à vous.",
        "en": "One hygiene kit a person at arrival. A clothing kit for whoever has no change of clothes; children come first. The kit is yours.",
        "es": "Un kit de higiene por persona a la llegada. Un kit de ropa para quien no tiene ropa de recambio; los niños van primero. El kit es suyo.",
    },
    Service.Category.TRANSPORT: {
        "fr": "Le transport est donné pour l’hôpital, pour une démarche que le centre a préparée avec vous, ou pour rejoindre un autre centre.",
        "en": "Transport is given to hospital, for a step that the centre prepared with you, or to another centre.",
        "es": "El transporte se da para ir al hospital, para una gestión preparada con el centro, o para ir a otro centro.",
    },
    Service.Category.INFORMATION: {
        "fr": "Toute personne a droit à une information claire, dans une langue qu’elle comprend, sur l’aide, ses droits, l’asile et le retour volontaire. Les séances sont "
        "ouvertes à tous.",
        "en": "Everybody has a right to clear information, in a language they understand, about aid, their rights, asylum and voluntary return. Sessions are open to all.",
        "es": "Toda persona tiene derecho a una información clara, en un idioma que entienda, sobre la ayuda, sus derechos, el asilo y el retorno voluntario. Las sesiones "
        "están abiertas a todos.",
    },
}


def ensure_criteria() -> int:
    """A first version for each centre that has none. Returns how many it made."""
    texts = {str(category): dict(words) for category, words in STARTING.items()}
    lacking = Centre.objects.exclude(pk__in=AidCriteria.objects.values("centre"))
    return len(AidCriteria.objects.bulk_create(AidCriteria(centre=centre, version=1, texts=texts) for centre in lacking))
