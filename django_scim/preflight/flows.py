"""What identity providers send, from the connection test to the deletion, as data.

Each file in ``flows`` is the flow of one provider in the shape that its documentation (``sources``) gives it.
A step is a request and what its answer has to have: ``status``, a ``body`` of which an answer may have more,
and what is ``absent``. ``capture`` keeps parts of the answer for the ``${name}`` of later steps, and
``outcome`` is what resources look like afterwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django_scim.schema.paths import Json

FOLDER = Path(__file__).parent / "flows"

FLOWS: dict[str, Json] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
"""The flows by the names of their files."""

PROVIDERS = {
    "okta": ("okta",),
    "entra": ("entra", "entra_validator"),
    "onelogin": ("onelogin",),
    "jumpcloud": ("jumpcloud",),
    "google": ("google_workspace",),
    "authentik": ("authentik",),
    "keycloak": ("keycloak",),
    "pingone": ("pingone",),
    "rippling": ("rippling",),
    "sailpoint": ("sailpoint",),
}
"""The flows of each provider by its short name: its own, and that of the validator that it publishes."""

DOMAIN = re.compile(r"(?<=[\w.+-])(@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
"""The domain of an e-mail address, in JSON or in a URL."""

PLACE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Flow:
    """A flow, ready to be replayed."""

    provider: str
    """What people call the provider."""

    dialect: str
    headers: dict[str, str]
    steps: list[Json]


@cache
def flow_of(name: str, domain: str = "") -> Flow:
    """Return a flow, and after it the request that hires somebody again who was deleted.

    :param name: The name of its file.
    :param domain: The domain that e-mail addresses shall have, where a connection takes no other.
    """
    flow = FLOWS[name]
    steps: list[Json] = [*flow["steps"], *hired_again(flow["steps"])]
    if domain:
        steps = json.loads(DOMAIN.sub(rf"\g<1>{domain}", json.dumps(steps)))
    return Flow(flow["provider"], flow.get("dialect", ""), flow["headers"], steps)


def hired_again(steps: list[Json]) -> Iterator[Json]:
    """Yield the creation of the user that a flow has deleted, once more, and its deletion.

    To the provider it is a new user (RFC 7644 section 3.6: a deleted resource is no conflict).
    """
    deleted = {step["request"]["path"] for step in steps if step["request"]["method"] == "DELETE"}
    for step in steps:
        capture = step["answer"].get("capture", {})
        if step["phase"] == "create" and "user" in capture:
            endpoint = step["request"]["path"]
            path = endpoint.replace("/Users", "/Users/${user}")
            if path in deleted:
                yield {**step, "phase": "hire again"}
                yield {
                    "phase": "delete",
                    "request": {"method": "DELETE", "path": path},
                    "answer": {"status": 204},
                }


def places_in(part: Json) -> set[str]:
    """Return the names of the places ``${name}`` in a part of a flow."""
    return set(PLACE.findall(json.dumps(part)))


def filled(value: Any, captured: dict[str, str]) -> Any:
    """Return a part of a step with what has been captured in place of its ``${names}``.

    :raises KeyError: If something has not been captured.
    """
    if isinstance(value, str):
        return PLACE.sub(lambda found: captured[found[1]], value)
    if isinstance(value, list):
        return [filled(item, captured) for item in value]
    if isinstance(value, dict):
        return {name: filled(item, captured) for name, item in value.items()}
    return value
