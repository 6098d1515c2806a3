"""The resource types that the project serves, and the scopes of tokens that follow from them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from django_scim.adapters.adapter import Adapter
from django_scim.conf import get_settings
from django_scim.imports import ImportFailed, import_path, nearest
from django_scim.models import Scope
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import secrets_of, walk

DEFAULT_ADAPTERS = {
    "User": "django_scim.adapters.UserAdapter",
    "Group": "django_scim.adapters.GroupAdapter",
}
"""The resource types of RFC 7643, which are served if the settings say nothing else."""

RESERVED = (
    "/serviceproviderconfig",
    "/resourcetypes",
    "/schemas",
    "/me",
    "/bulk",
    "/.search",
    "/history",
    "/health",
    "/read",
    "/write",
)
"""The endpoints of RFC 7644 section 3.2 that are no resource types, those of the app itself, and what would
be taken for a scope; in lower case."""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")

ENDPOINT = re.compile(r"/[A-Za-z0-9_-]+")


class Registry:
    """The resource types by their name, in the order of discovery."""

    def __init__(self) -> None:
        self.by_name: dict[str, ResourceType] = {}
        self.errors: list[CheckMessage] = []
        """Why a resource type that the settings name is not here."""

    def __iter__(self) -> Iterator[ResourceType]:
        return iter(self.by_name.values())

    def get(self, name: str) -> ResourceType | None:
        """Return the resource type of a name, or None if the project does not serve it."""
        return self.by_name.get(name)

    @cached_property
    def secret_names(self) -> frozenset[str]:
        """The names of the attributes that no answer ever holds, in lower case: the history hides them."""
        return frozenset(
            name.lower() for resource_type in self for name in secrets_of(resource_type.resource)
        )

    @cached_property
    def attribute_names(self) -> frozenset[str]:
        """The names that the schemas have, in lower case: of attributes, sub-attributes and the schemas."""
        found: set[str] = set()
        for resource_type in self:
            found |= {str(resource_type.resource.__schema__), *resource_type.resource.get_extension_models()}
            for path in walk(resource_type.resource):
                found |= {path.name, *path.sub_attributes}
        return frozenset(name.lower() for name in found)

    @cached_property
    def collection_names(self) -> frozenset[str]:
        """The names of the attributes that may have any number of values, such as members; in lower case."""
        return frozenset(
            mapping.path.name.lower()
            for resource_type in self
            for mapping in resource_type.mappings.values()
            if mapping.unbounded
        )

    def load(self, name: str, options: Mapping[str, Any]) -> None:
        """Add the resource type that the settings configure, or the error that keeps it from being added."""
        setting = f'DJANGO_SCIM["RESOURCES"]["{name}"]'
        options = {"adapter": DEFAULT_ADAPTERS.get(name), **options}
        path = options.pop("adapter")
        if path is None:
            hint = nearest(name, DEFAULT_ADAPTERS)
            self.errors.append(Error(f"{setting} has no 'adapter'.", hint=hint, id="django_scim.E008"))
            return
        try:
            adapter = import_path(path, DEFAULT_ADAPTERS.values())
            if not isinstance(adapter, type) or not issubclass(adapter, Adapter):
                raise ImportFailed(f"'{path}' is no adapter", "An adapter inherits from Adapter.")
            self.add(name, ResourceType(adapter(setting=setting, **options)))
        except ImportFailed as error:
            self.errors.append(Error(f"{setting}: {error.reason}.", hint=error.hint, id="django_scim.E007"))
        except ImproperlyConfigured as error:
            self.refuse(setting, path, error)

    def add(self, name: str, resource_type: ResourceType) -> None:
        """Add a resource type.

        :param name: What the settings call it.
        :raises ImproperlyConfigured: If its name or its endpoint cannot be served, or is taken.
        """
        if not NAME.fullmatch(resource_type.name):
            raise ImproperlyConfigured(f"the name '{resource_type.name}' has to match {NAME.pattern}.")
        if resource_type.name != name:
            raise ImproperlyConfigured(f"its name is '{resource_type.name}', not '{name}'.")
        if not ENDPOINT.fullmatch(resource_type.endpoint):
            raise ImproperlyConfigured(
                f"the endpoint '{resource_type.endpoint}' has to match {ENDPOINT.pattern}."
            )
        if resource_type.endpoint.lower() in RESERVED:
            raise ImproperlyConfigured(
                f"the endpoint '{resource_type.endpoint}' means something else already."
            )
        for other in self:
            for key in ("name", "endpoint"):
                value = getattr(resource_type, key)
                if value.lower() == getattr(other, key).lower():
                    taken = f"{type(other.adapter).__qualname__} of {other.setting}"
                    raise ImproperlyConfigured(f"the {key} '{value}' belongs to {taken} already.")
        self.by_name[resource_type.name] = resource_type

    def join(self) -> None:
        """Let the resource types look at each other, once all are there; one that cannot is left out."""
        for resource_type in [*self]:
            try:
                resource_type.join(self)
            except ImproperlyConfigured as error:
                del self.by_name[resource_type.name]
                self.refuse(resource_type.setting, type(resource_type.adapter).__qualname__, error)

    def refuse(self, setting: str, name: str, error: ImproperlyConfigured) -> None:
        """Note why a resource type cannot be used."""
        hint = getattr(error, "hint", None)
        self.errors.append(
            Error(f"{setting}: '{name}' cannot be used: {error}", hint=hint, id="django_scim.E008")
        )

    def require_complete(self) -> None:
        """Raise the errors, so that no answer says that a resource type in the settings does not exist.

        A server such as gunicorn starts without system checks.

        :raises ImproperlyConfigured: With what the system check says.
        """
        if self.errors:
            raise ImproperlyConfigured(" ".join(str(error.msg) for error in self.errors))

    def check(self) -> Iterator[CheckMessage]:
        """Return what is wrong with the resource types, for Django's system checks."""
        yield from self.errors
        for resource_type in self:
            yield from resource_type.check()


KEPT = 8
"""How many registries are kept: a project has one, and its tests come back to the same few."""

_kept: deque[tuple[Any, Registry]] = deque(maxlen=KEPT)


@cache
def registry() -> Registry:
    """Make the resource types of the settings; :attr:`Registry.errors` has those that cannot be made.

    For settings that were in force before, return what was made of them: its statements are compiled.
    """
    configured = get_settings().RESOURCES
    wanted = (snapshot(configured), settings.AUTH_USER_MODEL)
    for known, made in _kept:
        if known == wanted:
            return made
    made = Registry()
    for name in dict.fromkeys([*DEFAULT_ADAPTERS, *configured]):
        options = configured.get(name, {})
        if options is not None:
            made.load(name, options)
    made.join()
    _kept.append((wanted, made))
    return made


def clear() -> None:
    """Make all registries anew: what they are made from is another than before, and the settings are not."""
    _kept.clear()
    registry.cache_clear()


def snapshot(value: Any) -> Any:
    """Return a copy of nested dictionaries and lists, which somebody may change later."""
    if isinstance(value, dict):
        return {key: snapshot(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [snapshot(item) for item in value]
    return value


def _forget(*, setting: str, **kwargs: Any) -> None:
    """Look at the settings again after ``override_settings``."""
    if setting in ("DJANGO_SCIM", "AUTH_USER_MODEL"):
        registry.cache_clear()


setting_changed.connect(_forget, dispatch_uid="django_scim.resources.registry")


def scope_choices() -> list[tuple[str, Any]]:
    """Return all scopes: what a token allows to do, and then with which resource types.

    The scope of a resource type is its endpoint in lower case, such as ``users``.
    """
    return [*Scope.choices, *((resource_type.scope, resource_type.name) for resource_type in registry())]


def readable_scopes(scopes: Iterable[str]) -> str:
    """Return scopes as people read them; one of a resource type that is no longer served, as it is.

    To read is not said beside to read and write.
    """
    names = dict(scope_choices())
    own = list(scopes)
    told = [scope for scope in own if scope != Scope.READ or Scope.WRITE not in own]
    return ", ".join(str(names.get(scope, scope)) for scope in told)
