"""The adapters in force: one for each resource type that the project serves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from django_scim.adapters.base import Adapter
from django_scim.conf import get_settings

DEFAULT_ADAPTERS = {
    "USER": "django_scim.adapters.users.UserAdapter",
    "GROUP": "django_scim.adapters.groups.GroupAdapter",
}


class Registry:
    """The adapters by the name of their resource type, in the order of discovery."""

    def __init__(self, adapters: list[Adapter]) -> None:
        self.by_name = {adapter.name: adapter for adapter in adapters}
        for adapter in adapters:
            adapter.join(self)

    def __iter__(self) -> Iterator[Adapter]:
        return iter(self.by_name.values())

    def get(self, name: str) -> Adapter | None:
        """Return the adapter of a resource type, or none where the project does not serve it."""
        return self.by_name.get(name)


@cache
def registry() -> Registry:
    """Make the adapters that the settings name."""
    settings = get_settings()
    adapters: list[Adapter] = []
    for name, default in DEFAULT_ADAPTERS.items():
        options = dict(getattr(settings, name))
        path = options.pop("adapter", default)
        if path is not None:
            adapters.append(load(path, f'DJANGO_SCIM["{name}"]', options))
    adapters += [load(path, path, {}) for path in settings.ADAPTERS]
    return Registry(adapters)


def load(path: str, setting: str, options: dict[str, Any]) -> Adapter:
    """Import an adapter class and make its one instance."""
    adapter: Adapter = import_string(path)(setting=setting, **options)
    return adapter


def _forget(*, setting: str, **kwargs: Any) -> None:
    """Make the adapters anew after ``override_settings``."""
    if setting in ("DJANGO_SCIM", "AUTH_USER_MODEL"):
        registry.cache_clear()


setting_changed.connect(_forget, dispatch_uid="django_scim.registry")
