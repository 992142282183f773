"""Who reads without an account (a partner by a secret address), and what was read under an emergency access.

The chain covers both new columns. Rows from before have neither: `concat_ws` leaves out what is null, so their hashes stay what they were."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CONTENT = r"""
CREATE OR REPLACE FUNCTION audit_content(r audit_readlog) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
    SELECT convert_to(concat_ws(chr(31), 'read', r.id, r.at, coalesce(r.user_id, 0), r.action, r.model, array_to_string(r.rows, ','),
                                r.centre_code, r.path, coalesce(host(r.address), ''), 'party=' || nullif(r.party, ''), 'emergency=' || r.emergency), 'UTF8')
$$;
"""
BEFORE = r"""
CREATE OR REPLACE FUNCTION audit_content(r audit_readlog) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
    SELECT convert_to(concat_ws(chr(31), 'read', r.id, r.at, r.user_id, r.action, r.model, array_to_string(r.rows, ','),
                                r.centre_code, r.path, coalesce(host(r.address), '')), 'UTF8')
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_accounts"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AlterField(
            "readlog",
            "user",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="par"),
        ),
        migrations.AlterField(
            "readlog",
            "action",
            models.CharField(
                choices=[
                    ("opened", "ouvert"),
                    ("listed", "affiché dans une liste"),
                    ("searched", "recherché"),
                    ("printed", "imprimé"),
                    ("exported", "exporté"),
                    ("downloaded", "téléchargé"),
                    ("refused", "accès refusé"),
                    ("emergency", "accès d’urgence ouvert"),
                ],
                max_length=12,
                verbose_name="action",
            ),
        ),
        migrations.AddField("readlog", "party", models.CharField(blank=True, db_default="", max_length=200, verbose_name="au nom de")),
        migrations.AddField("readlog", "emergency", models.UUIDField(null=True, verbose_name="accès d’urgence")),
        migrations.AddIndex("readlog", models.Index(condition=models.Q(("emergency__isnull", False)), fields=["emergency", "id"], name="read_in_emergency")),
        migrations.AddConstraint(
            "readlog",
            models.CheckConstraint(condition=models.Q(("user__isnull", False), models.Q(("party", ""), _negated=True), _connector="OR"), name="read_by_somebody"),
        ),
        migrations.RunSQL(CONTENT, BEFORE),
    ]
