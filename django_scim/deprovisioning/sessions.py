"""The sessions of an account: tracked from the login on, ended when the account is no longer active."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any, TypeGuard

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.backends.signed_cookies import SessionStore as CookieStore
from django.db import router, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from django_scim.models import Connection, LoginSession
from django_scim.sql.clusters import certify_names
from django_scim.sql.transactions import run

BATCH = 500
"""The sessions that one statement deletes."""


def session_store() -> type[SessionBase]:
    """Return the session class of the project, as ``SESSION_ENGINE`` names it."""
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    return store


def keeps_nothing(store: type[SessionBase]) -> bool:
    """Whether the sessions are kept by the browser alone, so that a server cannot end them."""
    return issubclass(store, CookieStore)


def key_of(user: Model) -> str:
    """Return the text with which a session names its account."""
    return str(user._meta.pk.value_to_string(user))


def logins() -> QuerySet[LoginSession]:
    """Return the tracked sessions, from the database that they are written to."""
    return LoginSession.objects.using(router.db_for_write(LoginSession))


def end_sessions(instance: Any, connection: Connection | None) -> None:
    """End all sessions of an account. A row of another model is left alone."""
    if not isinstance(instance, get_user_model()):
        return
    with transaction.atomic(using=logins().db, savepoint=False):
        certify_sessions(logins().db, instance)
        # Locked, so that it sees what was committed last, also in a transaction with an old snapshot.
        own = logins().select_for_update().filter(user_key=key_of(instance))
        rows = list(own.values_list("pk", "session_key"))
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            delete_sessions([session_key for _, session_key in batch])
            logins().filter(pk__in=[pk for pk, _ in batch]).delete()
    end_other_sessions(instance)


def delete_sessions(session_keys: Sequence[str]) -> None:
    """Delete sessions from the project's session store.

    Rows are deleted with one statement, even if the store also has a cache: such a store looks up each row
    first, perhaps on a replica that does not have it yet.
    """
    store = session_store()
    if issubclass(store, DatabaseStore):
        store.get_model_class()._default_manager.filter(session_key__in=session_keys).delete()
        if store.delete is DatabaseStore.delete:
            return
    for session_key in session_keys:
        store().delete(session_key)


def end_other_sessions(user: Any) -> None:
    """End the sessions that are not tracked, and those in cookies, if the account has no password.

    A session is valid only with the password that the account had at the login
    (:meth:`~django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash`). If the account has no
    password, since its identity provider signs it in, the column holds a random text instead. Nobody needs
    that text, so a new one ends the sessions.
    """
    if isinstance(user, AbstractBaseUser) and not user.has_usable_password():
        user.set_unusable_password()
        rows = type(user)._base_manager.using(user._state.db).filter(pk=user.pk)
        rows.update(password=user.password)


RECORDED_KEY = "_django_scim_session_key"
"""Where a session holds the key that it was recorded under."""

PRUNED = 50
"""The most old sessions that one login checks."""


def connect() -> None:
    """Track the sessions of everybody who signs in from now on."""
    user_logged_in.connect(on_login, dispatch_uid="django_scim.note_login")
    user_logged_out.connect(on_logout, dispatch_uid="django_scim.forget_login")


def on_login(*, request: Any, user: Any, **kwargs: Any) -> None:
    """Record the session of a login; a login by other means, such as a token, has no session."""
    if should_record(getattr(request, "session", None)):
        record_login(request, user)


def on_logout(*, request: Any, user: Any, **kwargs: Any) -> None:
    """Delete the record of a session that its user is about to end."""
    session = getattr(request, "session", None)
    if should_record(session):
        logins().filter(session_key=session.session_key).delete()


def should_record(session: SessionBase | None) -> TypeGuard[SessionBase]:
    """Whether somebody is signed in to a session that the server keeps."""
    return session is not None and not keeps_nothing(type(session)) and SESSION_KEY in session


def is_recorded(session: SessionBase) -> bool:
    """Whether a session is recorded under the key that it has."""
    return session.session_key is not None and session.get(RECORDED_KEY) == session.session_key


def record_login(request: Any, user: Any) -> None:
    """Record the session of a request, or end it if the account was locked in the meantime."""
    session = request.session
    if session.session_key is None:
        session.save()
    if run(router.db_for_write(get_user_model()), partial(save_login, session, user)):
        session[RECORDED_KEY] = session.session_key
        prune(key_of(user))
    else:
        session.flush()
        request.user = AnonymousUser()


def save_login(session: SessionBase, user: Any) -> bool:
    """Save the ``LoginSession`` in a transaction. Return whether the account may still have a session.

    A write that deactivates the account locks its row too. So either that write ends this session, or its
    change is visible here.
    """
    accounts = get_user_model()._base_manager.using(router.db_for_write(get_user_model()))
    certify_sessions(accounts.db, user)
    account = accounts.select_for_update().filter(pk=user.pk).first()
    if account is None or (is_active(user) and not is_active(account)):
        return False
    fields = {"session_key": session.session_key, "user_key": key_of(user), "time": timezone.now()}
    for session_key in (session.session_key, session.get(RECORDED_KEY)):
        if session_key and logins().filter(session_key=session_key).update(**fields):
            return True
    logins().create(**fields)
    return True


def certify_sessions(database: str, user: Model) -> None:
    """Let a session begin or end, and not both at two nodes of a cluster."""
    certify_names(database, [f"sessions {key_of(user)}"])


def is_active(user: Any) -> bool:
    """Whether Django lets an account sign in."""
    return bool(getattr(user, "is_active", True))


def prune(user_key: str) -> None:
    """Delete the ``LoginSession`` rows of an account's expired sessions.

    A session may live longer than ``SESSION_COOKIE_AGE``, if it is saved again and again or has its own
    expiry. So each old session is looked up.
    """
    store = session_store()
    latest = timezone.now() - timedelta(seconds=store().get_session_cookie_age())
    alive: list[Any] = []
    expired: list[Any] = []
    for login in logins().filter(user_key=user_key, time__lt=latest).order_by("time")[:PRUNED]:
        is_alive = store(session_key=login.session_key).get(SESSION_KEY) == user_key
        (alive if is_alive else expired).append(login.pk)
    if expired:
        logins().filter(pk__in=expired).delete()
    if alive:
        logins().filter(pk__in=alive).update(time=timezone.now())
