"""Accounts that organisations share are adopted in batches, whoever manages their other parts.

The tests of each host whose organisations share accounts: import all of this module, beside ``models``.
"""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from django_scim.models import Record
from tests.conftest import ScimClient
from tests.hosts.leaks import Models
from tests.representations import user

__all__ = [
    "test_a_batch_of_shared_accounts_is_adopted_in_as_many_queries_as_one_account",
    "test_a_shared_account_is_adopted_beside_the_connection_of_another_organisation",
    "test_shared_accounts_with_power_are_adopted_if_that_is_said",
]


def adopt(client: ScimClient, *options: str) -> str:
    """Run the command for a connection; return the report."""
    out = StringIO()
    call_command("scim_adopt", client.connection.name, *options, stdout=out)
    return out.getvalue()


def account(name: str, **values: Any) -> Any:
    """Return the account of a name, or make it by hand."""
    rows = get_user_model()._default_manager
    return rows.filter(username=name).first() or rows.create_user(name, **values)


def join(models: Models, client: ScimClient, account: Any) -> None:
    """Let an account belong to the organisation of a connection, by hand."""
    organisation = client.connection.tenant
    if models.user is get_user_model():
        getattr(account, models.belonging).add(organisation)
    else:
        models.user.objects.create(user=account, organisation=organisation)


def external_id(models: Models) -> str:
    """Return the column that holds the ``externalId`` of each account."""
    return models.login.replace("username", "last_name")


@pytest.mark.parametrize("has_column", [False, True])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_batch_of_shared_accounts_is_adopted_in_as_many_queries_as_one_account(
    models, here, there, elsewhere, has_column
):
    column, counts = ["--external-id", external_id(models)] if has_column else [], []
    sizes: list[int] = []
    for number in (1, 30):
        sizes.append(number)
        names = [f"bob-{number}-{index}" for index in range(number)]
        for name in names:
            if elsewhere:
                made = there.post("/Users", user(name, name={"familyName": f"x-{name}"}))
                assert made.status_code == 201
                join(models, here, account(name))
            else:
                join(models, here, account(name, last_name=f"x-{name}"))
        lookup = f"{models.login}__in={','.join(names)}"

        with CaptureQueriesContext(database) as queries:
            adopt(here, *column, "--filter", lookup)
        counts.append([query["sql"].split()[0] for query in queries])

        found = here.get("/Users", {"filter": "externalId pr"}).json()["totalResults"]
        assert found == (sum(sizes) if has_column else 0)

    assert counts[0] == counts[1]


def test_a_shared_account_is_adopted_beside_the_connection_of_another_organisation(models, here, there):
    path = f"/Users/{there.post('/Users', user('bob', name={'familyName': 'x-1'})).json()['id']}"
    join(models, here, account("bob"))

    adopt(here, "--external-id", external_id(models))

    (own,) = here.get("/Users").json()["Resources"]
    assert own["externalId"] == "x-1"
    assert Record.objects.filter(managed_by=there.connection).count() == 1
    assert here.delete(f"/Users/{own['id']}").status_code == 204
    renamed = there.patch(path, {"op": "replace", "path": "userName", "value": "robert"})
    assert renamed.json()["userName"] == "robert"


def test_shared_accounts_with_power_are_adopted_if_that_is_said(models, here):
    join(models, here, account("bob", is_staff=True))

    assert "it has power in the project" in adopt(here)
    assert not Record.objects.filter(managed_by=here.connection).exists()

    adopt(here, "--with-power")

    assert Record.objects.get(managed_by=here.connection).is_handed_over
