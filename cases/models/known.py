"""What a centre knew of a person when its care ended. Whoever no longer follows somebody reads this, on every page, list, file and API, and
searches and filters see no more than that (docs/decisions/0043).

The database keeps a copy of a row before it is changed for the first time after a centre's care has ended (`keeps_last_known`). Two doors
lead to the copies, both below the views: `as_then` puts them in place of the rows of a query, and a person who came on another way (a foreign
key, a join) takes their content when first asked for it, all people of a request together (`withhold`)."""

from collections.abc import Iterator
from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.sql.datastructures import BaseTable
from django.utils.translation import gettext_lazy as _

from audit.reading import reader
from centres.access import centres_for, opened_people
from centres.models import Centre
from centres.roles import Right


class LastKnownQuerySet(models.QuerySet["LastKnown"]):
    def read_by(self, centres: list[int]) -> Self:
        """What is read in place of the rows themselves at these centres: of people whom others follow now, from the latest of the centres'
        own times of care."""
        from .migrant import Custody

        care = Custody.objects.filter(migrant=OuterRef("migrant"))
        later = Q(until__isnull=True) | Q(until__gt=OuterRef("until")) | Q(until=OuterRef("until"), pk__gt=OuterRef("custody"))
        return self.filter(~Exists(care.filter(later, centre__in=centres)), Exists(care.filter(until__isnull=True)), centre__in=centres)


class LastKnown(models.Model):
    """A row as it stood when this time of care ended. Written by the database alone, once, and only of what was changed since."""

    custody = models.ForeignKey("cases.Custody", models.CASCADE, related_name="+")
    centre = models.ForeignKey(Centre, models.CASCADE, related_name="+")  # of the custody, with its end: a list is read without it
    until = models.DateTimeField()
    migrant = models.ForeignKey("cases.Migrant", models.CASCADE, related_name="+")
    table = models.CharField(max_length=63)
    row = models.CharField(max_length=36)
    content = models.JSONField()

    objects = LastKnownQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["custody", "table", "row"], name="last_known_once", violation_error_message=_("Cette ligne est déjà gardée comme elle était.")
            )
        ]
        indexes = [
            models.Index(fields=["table", "row"], name="last_known_of_row"),
            models.Index(fields=["table", "migrant"], name="last_known_of_person"),
            models.Index(fields=["centre", "table"], name="last_known_at_centre"),
        ]


# What the row of a person says of nobody.
NOT_SAID = ("kept_for", "version", "name_keys", "search_text", "registered_digest", "merged_into_id", "forgotten_at")
COPY = """INSERT INTO cases_lastknown (custody_id, centre_id, until, migrant_id, "table", "row", content)
                    SELECT c.id, c.centre_id, c.until, c.migrant_id, TG_TABLE_NAME, OLD.id::text, to_jsonb(OLD) FROM cases_custody c"""
ONCE = 'ON CONFLICT (custody_id, "table", "row") DO NOTHING;'


def keeps_last_known(*, since: str, person: str = "OLD.migrant_id", of: str = "") -> pgtrigger.Trigger:
    """Copies a row on somebody's file before it is changed or deleted, for each centre whose care has ended. `since`: from when the row was
    on the file, `person`: whose file it is, `of`: the row that says both, all in the database's words."""
    return pgtrigger.Trigger(
        name="last_known",
        when=pgtrigger.After,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=f"""
            IF TG_OP = 'DELETE' OR NEW.* IS DISTINCT FROM OLD.* THEN
                {COPY}{f" JOIN {of}" if of else ""} WHERE c.migrant_id = {person} AND c.until >= {since} {ONCE}
            END IF;
            RETURN NULL;
        """,
    )


# Of the person: the same, and the row remembers for which centres, so that nobody else's page asks. Derived columns tell nothing by themselves.
KEEPS_PERSON = pgtrigger.Trigger(
    name="last_known",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func=f"""
        IF to_jsonb(NEW) - ARRAY{list(NOT_SAID)!r} IS DISTINCT FROM to_jsonb(OLD) - ARRAY{list(NOT_SAID)!r} THEN
            {COPY} WHERE c.migrant_id = OLD.id AND c.until IS NOT NULL {ONCE}
            NEW.kept_for := coalesce((SELECT array_agg(DISTINCT k.centre_id) FROM cases_lastknown k WHERE k."table" = TG_TABLE_NAME AND k.migrant_id = OLD.id), '{{}}');
        END IF;
        RETURN NEW;
    """,  # noqa: S608 – a trigger, made of our own words
)

# Of a time of care: one that goes on after all knows what is there; one of a file that was joined to another knows what that file said.
FOLLOWS_CARE = pgtrigger.Trigger(
    name="last_known",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("until", "migrant_id"),
    func="""
        IF NEW.until IS NULL THEN
            DELETE FROM cases_lastknown WHERE custody_id = NEW.id;
        ELSIF NEW.migrant_id <> OLD.migrant_id THEN
            UPDATE cases_lastknown SET migrant_id = NEW.migrant_id WHERE custody_id = NEW.id;
            INSERT INTO cases_lastknown (custody_id, centre_id, until, migrant_id, "table", "row", content)
                SELECT NEW.id, NEW.centre_id, NEW.until, NEW.migrant_id, 'cases_migrant', OLD.migrant_id::text, to_jsonb(m) FROM cases_migrant m
                WHERE m.id = OLD.migrant_id AND NOT EXISTS (SELECT FROM cases_lastknown k WHERE k.custody_id = NEW.id AND k."table" = 'cases_migrant');
            UPDATE cases_migrant m SET kept_for = coalesce(
                (SELECT array_agg(DISTINCT k.centre_id) FROM cases_lastknown k WHERE k."table" = 'cases_migrant' AND k.migrant_id = m.id), '{}')
                WHERE m.id IN (OLD.migrant_id, NEW.migrant_id);
        END IF;
        RETURN NULL;
    """,
)


# --- queries -----------------------------------------------------------------------------------------------------


class _Then(BaseTable):
    """A table as these centres read it: what they know of somebody else's people stands in place of the rows."""

    def __init__(self, table_name: str, alias: str, model: type[models.Model], person: str, centres: tuple[int, ...]):
        super().__init__(table_name, alias)
        self.model, self.person, self.centres = model, person, centres

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        quote = connection.ops.quote_name
        table, alias = quote(self.table_name), compiler.quote_name_unless_alias(self.table_alias)
        key = self.model._meta.pk
        copies, parameters = LastKnown.objects.filter(table=self.table_name).read_by(list(self.centres)).query.sql_with_params()
        # The keys come from columns of the copies, not out of their content: what is asked about one person is found by an index.
        typed = {key.column: f'k."row"::{key.rel_db_type(connection)}', self.person: "k.migrant_id", "kept_for": "'{}'::integer[]"}  # type: ignore[union-attr]
        columns = [field.column for field in self.model._meta.concrete_fields]
        now = ", ".join(f"now.{quote(column)}" for column in columns)
        then = ", ".join(f"{typed.get(column, f'old.{quote(column)}')} AS {quote(column)}" for column in columns)
        copied = f"SELECT {then} FROM ({copies}) k CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, k.content) old"  # noqa: S608 – names of our own tables and columns
        if "kept_for" in columns:
            # Whole, so that the table is walked by its own indexes; rows that have a copy are taken out by a condition (`as_then`).
            return f"(SELECT {now} FROM {table} now UNION ALL {copied}) {alias}", parameters  # noqa: S608
        stale = f'SELECT FROM ({copies}) k WHERE k."row" = now.{quote(key.column)}::text'  # type: ignore[union-attr]
        return f"(SELECT {now} FROM {table} now WHERE NOT EXISTS ({stale}) UNION ALL {copied}) {alias}", (*parameters, *parameters)  # noqa: S608

    def relabeled_clone(self, change_map: dict[str | None, str]) -> "_Then":
        return _Then(self.table_name, change_map.get(self.table_alias, self.table_alias), self.model, self.person, self.centres)  # type: ignore[arg-type]


def as_then(rows: Any, user: Any, *, person: str = "migrant_id") -> Any:
    """The same query, asked of what this user's centres know: they filter, search, sort and count what they are shown, and nothing else.
    `person`: the column with the key of the person ("": none)."""
    centres = centres_for(user, Right.VIEW_CASE)
    if not centres:
        return rows
    rows = rows.all()
    query = rows.query
    alias = query.base_table if query.alias_map else query.get_initial_alias()
    query.alias_map[alias] = _Then(query.model._meta.db_table, alias, query.model, person, tuple(centres))
    if person == "id":
        copied = LastKnown.objects.filter(table=query.model._meta.db_table, migrant=OuterRef("pk")).read_by(centres)
        rows = rows.exclude(Q(kept_for__overlap=centres) & Exists(copied))
    return rows


# --- people, on whichever way they came ----------------------------------------------------------------------------


def withhold(person: Any) -> None:
    """Called of each person that is loaded: where a copy may be kept for the reader, what the row says waits until it is decided (`settle`).
    Django takes what is not there for a field to be loaded later, and asks `refresh_from_db`."""
    reads = reader()
    if reads is None:
        return
    kept_for = person.__dict__.get("kept_for")
    if kept_for == []:
        return
    centres = centres_for(reads.user, Right.VIEW_CASE)
    if not centres or (kept_for is not None and not set(kept_for) & set(centres)) or person.pk in opened_people(reads.user):
        return
    values = {name: person.__dict__.pop(name) for name in _columns(type(person)) if name in person.__dict__}
    person.__dict__["_withheld"] = (reads, values)
    reads.withheld.append(person)


def settle(person: Any) -> None:
    """Gives everybody that was withheld so far what their reader's centres know of them: one question for all."""
    reads, _values = person.__dict__["_withheld"]
    people, reads.withheld = reads.withheld, []
    copies = LastKnown.objects.filter(table=type(person)._meta.db_table, migrant__in={one.pk for one in people})
    known = dict(copies.read_by(centres_for(reads.user, Right.VIEW_CASE)).values_list("migrant", "content"))
    for one in people:
        one.__dict__.update(one.__dict__.pop("_withheld")[1])
        for name, value in _said(type(one), known.get(one.pk, {})):
            if name in one.__dict__:
                setattr(one, name, value)


def _columns(model: type[models.Model]) -> dict[str, Any]:
    return {field.attname: field for field in model._meta.concrete_fields if not field.primary_key}


def _said(model: type[models.Model], content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, field in _columns(model).items():
        if field.column in content:
            value = content[field.column]
            yield name, value if value is None else field.target_field.to_python(value) if field.is_relation else field.to_python(value)
