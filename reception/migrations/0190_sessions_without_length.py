from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reception", "0180_what_history_needs_stays"),
    ]

    operations = [
        migrations.AlterField(
            model_name="session",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[
                    ("bam", "bambara"),
                    ("ful", "peul"),
                    ("snk", "soninké"),
                    ("ses", "songhaï"),
                    ("taq", "tamasheq"),
                    ("mlq", "malinké"),
                    ("kao", "khassonké"),
                    ("man", "mandingue"),
                    ("dyu", "dioula"),
                    ("wol", "wolof"),
                    ("mey", "hassaniya"),
                    ("hau", "haoussa"),
                    ("sus", "soussou"),
                    ("mos", "mooré"),
                    ("dts", "dogon"),
                    ("spp", "sénoufo"),
                    ("bmq", "bomu"),
                    ("bze", "bozo"),
                    ("fra", "français"),
                    ("eng", "anglais"),
                    ("ara", "arabe"),
                    ("por", "portugais"),
                    ("spa", "espagnol"),
                    ("oth", "une autre langue"),
                ],
                max_length=3,
                verbose_name="langue",
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="minutes",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="durée (minutes)"),
        ),
    ]
