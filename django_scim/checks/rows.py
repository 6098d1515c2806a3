"""Checks of the rows that connections can see and change: managers, tenants, and accounts with power."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register
from django.db.models import Manager, Model
from django.db.models.expressions import Col

from django_scim.adapters.adapter import Adapter
from django_scim.mappings import Combined, Mapping, Members, Rows
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import ResourceType


@register("django_scim")
def check_rows(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn of rows that are hidden, and of rows that are not."""
    found = [*half_a_tenant(), *unread_power()]
    for resource_type in registry():
        found += [*hidden_resources(resource_type), *hidden_values(resource_type)]
    return found


# Managers


def hidden_resources(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Warn of rows that the manager hides: always of inactive ones, of others unless it is meant."""
    adapter, model = resource_type.adapter, resource_type.model
    if overrides(adapter, "get_queryset"):
        return
    manager = getattr(model, adapter.manager or "_default_manager")
    if not hides_rows(manager):
        return
    name = adapter.manager or manager.name
    if hidden_by(manager) & active_columns(resource_type):
        yield Warning(
            f"{resource_type.setting}: the manager '{name}' of {model._meta.label} looks at the column of "
            f"'active': what an identity provider deactivates may be 404 for it from then on. It can be "
            f"neither activated nor made again.",
            hint="Name a manager in 'manager' that has the inactive rows too, such as '_base_manager'.",
            obj=type(adapter),
            id="django_scim.W012",
        )
    elif adapter.manager is None:
        yield Warning(
            f"{resource_type.setting}: the default manager '{name}' of {model._meta.label} hides rows: for "
            f"identity providers they are 404, and to make one of the same name may be 409.",
            hint=f"Set 'manager' to '{name}' if that is right, else to one that hides nothing, such as "
            f"'_base_manager'.",
            obj=type(adapter),
            id="django_scim.W012",
        )


def hidden_values(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Warn of values in the rows of another table whose default manager hides some."""
    for mapping in resource_type.mappings.values():
        for model in tables_of(mapping):
            if hides_rows(model._default_manager):
                yield Warning(
                    f"{resource_type.setting} maps '{mapping.path.key}' to rows of {model._meta.label}. "
                    f"Those that its default manager hides are no values, and to add one again may be 409.",
                    hint="If they are values, give the model a default manager that hides nothing.",
                    obj=type(resource_type.adapter),
                    id="django_scim.W012",
                )


def tables_of(mapping: Mapping) -> Iterator[type[Model]]:
    """Yield the models whose rows are the values of an attribute."""
    if isinstance(mapping, Combined):
        for part in mapping.parts:
            yield from tables_of(part)
    elif isinstance(mapping, Members) and mapping.through is not None:
        yield mapping.through
    elif isinstance(mapping, Rows) and mapping.key is not None:
        yield mapping.rows_model


def hides_rows(manager: Manager[Any]) -> bool:
    """Whether a manager leaves out rows of its model.

    One that asks for more than a model, such as the tenant of a request, is taken for one that does.
    """
    model = manager.model
    try:
        query, base = manager.all().query, model._base_manager.all().query
        return bool(query.is_sliced or query.combinator or query.where != base.where)
    except Exception:  # It is the host's code, and no request is being answered.
        return True


def hidden_by(manager: Manager[Any]) -> set[str]:
    """Return the columns of the model that a manager filters by."""
    try:
        where = manager.all().query.where
    except Exception:
        return set()
    return {column for each in where.children for column in columns_in(each)}


def columns_in(expression: Any) -> Iterator[str]:
    """Yield the names of the fields in a condition."""
    if isinstance(expression, Col):
        yield expression.target.name
        return
    inner = getattr(expression, "children", None) or expression.get_source_expressions()
    for each in inner:
        if each is not None and hasattr(each, "get_source_expressions"):
            yield from columns_in(each)


def active_columns(resource_type: ResourceType) -> set[str]:
    """Return the columns that say whether a resource is active."""
    active = resource_type.mappings.get("active")
    return set() if active is None else set(active.columns())


def overrides(adapter: Adapter, method: str) -> bool:
    """Whether a class of the host has its own version of a method."""
    defined = next(each for each in type(adapter).__mro__ if method in vars(each))
    return not defined.__module__.startswith("django_scim.")


# Tenants


def half_a_tenant() -> Iterator[CheckMessage]:
    """Warn of users that belong to tenants, in groups that do not, and the other way round."""
    found = {name: registry().get(name) for name in ("User", "Group")}
    users, groups = found["User"], found["Group"]
    if users is None or groups is None:
        return
    if users.adapter.is_scoped and not may_be_scoped(groups.adapter):
        yield Warning(
            f"{users.setting} keeps the users of tenants apart, and {groups.setting} does not: a connection "
            f"of one tenant lists, joins and deletes the groups of another.",
            hint='Give the groups a tenant_field or a get_queryset() too, or serve none: {"Group": None}.',
            obj=type(groups.adapter),
            id="django_scim.W013",
        )
    elif groups.adapter.is_scoped and not may_be_scoped(users.adapter):
        yield Warning(
            f"{groups.setting} keeps the groups of tenants apart, and {users.setting} does not: a connection "
            f"of one tenant lists, changes and deletes the users of another.",
            hint="Give the users a tenant_field or a get_queryset() too.",
            obj=type(users.adapter),
            id="django_scim.W013",
        )


def may_be_scoped(adapter: Adapter) -> bool:
    """Whether connections see different rows, as far as can be told."""
    return adapter.is_scoped or overrides(adapter, "get_queryset")


# Power

WORDS_OF_POWER = {
    *("access", "permissions", "privileges", "rights", "role", "roles"),
    *("admin", "administrator", "owner", "root", "superadmin", "superuser"),
}
"""The words in the name of a column that may say who has power."""


@register("django_scim", deploy=True)
def check_power(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn of any accounts of which nothing says who has power, before the project can be reached."""
    return [each for users in undescribed_users() if not power_columns(users) for each in warning(users)]


def unread_power() -> Iterator[CheckMessage]:
    """Warn of columns that seem to say who has power, and that nothing looks at."""
    for users in undescribed_users():
        if power_columns(users):
            yield from warning(users)


def warning(users: ResourceType) -> Iterator[CheckMessage]:
    """Yield the warning of a model of users."""
    columns = power_columns(users)
    seems = f" It may be in '{columns[0]}'." if columns else ""
    yield Warning(
        f"{users.setting}: nothing says which accounts have power: {users.model._meta.label} has no "
        f"is_superuser, no is_staff and no permissions.{seems} An identity provider may adopt and change the "
        f"account of an administrator.",
        hint='Describe these accounts in \'protect\', such as {"role": "owner"}, or in Adapter.power(). If '
        "there are none, set 'protect' to {}.",
        obj=type(users.adapter),
        id="django_scim.W014",
    )


def undescribed_users() -> Iterator[ResourceType]:
    """Yield the resource type of users, if neither its model nor the host says who has power."""
    users = registry().get("User")
    if users is None or users.adapter.protect is not None:
        return
    is_said = any(overrides(users.adapter, method) for method in ("power", "protected", "guarded"))
    if not is_said and users.adapter.power() is None and users.adapter.protected_rows() is None:
        yield users


def power_columns(users: ResourceType) -> list[str]:
    """Return the columns and relations whose names have a word of :data:`WORDS_OF_POWER`."""
    meta = users.model._meta
    names = [field.name for field in (*meta.concrete_fields, *meta.many_to_many)]
    return [name for name in names if not WORDS_OF_POWER.isdisjoint(name.lower().split("_"))]
