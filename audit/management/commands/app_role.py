from urllib.parse import unquote, urlsplit

import environ
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from psycopg2 import sql

# What the application may do to each of these; to every other table it may read, add, change and remove rows.
NARROWER = {
    "audit_change": "SELECT",  # written by the triggers, with their owner's right
    "audit_link": "SELECT",
    "audit_head": "SELECT",
    "audit_readlog": "SELECT, INSERT",
    "django_migrations": "SELECT",
}


class Command(BaseCommand):
    help = (
        "Crée le rôle de base de données de l’application, ou remet ses droits à jour : ni superutilisateur, ni propriétaire des tables. "
        "À lancer comme propriétaire (DATABASE_URL), après chaque « migrate » ; le rôle est celui de SIRA_APP_DATABASE_URL."
    )

    def handle(self, *args, **options):
        url = urlsplit(environ.FileAwareEnv().str("SIRA_APP_DATABASE_URL", default=""))
        name, password = unquote(url.username or ""), unquote(url.password or "")
        if not name or not password:
            raise CommandError("SIRA_APP_DATABASE_URL manque : postgresql://sira_app:MOT-DE-PASSE@SERVEUR:5432/sira.")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sira app_role'))")
            cursor.execute("SELECT session_user, current_database()")
            owner, database = cursor.fetchone()
            if name == owner:
                raise CommandError("SIRA_APP_DATABASE_URL nomme le propriétaire de la base : l’application a besoin d’un rôle à elle.")
            role = sql.Identifier(name)
            cursor.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = %s", [name])
            known = cursor.fetchone()
            verb = sql.SQL("ALTER" if known else "CREATE")
            cursor.execute(
                sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD {}").format(verb, role, sql.Literal(password))
            )
            for statement in (
                "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
                "GRANT USAGE ON SCHEMA public TO {role}",
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
                "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            ):
                cursor.execute(sql.SQL(statement).format(role=role, database=sql.Identifier(database)))
            for table, rights in NARROWER.items():
                cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.Identifier(table), role))
                cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), sql.Identifier(table), role))
            self._backup_role(cursor)
        if options["verbosity"]:
            self.stdout.write(f"L’application travaille comme « {name} ».")

    def _backup_role(self, cursor) -> None:
        """Who takes backups, where SIRA_BACKUP_DATABASE_URL names one: it copies the whole server, and can neither read nor write a table."""
        url = urlsplit(environ.FileAwareEnv().str("SIRA_BACKUP_DATABASE_URL", default=""))
        name, password = unquote(url.username or ""), unquote(url.password or "")
        if not name or not password:
            return
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
        cursor.execute(
            sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE REPLICATION NOBYPASSRLS PASSWORD {}").format(verb, sql.Identifier(name), sql.Literal(password))
        )
