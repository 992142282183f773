"""What people of the demonstration say of themselves beyond name and birth: parents, origin, languages, papers, agreements.

Draws come from a generator of its own, so that the rest of the register is the same with or without them."""

import datetime
import random
import uuid
from typing import Any

import names
from cases.models import Card, Consent, Household, IdentityDocument, Migrant, RegistrationGroup
from cases.models.card import ALPHABET, TOKEN_LENGTH
from cases.sealed import equality_key, seal
from centres.models import Area, Centre

TEXT = "2026-2"
WITNESSES = ("Fanta Maïga", "Abdoulaye Touré", "Mariam Cissé", "Souleymane Coulibaly", "Aminata Dicko")
SPOKEN = {
    "ML": ("bam", "snk", "ful", "ses"),
    "GN": ("ful", "sus", "mlq"),
    "SN": ("wol", "ful"),
    "GM": ("man", "wol"),
    "CI": ("dyu",),
    "BF": ("mos", "dyu"),
    "NE": ("hau", "taq"),
}
ENGLISH = ("NG", "SL", "LR", "GH", "GM")
# Who carries what, by hundred; the rest lost everything on the road.
PAPERS = {
    "ML": {"nina": 32, "consular_card": 9, "passport": 8, "birth_certificate": 6},
    "": {"national_id": 24, "consular_card": 14, "passport": 13, "birth_certificate": 4},
}
VILLAGES = {"GN": ("Labé", "Mamou", "Kankan", "Gaoual"), "SN": ("Kolda", "Tambacounda", "Vélingara"), "CI": ("Korhogo", "Daloa"), "BF": ("Tenkodogo", "Banfora")}
MALIAN_VILLAGES = ("Diéma", "Sandaré", "Koussané", "Lakamané", "Troungoumbé", "Kérouané", "Ambidédi", "Bafoulabé-Gare")


class Identities:
    def __init__(self, seed: int, today: datetime.date, regions: dict[str, int]):
        self.rng = random.Random(seed + 7919)  # noqa: S311 - reproducible on purpose
        self.today = today
        self.regions = regions
        self.cercles: dict[str, list[Area]] = {}
        for area in Area.objects.current().filter(level=2).select_related("parent").order_by("pcode"):
            if area.parent is not None:
                self.cercles.setdefault(area.parent.name, []).append(area)
        self.buses: dict[str, RegistrationGroup] = {}

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def _of(self, weights: dict[str, Any]) -> str:
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def further(self, nationality: str, sex: str, age: int, language: str) -> dict[str, Any]:
        """Fields of a person, as far as they said them."""
        rng, pool = self.rng, names.pool(nationality)
        found: dict[str, Any] = {"languages": self._languages(nationality, language), "origin_country": nationality if rng.random() < 0.9 else ""}
        if rng.random() < 0.75:
            found["father_given_names"] = self._of(pool.male)
        if rng.random() < 0.7:
            found["mother_given_names"] = self._of(pool.female)
        if age >= 17 and rng.random() < 0.85:
            found["marital_status"] = self._of({"single": 62, "married": 27, "union": 5, "separated": 4, "widowed": 2})
        if rng.random() < 0.04:
            found["other_names"] = self._of(pool.female if sex == "female" else pool.male)
        if found["origin_country"]:
            found |= self._place(nationality)
        return found

    def _languages(self, nationality: str, language: str) -> list[str]:
        spoken = [language, *self.rng.sample(SPOKEN.get(nationality, ("hau",)), 1)]
        if self.rng.random() < 0.55:
            spoken.append("eng" if nationality in ENGLISH else "fra")
        return list(dict.fromkeys(spoken))

    def _place(self, nationality: str) -> dict[str, Any]:
        rng = self.rng
        if nationality != "ML":
            return {"origin_place": rng.choice(VILLAGES[nationality])} if nationality in VILLAGES and rng.random() < 0.8 else {}
        region = self._of(self.regions)
        cercles = self.cercles.get(region) or next(iter(self.cercles.values()), [])
        found: dict[str, Any] = {"origin_area": rng.choice(cercles)} if cercles and rng.random() < 0.85 else {}
        return found | ({"origin_place": rng.choice(MALIAN_VILLAGES)} if rng.random() < 0.7 else {})

    def consent(self, migrant: Migrant, purpose: str, method: str, language: str, at: datetime.datetime, agent: int) -> Consent:
        witness = self.rng.choice(WITNESSES) if method == Consent.Method.SPOKEN else ""
        return Consent(migrant=migrant, purpose=purpose, text_version=TEXT, language=language, method=method, witness=witness, given_at=at, taken_by_id=agent)

    def carried(self, migrant: Migrant, age: int) -> list[Any]:
        """The paper and the card of a person who has them."""
        rng = self.rng
        rows: list[Any] = []
        shares = PAPERS.get(migrant.nationality, PAPERS[""])
        draw = rng.random() * 100
        for kind, share in shares.items():
            draw -= share
            if draw < 0:
                if age >= 16 or kind == "birth_certificate":
                    rows.append(self._paper(migrant, kind))
                break
        if rng.random() < 0.35:
            token = "".join(rng.choice(ALPHABET) for _sign in range(TOKEN_LENGTH))
            rows.append(Card(migrant=migrant, token=token, issued_at=migrant.registered_at, issued_by_id=migrant.registered_by_id))
        return rows

    def _paper(self, migrant: Migrant, kind: str) -> IdentityDocument:
        rng = self.rng
        number = f"{rng.randrange(10**9, 10**10)}{rng.choice('ABCDEFGHJK')}" if kind == "nina" else f"{rng.choice('ABCEGKN')}{rng.randrange(10**6, 10**8)}"
        expires = None if kind in ("birth_certificate", "nina") else self.today + datetime.timedelta(days=rng.randint(-900, 2200))
        return IdentityDocument(
            id=self._uuid(), migrant=migrant, kind=kind, number_sealed=seal(number), number_key=equality_key(number), country=migrant.nationality,
            expires_on=expires, added_by_id=migrant.registered_by_id, added_at=migrant.registered_at,
        )  # fmt: skip

    def family(self, household: Household, centre: Centre, nationality: str, agent: int, at: datetime.datetime) -> RegistrationGroup:
        return self._group("family", "", centre, nationality, agent, at, household)

    def bus(self, centre: Centre, nationality: str, agent: int, at: datetime.datetime) -> tuple[RegistrationGroup, bool]:
        """The bus of this morning at this centre. Returns (group, was it made now?)."""
        made = centre.code not in self.buses
        if made:
            self.buses[centre.code] = self._group("bus", "Bus de ce matin", centre, nationality, agent, at, None)
        return self.buses[centre.code], made

    def _group(self, kind: str, title: str, centre: Centre, nationality: str, agent: int, at: datetime.datetime, household: Household | None) -> RegistrationGroup:
        common = {"nationality": nationality, "consent_purposes": ["registration"], "consent_method": "signed", "consent_language": "fra"}
        return RegistrationGroup(id=self._uuid(), kind=kind, title=title, centre=centre, common=common, household=household, made_by_id=agent, made_at=at)
