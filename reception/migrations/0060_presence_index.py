import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
from django.db import migrations

import reception.models


class Migration(migrations.Migration):
    dependencies = [
        ("reception", "0050_incidents_handover_alert_rules"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="stay",
            index=django.contrib.postgres.indexes.GistIndex(
                reception.models.KeyRange("centre"),
                reception.models.TimeRange("arrived_at", "departed_at", django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_upper=True)),
                name="stay_presence",
            ),
        ),
    ]
