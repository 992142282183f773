"""The change history of accounts: tables of a lower floor and of packages, which cannot declare the trigger themselves.

Never copied: password hashes, secrets of the second factor, API keys, and the times of the last sign-in, which say nothing
about who may do what."""

from django.db import migrations

ROW = r"""
CREATE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), coalesce(TG_ARGV::text[], '{}'));  -- without arguments it is null
    RETURN NULL;
END $$;
"""

# table: columns left out
TABLES = {
    "accounts_organisation": (),
    "accounts_user": ("password", "last_login"),
    "accounts_user_groups": (),
    "accounts_user_user_permissions": (),  # the national rights
    "mfa_authenticator": ("data", "last_used_at"),
    "authtoken_token": ("key",),
}

CREATE = [
    f"CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_row({', '.join(map(repr, left_out))});"
    for table, left_out in TABLES.items()
]
DROP = [f"DROP TRIGGER IF EXISTS audited ON {table};" for table in TABLES]


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_chain"),
        ("accounts", "0001_initial"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("authtoken", "0004_alter_tokenproxy_options"),
    ]
    operations = [migrations.RunSQL([ROW, *CREATE], [*DROP, "DROP FUNCTION IF EXISTS audit_row();"])]
