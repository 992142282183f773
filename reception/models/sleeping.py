"""Nobody sleeps in a bed that is not there or is blocked: three triggers, one on each table that could break it.

They stand on this floor, which knows who sleeps where; those on beds and blocks belong to the floor below, hence the proxies. A night
belongs to the day on which it begins: whoever left a bed at ten o'clock doesn't sleep there on that day any more. Each trigger locks the
bed before it looks, so that two people at the same moment see each other."""

import pgtrigger

from centres.models import Bed, BedBlock

NOT_THERE, BLOCKED, SLEPT_IN = "bed_not_there", "bed_blocked", "bed_slept_in"
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
