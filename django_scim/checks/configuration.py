"""Checks of ``DJANGO_SCIM``, of resource types, databases, indexes and sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections, router

from django_scim.conf import ScimSettings, check_settings, get_settings
from django_scim.imports import ImportFailed, import_path, leads_to
from django_scim.indexes.base import State

CLASSES = {
    "AUTHENTICATION_CLASSES": "authenticate",
    "HISTORY_AUTHENTICATION_CLASSES": "authenticate",
    "PERMISSION_CLASSES": "has_permission",
    "THROTTLE_CLASSES": "allow_request",
}
"""The options that name classes of Django REST framework, with the method that such a class has."""


@register("django_scim")
def check_configuration(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report what is wrong with the options, the dialects and the resource types."""
    from django_scim.dialects.registry import check_dialects
    from django_scim.resources.registry import registry

    return [
        *check_settings(),
        *check_imports(),
        *check_combinations(),
        *check_dialects(),
        *check_databases(),
        *registry().check(),
    ]


def check_imports() -> Iterator[CheckMessage]:
    """Report dotted paths that cannot be imported, or that name something of another kind."""
    settings = get_settings()
    for option, method in CLASSES.items():
        for path in getattr(settings, option):
            yield from check_path(option, path, is_class_with(method), f"a class with the method {method}()")
    yield from check_path("CURRENT_RESOURCE", settings.CURRENT_RESOURCE, callable, "a function")


def check_path(option: str, path: str, is_right: Any, wanted: str) -> Iterator[CheckMessage]:
    """Report a dotted path that cannot be imported, or whose object is not right."""
    setting = f'DJANGO_SCIM["{option}"]'
    default = getattr(ScimSettings(), option)
    known = [default] if isinstance(default, str) else default
    try:
        found = import_path(path, known)
    except ImportFailed as error:
        yield Error(f"{setting}: {error.reason}.", hint=error.hint, id="django_scim.E007")
    else:
        if not is_right(found):
            yield Error(f"{setting}: '{path}' is not {wanted}.", id="django_scim.E007")


def is_class_with(method: str) -> Any:
    """Return a function that tells whether a value is a class with a method."""
    return lambda value: isinstance(value, type) and callable(getattr(value, method, None))


def check_combinations() -> Iterator[CheckMessage]:
    """Warn of options that are right alone, but not together."""
    from django_scim.api.authentication import AccessTokenAuthentication
    from django_scim.api.permissions import HasScope

    settings = get_settings()
    if settings.DEFAULT_PAGE_SIZE > settings.MAX_RESULTS:
        yield Warning(
            'DJANGO_SCIM["DEFAULT_PAGE_SIZE"] is more than DJANGO_SCIM["MAX_RESULTS"], and is lowered to it.',
            id="django_scim.W007",
        )
    tokens = any(leads_to(path, AccessTokenAuthentication) for path in settings.AUTHENTICATION_CLASSES)
    if tokens and not any(leads_to(path, HasScope) for path in settings.PERMISSION_CLASSES):
        yield Warning(
            'DJANGO_SCIM["PERMISSION_CLASSES"] leaves HasScope out: unless another class looks at the scope '
            "of a token, one that may only read may write too.",
            id="django_scim.W008",
        )


def check_databases() -> Iterator[CheckMessage]:
    """Warn of a SQLite database on which two writes at the same time may fail."""
    from django_scim.resources.registry import registry

    for alias in sorted({router.db_for_write(resource_type.model) for resource_type in registry()}):
        settings = connections[alias].settings_dict
        mode = str(settings["OPTIONS"].get("transaction_mode") or "DEFERRED").upper()
        if connections[alias].vendor == "sqlite" and mode == "DEFERRED":
            yield Warning(
                f"The SQLite database '{alias}' takes the lock of a write late: of two requests at once, one "
                f'may fail with "database is locked".',
                hint=f'Set DATABASES["{alias}"]["OPTIONS"]["transaction_mode"] to "IMMEDIATE".',
                id="django_scim.W001",
            )


MIDDLEWARE = "django_scim.deprovisioning.middleware.LoginSessionMiddleware"


@register("django_scim")
def check_deprovisioning(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report entries that cannot be called, and sessions that cannot be ended."""
    return [*check_functions(), *check_session_engine()]


@register("django_scim", deploy=True)
def check_tracking(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report sessions whose account is no longer known once their key changes."""
    if not has_sessions() or MIDDLEWARE in settings.MIDDLEWARE:
        return []
    return [
        Warning(
            "A session whose key has changed since its login, as when the user changes the password, is not "
            "ended when the account is deactivated, and is good again when it is activated.",
            hint=f"Add '{MIDDLEWARE}' to MIDDLEWARE, after AuthenticationMiddleware.",
            id="django_scim.W021",
        )
    ]


def check_functions() -> Iterator[CheckMessage]:
    """Report each entry of ``DEPROVISIONING`` that is not a function."""
    takes = "It takes the row of an account and a connection."
    for reason, hint in uncallable(get_settings().DEPROVISIONING, ScimSettings.DEPROVISIONING, takes):
        yield Error(f'DJANGO_SCIM["DEPROVISIONING"]: {reason}.', hint=hint, id="django_scim.E020")


@register("django_scim")
def check_policies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report each entry of ``POLICIES`` that is not a function, and those that only make one."""
    from django_scim.policies import allowed_groups, seat_limit

    takes = "It takes a django_scim.policies.ProposedWrite."
    wrong = uncallable(get_settings().POLICIES, (), takes, makers=(seat_limit, allowed_groups))
    return [
        Error(f'DJANGO_SCIM["POLICIES"]: {reason}.', hint=hint, id="django_scim.E021")
        for reason, hint in wrong
    ]


@register("django_scim")
def check_notifications(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report each entry of ``NOTIFICATIONS`` that is not a function."""
    takes = "It takes a django_scim.notifications.Notification."
    wrong = uncallable(get_settings().NOTIFICATIONS, ScimSettings.NOTIFICATIONS, takes)
    return [
        Error(f'DJANGO_SCIM["NOTIFICATIONS"]: {reason}.', hint=hint, id="django_scim.E022")
        for reason, hint in wrong
    ]


def uncallable(
    paths: Sequence[str], known: Sequence[str], takes: str, *, makers: Sequence[Any] = ()
) -> Iterator[tuple[str, str | None]]:
    """Yield what is wrong with the paths that name no function, with a hint.

    :param makers: Functions that return what a path has to name.
    """
    for path in paths:
        try:
            found = import_path(path, known)
        except ImportFailed as error:
            yield error.reason, error.hint
        else:
            if not callable(found):
                yield f"'{path}' cannot be called", takes
            elif found in makers:
                yield f"'{path}' only makes such a function", "Call it, and name what it returns."


def has_sessions() -> bool:
    """Whether users sign in to the project with sessions."""
    return any(path.endswith(".SessionMiddleware") for path in settings.MIDDLEWARE) and apps.is_installed(
        "django.contrib.auth"
    )


def check_session_engine() -> Iterator[CheckMessage]:
    """Warn of sessions that only the browser has."""
    if not has_sessions():
        return
    from django_scim.deprovisioning.sessions import keeps_nothing, session_store

    if keeps_nothing(session_store()):
        yield Warning(
            "The sessions are kept in cookies: those of an account that is deactivated cannot be ended, "
            "and are good again when it is activated, if it has a password.",
            hint="Set SESSION_ENGINE to one that keeps sessions on the server.",
            id="django_scim.W020",
        )


@register(Tags.database)
def check_indexes(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of columns by which resources are looked up, and that have no index."""
    return [message for alias in databases or () for message in check_database(alias)]


@register(Tags.database)
def check_stored_values(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of stored values that look-ups do not find, since their digests are not there."""
    return [message for alias in databases or () for message in check_digests(alias)]


def check_digests(alias: str) -> Iterator[CheckMessage]:
    """Warn of the resource types of one database. Before it is migrated, there is nothing to warn of."""
    from django_scim.indexes.stored_values import lacks_values
    from django_scim.models import StoredValue
    from django_scim.resources.registry import registry
    from django_scim.sql.containment import needs_digests

    tables = connections[alias].introspection.table_names() if needs_digests(alias) else []
    if StoredValue._meta.db_table not in tables:
        return
    for resource_type in registry():
        if router.db_for_write(resource_type.model) == alias and lacks_values(resource_type, alias):
            yield Warning(
                f"{resource_type.setting}: resources with stored values that are looked up, such as "
                f"'displayName', are not found by them in the database '{alias}'. So it is after a database "
                f"was moved from PostgreSQL, or looked_up_where_stored was changed.",
                hint=f"Run manage.py scim_createindexes --values --database {alias}.",
                obj=type(resource_type.adapter),
                id="django_scim.W032",
            )


def check_database(alias: str) -> Iterator[CheckMessage]:
    """Warn of the columns of one database. A table that does not exist yet is left out."""
    from django_scim.indexes import indexes_of, wanted_columns

    indexes = indexes_of(alias)
    for resource_type, column in wanted_columns(alias):
        state = indexes.state(column) if indexes.has_table(column) else State.READY
        if state is State.READY:
            continue
        hint = f"Run manage.py scim_createindexes --database {alias}."
        if state is State.IMPOSSIBLE:
            hint = f"No index can be made: {indexes.obstacle(column)}."
        yield Warning(
            f"Identity providers look up each {resource_type} by the column '{column}' of the database "
            f"'{alias}', which has no index that serves it: every look-up reads the whole table.",
            hint=hint,
            obj=column.model,
            id="django_scim.W030",
        )
