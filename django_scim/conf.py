"""The ``DJANGO_SCIM`` setting: every option with its default, its type and what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import cache
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import Error
from django.core.signals import setting_changed

ADAPTER_OPTIONS = ("adapter", "attributes", "delete", "id_field")
"""What ``USER`` and ``GROUP`` may hold; see :class:`django_scim.adapters.Adapter`."""


@dataclass(frozen=True)
class ScimSettings:
    """The options of ``DJANGO_SCIM``, under the names that the setting uses.

    Read them through :func:`get_settings`. A name that is not here is a system check error.
    """

    USER: Mapping[str, Any] = field(default_factory=dict)
    """Options of the User resource type: ``adapter`` (dotted path), ``attributes`` (mappings to add or
    replace), ``delete`` (``"soft"`` or ``"hard"``), ``id_field``."""

    GROUP: Mapping[str, Any] = field(default_factory=dict)
    """Options of the Group resource type, as for ``USER``. ``{"adapter": None}`` serves no groups."""

    ADAPTERS: Sequence[str] = ()
    """Dotted paths of the adapters of the host's own resource types."""

    AUTHENTICATION_CLASSES: Sequence[str] = ("django_scim.api.authentication.AccessTokenAuthentication",)
    """DRF authentication classes; the first names the scheme of ``WWW-Authenticate``."""

    THROTTLE_CLASSES: Sequence[str] = ()
    """DRF throttle classes of the resource endpoints; a request over the limit is 429."""

    PERMISSION_CLASSES: Sequence[str] = ("django_scim.api.permissions.HasScope",)
    """DRF permission classes of the resource endpoints."""

    DEFAULT_PAGE_SIZE: int = 100
    """How many resources a query returns that gives no ``count`` (RFC 7644 section 3.4.2.4)."""

    MAX_RESULTS: int = 200
    """The most resources that one page holds; a larger ``count`` is lowered to it."""

    MAX_PAYLOAD_SIZE: int = 10 * 1024 * 1024
    """The largest request body in bytes; a larger one is 413."""

    MAX_PATCH_OPERATIONS: int = 1000
    """The most operations in one PATCH; more is 413."""

    DOCUMENTATION_URI: str | None = None
    """``documentationUri`` of the ServiceProviderConfig."""


def check_settings() -> Iterator[Error]:
    """Report the names in ``DJANGO_SCIM`` that mean nothing, each with the nearest one that does."""
    configured = getattr(django_settings, "DJANGO_SCIM", {})
    known = [option.name for option in fields(ScimSettings)]
    yield from _unknown("DJANGO_SCIM", configured, known)
    for name in ("USER", "GROUP"):
        yield from _unknown(f'DJANGO_SCIM["{name}"]', configured.get(name, {}), ADAPTER_OPTIONS)


def _unknown(setting: str, configured: Mapping[str, Any], known: Sequence[str]) -> Iterator[Error]:
    for name in configured:
        if name not in known:
            near = get_close_matches(str(name), known, n=1, cutoff=0.5)
            hint = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known)}."
            yield Error(f"{setting} has no option '{name}'.", hint=hint, id="django_scim.E005")


@cache
def get_settings() -> ScimSettings:
    """Return the options in force, unknown names left out (the system check reports those)."""
    configured = getattr(django_settings, "DJANGO_SCIM", {})
    known = {option.name for option in fields(ScimSettings)}
    return ScimSettings(**{name: value for name, value in configured.items() if name in known})


def _forget(*, setting: str, **kwargs: Any) -> None:
    """Read the setting anew after ``override_settings``."""
    if setting == "DJANGO_SCIM":
        get_settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="django_scim.conf")
