from django.db import migrations


def grants_are_written_anew(apps, schema_editor):
    """Roles have more rights than when the grants were written: they are written anew at the next page of whoever holds one."""
    apps.get_model("centres", "Posting").objects.filter(granted=True).update(granted=False)


class Migration(migrations.Migration):
    dependencies = [("centres", "0002_areas")]

    operations = [
        migrations.AlterModelOptions(
            name="centre",
            options={
                "default_permissions": (),
                "ordering": ["name"],
                "permissions": [
                    ("view_case", "VIEW_CASE"),
                    ("register", "REGISTER"),
                    ("receive", "RECEIVE"),
                    ("view_centre", "VIEW_CENTRE"),
                    ("manage_centre", "MANAGE_CENTRE"),
                    ("post_staff", "POST_STAFF"),
                    ("export_names", "EXPORT_NAMES"),
                    ("import_lists", "IMPORT_LISTS"),
                    ("forget_identity", "FORGET_IDENTITY"),
                    ("merge_files", "MERGE_FILES"),
                    ("view_protection", "VIEW_PROTECTION"),
                    ("manage_return", "MANAGE_RETURN"),
                    ("manage_reintegration", "MANAGE_REINTEGRATION"),
                    ("count_flows", "COUNT_FLOWS"),
                    ("record_outreach", "RECORD_OUTREACH"),
                    ("view_indicators", "VIEW_INDICATORS"),
                    ("make_report", "MAKE_REPORT"),
                    ("enter_value_iom", "ENTER_VALUE_IOM"),
                    ("enter_value_aecid", "ENTER_VALUE_AECID"),
                    ("view_proof_iom", "VIEW_PROOF_IOM"),
                    ("view_proof_aecid", "VIEW_PROOF_AECID"),
                    ("edit_questionnaires", "EDIT_QUESTIONNAIRES"),
                    ("view_audit", "VIEW_AUDIT"),
                    ("manage_users", "MANAGE_USERS"),
                ],
                "verbose_name": "centre",
            },
        ),
        migrations.RunPython(grants_are_written_anew, migrations.RunPython.noop),
    ]
