"""The demonstration shows both sides of a value entered by hand."""

import pytest
from django.core.management import call_command

from reporting.models import ManualValue

pytestmark = pytest.mark.django_db


def test_some_are_validated_by_the_second_account_and_some_wait(as_user):
    for _twice in range(2):
        call_command("demo_values", seed=1)
    assert ManualValue.objects.count() == 7 and ManualValue.objects.pending().exists()
    assert {value.validated_by.username for value in ManualValue.objects.validated()} == {"me.iom2", "me.aecid2"}
    assert "Valeurs à valider" in as_user("me.iom2").get("/").content.decode()
