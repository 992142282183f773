from django.db import migrations

NEW = (("soins", "Soins"), ("reference-hopital", "Référence à l’hôpital"))


def add_health_services(apps, schema_editor):
    """To an installation that has its services already; a new one gets them with all others (centres/setup.py)."""
    Service = apps.get_model("centres", "Service")
    if Service.objects.exists():
        for code, name in NEW:
            Service.objects.get_or_create(code=code, defaults={"name": name, "category": "health"})


class Migration(migrations.Migration):
    dependencies = [("centres", "0030_offers")]

    operations = [migrations.RunPython(add_health_services, migrations.RunPython.noop)]
