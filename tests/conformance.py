"""What the checks of ``scim2-tester`` say."""

from __future__ import annotations

from collections.abc import Iterable
from unittest.mock import patch

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import CheckResult, Status, check_server
from scim2_tester.utils import ResourceManager

from tests.conftest import BEHIND_TLS, ROOT, SCIM

PASSED = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}

delete_all = ResourceManager.cleanup


def checked(server: str, token: str) -> list[CheckResult]:
    """Run every check against a server, and return what came of each."""
    headers = {"Authorization": f"Bearer {token}", "Accept": SCIM, "Content-Type": SCIM, **BEHIND_TLS}
    with (
        Client(base_url=f"{server}{ROOT}", headers=headers) as client,
        patch.object(ResourceManager, "cleanup", delete_once),
    ):
        return check_server(SyncSCIMClient(client))


def delete_once(resources: ResourceManager) -> None:
    """Delete what a check has made, and forget it.

    The suite forgets nothing: after each check it deletes once more what all checks before have made, without
    a look at the answers. Those were two thirds of its requests.
    """
    delete_all(resources)
    resources.resources.clear()


def readable(results: Iterable[CheckResult]) -> str:
    """Return a paragraph for each check: what was checked, of which resource type, and what came of it."""
    return "\n\n".join(
        f"{result.status.name} {result.title} {result.resource_type or ''}\n"
        f"    {result.reason}\n    {str(result.data)[:1000]}"
        for result in results
    )
