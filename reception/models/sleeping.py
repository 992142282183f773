"""Nobody sleeps in a bed that is not there or is blocked: three triggers, one on each table that could break it. And an infant shares the bed
of the adult who answers for them: two triggers, one on each table that could give it a bed of its own.

They stand on this floor, which knows who sleeps where; those on beds and blocks belong to the floor below, hence the proxies. A night
belongs to the day on which it begins: whoever left a bed at ten o'clock doesn't sleep there on that day any more. Each trigger locks the
bed before it looks, so that two people at the same moment see each other."""

import pgtrigger

from cases.models import Migrant
from centres.models import Bed, BedBlock

NOT_THERE, BLOCKED, SLEPT_IN, SHARED = "bed_not_there", "bed_blocked", "bed_slept_in", "bed_shared"
ZONE = "Africa/Bamako"

# The nights of the assignment `a`.
_NIGHTS = f"daterange((a.since AT TIME ZONE '{ZONE}')::date, (a.until AT TIME ZONE '{ZONE}')::date)"


def _refuse_slept_in(bed: str) -> str:
    """SQL: refuses if somebody sleeps in the bed on one of the days `lost` to it."""
    return f"""
        IF EXISTS (SELECT FROM reception_bedassignment a WHERE a.bed_id = {bed} AND {_NIGHTS} && lost) THEN
            RAISE EXCEPTION 'somebody sleeps in bed %', {bed} USING ERRCODE = 'check_violation', CONSTRAINT = '{SLEPT_IN}';
        END IF;
        RETURN NEW;
    """


# The beds in which infants (`child`) sleep by themselves (`own`) though the adult who answers for them has one (`theirs`) at the same centre.
# A room of isolation is given for a medical reason: whoever is laid there, or whose adult is, sleeps alone.
_INFANTS_APART = f"""
    reception_bedassignment own
        JOIN reception_stay s ON s.id = own.stay_id AND s.departed_at IS NULL
        JOIN centres_centre c ON c.id = s.centre_id
        JOIN cases_migrant child ON child.id = s.migrant_id
            AND child.born_on > ((now() AT TIME ZONE '{ZONE}')::date - make_interval(years => c.shared_bed_age))
        JOIN reception_stay a ON a.migrant_id = child.accompanied_by_id AND a.departed_at IS NULL AND a.centre_id = s.centre_id
        JOIN reception_bedassignment theirs ON theirs.stay_id = a.id AND theirs.until IS NULL
    WHERE own.until IS NULL AND NOT EXISTS (
        SELECT FROM centres_bed b JOIN centres_room r ON r.id = b.room_id WHERE b.id IN (own.bed_id, theirs.bed_id) AND r.kind = 'isolation'
    )
"""


def _leave_own_beds(condition: str) -> str:
    """SQL: the infants whom this is about leave the beds that they have for themselves."""
    return f"""
        UPDATE reception_bedassignment gone SET until = greatest(clock_timestamp(), gone.since + interval '1 microsecond')
            WHERE gone.until IS NULL AND gone.id IN (SELECT own.id FROM {_INFANTS_APART} AND {condition});
        RETURN NULL;
    """  # noqa: S608 - words of ours


def infants_share() -> pgtrigger.Trigger:
    """For assignments: an infant gets no bed while the adult who answers for them has one here; once the adult has one, the infant's is free.

    From one key to the next, and the wide question only for whoever answers for somebody: a whole list of people is laid at once, too."""
    return pgtrigger.Trigger(
        name="infant_shares",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("bed_id", "stay_id"),
        condition=pgtrigger.Q(new__until__isnull=True),
        declare=[("who", "record")],
        func=f"""
            SELECT s.migrant_id, m.accompanied_by_id INTO who
                FROM reception_stay s JOIN cases_migrant m ON m.id = s.migrant_id WHERE s.id = NEW.stay_id;
            IF who.accompanied_by_id IS NOT NULL AND EXISTS (SELECT FROM {_INFANTS_APART} AND own.id = NEW.id AND child.id = who.migrant_id) THEN
                RAISE EXCEPTION 'an infant shares the bed of their adult' USING ERRCODE = 'check_violation', CONSTRAINT = '{SHARED}';
            END IF;
            IF NOT EXISTS (SELECT FROM cases_migrant WHERE accompanied_by_id = who.migrant_id) THEN
                RETURN NULL;
            END IF;
            {_leave_own_beds("theirs.id = NEW.id AND child.accompanied_by_id = who.migrant_id")}
        """,  # noqa: S608 - words of ours
    )


def usable_when_laid() -> pgtrigger.Trigger:
    """For assignments: on the day somebody is laid in the bed, it is there and not blocked."""
    return pgtrigger.Trigger(
        name="usable_when_laid",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("bed_id", "since"),
        declare=[("night", "date")],
        func=f"""
            night := (NEW.since AT TIME ZONE '{ZONE}')::date;
            PERFORM FROM centres_bed WHERE id = NEW.bed_id FOR SHARE;
            IF NOT EXISTS (SELECT FROM centres_bed WHERE id = NEW.bed_id AND since <= night AND (until IS NULL OR until > night)) THEN
                RAISE EXCEPTION 'bed % is not there on %', NEW.bed_id, night USING ERRCODE = 'check_violation', CONSTRAINT = '{NOT_THERE}';
            END IF;
            IF EXISTS (SELECT FROM centres_bedblock WHERE bed_id = NEW.bed_id AND since <= night AND (until IS NULL OR until > night)) THEN
                RAISE EXCEPTION 'bed % is blocked on %', NEW.bed_id, night USING ERRCODE = 'check_violation', CONSTRAINT = '{BLOCKED}';
            END IF;
            RETURN NEW;
        """,  # noqa: S608 - words of ours
    )


class BlockedBed(BedBlock):
    """Carries a trigger; use BedBlock."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            # A block made shorter takes no day from the bed: of a change, only the days that are new are looked at.
            pgtrigger.Trigger(
                name="nobody_sleeps_there",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("bed_id", "since", "until"),
                declare=[("lost", "datemultirange")],
                func="""
                    PERFORM FROM centres_bed WHERE id = NEW.bed_id FOR NO KEY UPDATE;
                    lost := datemultirange(daterange(NEW.since, NEW.until));
                    IF TG_OP = 'UPDATE' AND NEW.bed_id = OLD.bed_id THEN
                        lost := lost - datemultirange(daterange(OLD.since, OLD.until));
                    END IF;
                """
                + _refuse_slept_in("NEW.bed_id"),
            )
        ]


class BedOverTime(Bed):
    """Carries a trigger; use Bed."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            pgtrigger.Trigger(
                name="nobody_sleeps_there",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("since", "until"),
                declare=[("lost", "datemultirange")],
                func="""
                    IF NEW.until < NEW.since THEN
                        RETURN NEW; -- the constraint says it
                    END IF;
                    lost := datemultirange(daterange(OLD.since, OLD.until)) - datemultirange(daterange(NEW.since, NEW.until));
                """
                + _refuse_slept_in("NEW.id"),
            )
        ]


class BabyOfSomebody(Migrant):
    """Carries a trigger; use Migrant."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            pgtrigger.Trigger(
                name="infant_shares",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("accompanied_by_id", "born_on"),
                func=_leave_own_beds("child.id = NEW.id"),
            )
        ]
