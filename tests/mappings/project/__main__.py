"""Sets the project up, checks it, writes a user and a group, and prints what came out."""

from __future__ import annotations

import json
import os

import django
from django.core.management import call_command


def main() -> None:
    """Do it, in a process that has read no settings yet."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.mappings.project.settings"
    django.setup()
    call_command("check", fail_level="ERROR")
    call_command("migrate", run_syncdb=True, verbosity=0)

    from tests.conftest import ScimClient
    from tests.factories import ConnectionFactory
    from tests.representations import ENTERPRISE, group, user

    scim = ScimClient(ConnectionFactory.create())
    manager = scim.post("/Users", user("manager")).json()
    bjensen = user(
        "bjensen",
        nickName="Barbara",
        name={"familyName": "Jensen"},
        title="Guide",
        active=True,
        password="t1meMa$heen",
        emails=[{"value": "b@example.com", "primary": True}],
        phoneNumbers=[{"value": "1"}, {"value": "2"}],
        ims=[{"value": "babs", "type": "xmpp"}],
        **{ENTERPRISE: {"manager": {"value": manager["id"]}}},
    )
    created = scim.post("/Users", bjensen).json()
    guides = scim.post("/Groups", group(members=[{"value": created["id"]}])).json()
    print(json.dumps({"user": created, "group": guides, "manager": manager["id"]}))


if __name__ == "__main__":
    main()
