"""What is wrong with ``DEPROVISIONING``, and what the project's settings keep it from ending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from django_scim.conf import ScimSettings, get_settings
from django_scim.imports import ImportFailed, import_path

MIDDLEWARE = "django_scim.deprovisioning.middleware.LoginSessionMiddleware"


@register("django_scim")
def check_deprovisioning(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report what cannot be called, and sessions that cannot be ended."""
    return [*uncallable(), *sessions_in_cookies()]


@register("django_scim", deploy=True)
def check_tracking(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report sessions that get lost from sight."""
    return list(untracked_sessions())


def uncallable() -> Iterator[CheckMessage]:
    """Report each entry of ``DEPROVISIONING`` that is no function."""
    for path in get_settings().DEPROVISIONING:
        try:
            found = import_path(path, ScimSettings.DEPROVISIONING)
        except ImportFailed as error:
            reason, hint = error.reason, error.hint
        else:
            if callable(found):
                continue
            reason, hint = f"'{path}' cannot be called", "It takes the row of an account and a connection."
        yield Error(f'DJANGO_SCIM["DEPROVISIONING"]: {reason}.', hint=hint, id="django_scim.E020")


def has_sessions() -> bool:
    """Whether the project signs its users in by sessions."""
    return any(path.endswith(".SessionMiddleware") for path in settings.MIDDLEWARE) and apps.is_installed(
        "django.contrib.auth"
    )


def sessions_in_cookies() -> Iterator[CheckMessage]:
    """Warn of sessions that the browser alone has."""
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


def untracked_sessions() -> Iterator[CheckMessage]:
    """Warn if nothing notices that the key of a session changes."""
    if has_sessions() and MIDDLEWARE not in settings.MIDDLEWARE:
        yield Warning(
            "A session whose key has changed since its login, as when the user changes the password, is not "
            "ended when the account is deactivated, and is good again when it is activated.",
            hint=f"Add '{MIDDLEWARE}' to MIDDLEWARE, after AuthenticationMiddleware.",
            id="django_scim.W021",
        )
