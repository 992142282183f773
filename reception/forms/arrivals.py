"""Several who arrive at once: what is common, and a bed for each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms import put_errors
from cases.models import Migrant
from centres.models import Bed, Centre
from config.forms import Rule, RulesForm

from ..beds import Places
from ..family_beds import plan_all
from ..services import Arrival, RefusedTogether
from ..services.stays import check_arrival, check_bed, check_origin
from .parts import BROKEN, BedField, BedReasonField, CameFromField, MomentField, OriginField


class ArrivalsForm(RulesForm):
    id = forms.UUIDField(widget=forms.HiddenInput, error_messages=BROKEN)
    origin = OriginField(label=gettext_lazy("Comment ces personnes sont‑elles venues ?"))
    came_from = CameFromField()
    arrived_at = MomentField(label=gettext_lazy("Arrivée, si ce n’est pas maintenant"))

    def __init__(self, *arguments: Any, centre: Centre, people: Sequence[Migrant], places: Places, way: int = 0, **named: Any):
        """`way`: which of the ways to part a household that fits nowhere whole is proposed."""
        super().__init__(*arguments, **named)
        self.people, self.centre = people, centre
        every = {bed.pk: bed for bed in Bed.objects.filter(room__centre=centre).select_related("room")}
        suitable = {person.pk: places.suitable(person) for person in people}  # before any of them is given away
        plan = plan_all(people, places, chosen=way)
        self.proposals, self.parted = plan.proposals, plan.parted
        for person in people:
            if self.proposals[person.pk].shared:
                continue
            proposed = self.proposals[person.pk].bed
            bed = BedField(label=_("Lit de %(person)s") % {"person": person}, initial=proposed.pk if proposed else "")
            self.fields[self.bed_name(person)] = bed
            self.fields[self.reason_name(person)] = BedReasonField(label=_("Pourquoi ce lit pour %(person)s ?") % {"person": person})
            self.fields[self.bed_name(person)].offer(centre, suitable[person.pk], _("Sans lit pour l’instant"), every)  # type: ignore[attr-defined]

    def rules(self) -> Iterator[Rule]:
        yield lambda given: check_arrival(self.centre, given["arrived_at"])

    def rules_besides(self) -> Iterator[Rule]:
        for person in self.people:
            yield lambda given, person=person: check_origin(person, self.centre, given["origin"])
            yield lambda given, person=person: self._check_bed(person, given)

    def _check_bed(self, person: Migrant, given: Mapping[str, Any]) -> None:
        """Raises ValidationError beside this person's bed."""
        bed, names = given[self.bed_name(person)], {"bed": self.bed_name(person), "bed_reason": self.reason_name(person)}
        if bed is None:
            return
        try:
            check_bed(person, self.centre, bed, given[self.reason_name(person)])
        except ValidationError as error:
            raise ValidationError({names[name]: found for name, found in error.error_dict.items()}) from error

    @staticmethod
    def bed_name(person: Migrant) -> str:
        return f"bed_{person.pk.hex}"

    @staticmethod
    def reason_name(person: Migrant) -> str:
        return f"reason_{person.pk.hex}"

    def rows(self) -> list[dict[str, Any]]:
        """For the page: each person with their fields and why the bed was proposed."""
        rows = []
        for one in self.people:
            fields = {} if self.proposals[one.pk].shared else {"bed": self[self.bed_name(one)], "reason": self[self.reason_name(one)]}
            rows.append({"person": one, "proposal": self.proposals[one.pk], **fields})
        return rows

    def arrivals(self) -> list[Arrival]:
        given = self.cleaned_data
        return [Arrival(one, given.get(self.bed_name(one)), given.get(self.reason_name(one), "")) for one in self.people]

    def put_refused(self, refused: RefusedTogether) -> None:
        """What stands against each person, beside their bed where it is about that, else with their name."""
        self.add_error(None, refused)
        for person in self.people:
            error = refused.by_person.get(person.pk)
            if error is None:
                continue
            beside = self.bed_name(person) in self.fields and hasattr(error, "error_dict")
            if beside and set(error.error_dict) <= {"bed", "bed_reason"}:
                put_errors(self, error, {"bed": self.bed_name(person), "bed_reason": self.reason_name(person)})
            else:
                self.add_error(None, ValidationError([f"{person} : {words}" for words in error.messages]))
