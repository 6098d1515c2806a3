"""What scim2-models is told to tolerate: here, and nowhere else."""

from __future__ import annotations

from functools import cache

from scim2_models import ScimPolicy

from django_scim.conf import get_settings

STORED = ScimPolicy(unknown=ScimPolicy.Unknown.ignore)
"""For what the host has: it was accepted once."""


def request_policy() -> ScimPolicy:
    """Return the policy for what clients send.

    A ``remove`` may name its values, as Microsoft Entra ID does; a path whose filter matches no entry
    makes the one that it describes, as Entra ID expects (learn.microsoft.com, Develop and plan
    provisioning for a SCIM endpoint). Unknown attributes are as ``UNKNOWN_ATTRIBUTES`` says.
    """
    return _policy(get_settings().UNKNOWN_ATTRIBUTES)


@cache
def _policy(unknown: str) -> ScimPolicy:
    return ScimPolicy(
        unknown=ScimPolicy.Unknown(unknown),
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    )
