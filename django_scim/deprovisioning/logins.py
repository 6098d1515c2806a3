"""Noting the sessions of each account, so that they can be found to be ended.

A session is noted under its key when somebody signs in. Its key may change later without a signal: when
the user changes the password, or when ``SECRET_KEY`` was rotated. So the session itself holds the key that
it was noted under, and the middleware sees that it is another one by now
(:class:`~django_scim.deprovisioning.middleware.LoginSessionMiddleware`).
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, TypeGuard

from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends.base import SessionBase
from django.db import router
from django.utils import timezone

from django_scim.deprovisioning.sessions import keeps_nothing, key_of, logins, session_store
from django_scim.operations.transactions import run

NOTED_KEY = "_django_scim_session_key"
"""Where a session holds the key that it was noted under."""

PRUNED = 50
"""How many old sessions one login looks at."""


def connect() -> None:
    """Note the sessions of everybody who signs in from now on."""
    user_logged_in.connect(note_login, dispatch_uid="django_scim.note_login")
    user_logged_out.connect(forget_login, dispatch_uid="django_scim.forget_login")


def note_login(*, request: Any, user: Any, **kwargs: Any) -> None:
    """Note the session of a login; a login by other means, such as a token, has none."""
    if is_session_to_note(getattr(request, "session", None)):
        note(request, user)


def forget_login(*, request: Any, user: Any, **kwargs: Any) -> None:
    """Forget a session that is about to be ended by its user."""
    session = getattr(request, "session", None)
    if is_session_to_note(session):
        logins().filter(session_key=session.session_key).delete()


def is_session_to_note(session: SessionBase | None) -> TypeGuard[SessionBase]:
    """Whether somebody is signed in to a session that the server keeps."""
    return session is not None and not keeps_nothing(type(session)) and SESSION_KEY in session


def is_noted(session: SessionBase) -> bool:
    """Whether a session is noted under the key that it has."""
    return session.session_key is not None and session.get(NOTED_KEY) == session.session_key


def note(request: Any, user: Any) -> None:
    """Note the session of a request, or end it if the account was locked in the meantime."""
    session = request.session
    if session.session_key is None:
        session.save()
    if run(router.db_for_write(get_user_model()), partial(noted, session, user)):
        session[NOTED_KEY] = session.session_key
        prune(key_of(user))
    else:
        session.flush()
        request.user = AnonymousUser()


def noted(session: SessionBase, user: Any) -> bool:
    """Note a session, in a transaction; return whether the account may still have one.

    The row of the account is locked, as an operation locks it that deactivates the account: either that one
    ends the session that is noted here, or its change is seen here.
    """
    accounts = get_user_model()._base_manager.using(router.db_for_write(get_user_model()))
    account = accounts.select_for_update().filter(pk=user.pk).first()
    if account is None or (is_active(user) and not is_active(account)):
        return False
    fields = {"session_key": session.session_key, "user_key": key_of(user), "time": timezone.now()}
    for session_key in (session.session_key, session.get(NOTED_KEY)):
        if session_key and logins().filter(session_key=session_key).update(**fields):
            return True
    logins().create(**fields)
    return True


def is_active(user: Any) -> bool:
    """Whether Django's own authentication lets an account sign in."""
    return bool(getattr(user, "is_active", True))


def prune(user_key: str) -> None:
    """Forget sessions of an account that have expired.

    One may live longer than ``SESSION_COOKIE_AGE``, when it is saved again and again or has an expiry of
    its own, so those that are old enough are looked at.
    """
    store = session_store()
    latest = timezone.now() - timedelta(seconds=store().get_session_cookie_age())
    alive: list[Any] = []
    ended: list[Any] = []
    for login in logins().filter(user_key=user_key, time__lt=latest).order_by("time")[:PRUNED]:
        is_alive = store(session_key=login.session_key).get(SESSION_KEY) == user_key
        (alive if is_alive else ended).append(login.pk)
    if ended:
        logins().filter(pk__in=ended).delete()
    if alive:
        logins().filter(pk__in=alive).update(time=timezone.now())
