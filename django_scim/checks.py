"""System checks: each adapter checks itself, and its mappings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, register

from django_scim.conf import check_settings


@register("django_scim")
def check_configuration(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report unknown settings, and what is wrong with the mappings of each adapter."""
    from django_scim.registry import registry

    messages: list[CheckMessage] = list(check_settings())
    if messages:
        return messages
    for adapter in registry():
        messages += adapter.check()
    return messages
