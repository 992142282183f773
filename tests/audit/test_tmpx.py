import pytest
from tests.audit.test_trail import *
@pytest.mark.django_db
def test_x():
    tables = {model._meta.db_table for app in OURS for model in apps.get_app_config(app).get_models(include_auto_created=True) if model._meta.managed}
    print("MISSING", sorted((tables | FOREIGN) - audited_tables() - set(EXCEPTIONS)))
    with connection.cursor() as c:
        c.execute("select c.relname, t.tgname, t.tgtype, p.prosrc ilike '%%audit_write%%' from pg_trigger t join pg_class c on c.oid=t.tgrelid join pg_proc p on p.oid=t.tgfoid where c.relname in ('returns_returncase','reintegration_visit') and not tgisinternal")
        print(c.fetchall())
