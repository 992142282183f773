"""The trail: every table of the domain is in it, nothing can be taken out of it, and whoever tries is found."""

import threading
import uuid

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.models import Organisation, User
from audit.acting import service, set_actor
from audit.models import Change, Link, ReadLog
from audit.services import verify
from centres.models import Centre, Room

OURS = ("accounts", "centres", "jobs", "cases", "flows", "outreach", "reception", "returns", "reintegration", "reporting", "administration")

# Tables without a history of their own, each with its reason.
EXCEPTIONS = {
    "jobs_workerpulse": "one row that a clock writes every ten seconds; says nothing about anybody",
    "cases_duplicatecheck": "people who wait to be looked for among all others; a row lives for seconds and says nothing about anybody",
    "reception_lastseen": "what the database derives from events that are all in the history",
    "reception_assisted": "what the database derives from lines that are all in the history",
    "cases_lastknown": "copies that the database makes of rows before they change; the change itself is in the history",
    "cases_casecounter": "the last number given; every case file with its number is in the history",
}
# Tables of packages that say who may do what, or who somebody is.
FOREIGN = {"mfa_authenticator", "authtoken_token"}


def audited_tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
               WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND p.prosrc ILIKE '%audit_write%'
                 AND t.tgtype & 1 = 1 AND t.tgtype & 2 = 0 AND t.tgtype & 28 = 28"""  # for each row; after; insert, delete, update
        )
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.django_db
def test_every_table_of_the_domain_is_in_the_history():
    tables = {model._meta.db_table for app in OURS for model in apps.get_app_config(app).get_models(include_auto_created=True) if model._meta.managed}
    assert sorted((tables | FOREIGN) - audited_tables() - set(EXCEPTIONS)) == []
    assert set(EXCEPTIONS) <= tables, "an exception for a table that is gone"


def history(instance) -> list[Change]:
    return list(Change.objects.filter(table=instance._meta.db_table, row=str(instance.pk)).order_by("id"))


@service
def _change_name(*, actor, room, name):
    room.name = name
    room.save()


@pytest.mark.django_db
def test_insert_update_and_delete_are_written_down_with_who_did_it(persona, centre):
    actor = persona("manager.gao")
    with transaction.atomic():
        set_actor(actor)
        room = Room.objects.create(centre=centre("GAO"), name="Salle A", kind="men")
    key = room.pk
    _change_name(actor=actor, room=room, name="Salle B")
    Room.objects.filter(pk=key).update(name="Salle C")  # no service, no save(): written down all the same
    inserted, renamed, updated = history(room)
    room.delete()
    deleted = Change.objects.filter(table="centres_room", row=str(key)).latest("id")
    assert [c.operation for c in (inserted, renamed, updated, deleted)] == ["INSERT", "UPDATE", "UPDATE", "DELETE"]
    assert (inserted.actor_id, renamed.actor_id) == (actor.pk, actor.pk)
    assert (inserted.before, inserted.after["name"]) == (None, "Salle A")
    assert (renamed.before, renamed.after) == ({"name": "Salle A"}, {"name": "Salle B"})
    assert (deleted.before["name"], deleted.after) == ("Salle C", None)


@pytest.mark.django_db(transaction=True)
def test_who_acts_is_forgotten_with_the_transaction():
    room = Room.objects.order_by("pk").first()
    _change_name(actor=User.objects.get(username="admin"), room=room, name="Salle A")
    Room.objects.filter(pk=room.pk).update(name="Salle B")
    assert [change.actor_id for change in history(room)][-2:] == [User.objects.get(username="admin").pk, None]


@pytest.mark.django_db
def test_an_update_that_changes_nothing_leaves_no_trace(centre):
    room = Room.objects.filter(centre=centre("GAO")).first()
    before = len(history(room))
    room.save()
    assert len(history(room)) == before


@pytest.mark.django_db
def test_secrets_are_never_copied(persona):
    user = persona("agent.gao")
    before = len(history(user))
    user.set_password("un autre mot de passe")
    user.save()
    assert len(history(user)) == before, "nothing but the password changed"
    user.email = "a@exemple.ml"
    user.save()
    latest = history(user)[-1]
    assert (latest.before, latest.after) == ({"email": ""}, {"email": "a@exemple.ml"})
    assert not any("password" in {**(change.after or {}), **(change.before or {})} for change in Change.objects.filter(table="accounts_user"))


@pytest.mark.django_db
def test_tables_of_a_lower_floor_are_written_down_whole(persona):
    organisation = Organisation.objects.create(code="ESSAI", name="Essai", kind="state")
    organisation.name = "Autre essai"
    organisation.save()
    made, renamed = history(organisation)
    assert made.after == {"id": organisation.pk, "code": "ESSAI", "name": "Essai", "kind": "state"}
    assert (renamed.before, renamed.after) == ({"name": "Essai"}, {"name": "Autre essai"})


@pytest.mark.django_db
def test_rights_given_and_taken_are_in_the_history(persona):
    from centres.models import Posting
    from centres.services import end_posting

    posting = Posting.objects.get(user=persona("agent.gao"))
    end_posting(actor=persona("admin"), posting=posting)
    taken = Change.objects.filter(table="centres_centreuserobjectpermission", operation="DELETE", actor_id=persona("admin").pk)
    assert {change.before["user_id"] for change in taken} == {posting.user_id}


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["audit_change", "audit_readlog", "audit_link"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_logs_can_only_grow(table, statement):
    column = "hash" if table == "audit_link" else "transaction"
    with pytest.raises(DatabaseError, match="journal"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table, column, column))


# --- the chain ---------------------------------------------------------------------------------------------------


def write_something(user: User, times: int = 3) -> None:
    """A few rows of both logs, in a transaction each."""
    for _ in range(times):
        with transaction.atomic():
            set_actor(user)
            Organisation.objects.create(code=uuid.uuid4().hex[:12], name="Essai", kind="state")
            ReadLog.objects.create(user=user, action="opened", model="cases.migrant", rows=["1"], path="/")


def tamper(*statements: str) -> None:
    """As somebody with full power over the database would."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def written(transactional_db):
    write_something(User.objects.get(username="admin"))
    assert verify().whole
    return verify()


def test_an_untouched_chain_is_whole(written, capsys):
    assert written.links == Link.objects.count() == Change.objects.count() + ReadLog.objects.count()
    call_command("verify_audit")
    assert written.head in capsys.readouterr().out


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (['UPDATE audit_change SET after = \'{"name": "autre"}\' WHERE id = (SELECT max(id) - 1 FROM audit_change)'], "modifiée"),
        (["UPDATE audit_change SET actor_id = 1 WHERE id = (SELECT max(id) - 1 FROM audit_change)"], "modifiée"),
        (["UPDATE audit_readlog SET rows = '{2}' WHERE id = (SELECT min(id) FROM audit_readlog)"], "modifiée"),
        (["UPDATE audit_readlog SET address = '10.0.0.9' WHERE id = (SELECT max(id) FROM audit_readlog)"], "modifiée"),
        (["DELETE FROM audit_change WHERE id = (SELECT max(id) - 1 FROM audit_change)"], "supprimée"),
        (["DELETE FROM audit_readlog WHERE id = (SELECT max(id) FROM audit_readlog)"], "supprimée"),
        (
            [
                "DELETE FROM audit_readlog WHERE id = (SELECT max(id) FROM audit_readlog)",
                "DELETE FROM audit_link WHERE number = (SELECT max(number) FROM audit_link WHERE stream = 'read')",
            ],
            "man",
        ),
        (
            [
                "INSERT INTO audit_readlog (user_id, action, model, rows, centre_code, path, at, transaction)"
                " SELECT user_id, action, model, rows, centre_code, path, at, transaction FROM audit_readlog LIMIT 1"
            ],
            "ajoutée hors de la chaîne",
        ),
        (["UPDATE audit_change SET transaction = 1 WHERE id = (SELECT max(id) FROM audit_change)"], "modifiée"),
        (["UPDATE audit_readlog SET transaction = 1 WHERE id = (SELECT max(id) FROM audit_readlog)"], "modifiée"),
        (["UPDATE audit_link SET hash = sha256('x') WHERE number = (SELECT max(number) - 1 FROM audit_link)"], "modifiée"),
    ],
)
def test_tampering_is_found(written, statements, words):
    tamper(*statements)
    verdict = verify()
    assert not verdict.whole
    assert any(words in fault for fault in verdict.faults), verdict.faults
    with pytest.raises(CommandError, match="rompue"):
        call_command("verify_audit")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE centres_centre SET name = 'Ailleurs' WHERE code = 'GAO'", "modifiée sans trace (name)"),
        ("UPDATE accounts_user SET email = 'x@exemple.ml' WHERE username = 'admin'", "modifiée sans trace (email)"),
        ("UPDATE centres_posting SET granted = NOT granted WHERE id = (SELECT min(id) FROM centres_posting)", "modifiée sans trace (granted)"),
        ("DELETE FROM centres_bed WHERE id = (SELECT min(id) FROM centres_bed)", "supprimée sans trace"),
        ("INSERT INTO centres_room (centre_id, name, kind, version) SELECT id, 'Ajout', 'men', 1 FROM centres_centre LIMIT 1", "ajoutée sans trace"),
    ],
)
def test_a_row_changed_while_no_trigger_fired_is_found(written, statement, words):
    room = Room.objects.order_by("pk").first()
    _change_name(actor=User.objects.get(username="admin"), room=room, name="Salle A")  # several entries of one row are laid over one another
    _change_name(actor=User.objects.get(username="admin"), room=room, name="Salle B")
    assert verify().whole, verify().faults
    tamper(statement)
    assert verify(rows=False).whole, "the chain itself is untouched"
    verdict = verify()
    assert [words in fault for fault in verdict.faults] == [True], verdict.faults
    with pytest.raises(CommandError, match="sans trace"):
        call_command("verify_audit")
    call_command("verify_audit", chain_only=True)


def test_rows_of_another_time_zone_and_forgotten_ones_are_no_fault(transactional_db):
    """A moment written in Bamako's or Tokyo's time is the same; what was forgotten on purpose cannot be compared."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'Asia/Tokyo'")
        cursor.execute("UPDATE centres_posting SET confirmed_at = now()")
    assert verify().whole, verify().faults
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT audit_forget('', array_agg('centres_room'::text), array_agg(id::text), 'essai') FROM centres_room")
    assert verify().whole, verify().faults


def test_links_from_before_the_transaction_was_covered_stay_good(written):
    """A chain begun under the old rule: its links keep their hashes, new ones cover the transaction."""
    tamper(
        "TRUNCATE audit_link",
        """DO $$ DECLARE h bytea := sha256(convert_to('Sira', 'UTF8')); n bigint := 0; e record; BEGIN
           FOR e IN SELECT 'change' AS stream, c.id, audit_content(c) AS content FROM audit_change c
                    UNION ALL SELECT 'read', r.id, audit_content(r) FROM audit_readlog r LOOP
               n := n + 1; h := sha256(h || e.content);
               INSERT INTO audit_link (number, stream, entry_id, hash) VALUES (n, e.stream, e.id, h);
           END LOOP;
           UPDATE audit_head SET last_number = n, last_hash = h, whole_from = n + 1; END $$""",
    )
    assert verify().whole, verify().faults
    write_something(User.objects.get(username="admin"))
    assert verify().whole, verify().faults
    tamper("UPDATE audit_change SET transaction = 1 WHERE id = (SELECT max(id) FROM audit_change)")
    assert not verify().whole


def test_twenty_writers_at_once_make_one_chain(transactional_db):
    """No fork, no gap, no deadlock: each transaction closes its own rows at commit, one after the other."""
    start, writers, times = verify(), 20, 5
    users = list(User.objects.order_by("pk")[:writers])
    barrier, errors = threading.Barrier(writers), []

    def write(user: User) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '60s'")
            barrier.wait(60)
            write_something(user, times)
        except Exception as error:
            errors.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)
    verdict = verify()
    assert verdict.whole, verdict.faults
    assert verdict.links == start.links + 2 * writers * times
    assert list(Link.objects.order_by("number").values_list("number", flat=True)) == list(range(1, verdict.links + 1))
    recorded = Change.objects.filter(table="accounts_organisation", actor_id__in=[user.pk for user in users])
    assert {recorded.filter(actor_id=user.pk).count() for user in users} == {times}


def test_writers_that_touch_each_others_rows_do_not_lock_each_other_out(transactional_db):
    """Two transactions that change the same two rows, in one order, and read pages meanwhile."""
    rooms = list(Room.objects.order_by("pk").values_list("pk", flat=True)[:2])
    user = User.objects.get(username="admin")
    barrier, errors = threading.Barrier(8), []

    def write(number: int) -> None:
        try:
            barrier.wait(60)
            for turn in range(5):
                with transaction.atomic():
                    set_actor(user)
                    ReadLog.objects.create(user=user, action="opened", model="centres.room", rows=[str(number)], path="/")
                    for key in rooms:
                        Room.objects.filter(pk=key).update(name=f"Salle {number}-{turn}-{key}")
        except Exception as error:
            errors.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    assert verify().whole


def test_a_rolled_back_write_leaves_no_link(transactional_db):
    before = verify()
    with pytest.raises(RuntimeError), transaction.atomic():
        Centre.objects.filter(code="GAO").update(max_stay_days=15)
        raise RuntimeError
    assert verify() == before
    assert Centre.objects.get(code="GAO").max_stay_days != 15
