"""The sessions of an account: recorded at the login, ended when the account is no longer active."""

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
from django_scim.sql.transactions import run

BATCH = 500
"""How many sessions one statement deletes."""


def session_store() -> type[SessionBase]:
    """Return the class of the sessions of the project, as ``SESSION_ENGINE`` names it."""
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    return store


def keeps_nothing(store: type[SessionBase]) -> bool:
    """Whether the sessions are kept by the browser alone, so that a server cannot end them."""
    return issubclass(store, CookieStore)


def key_of(user: Model) -> str:
    """Return how a session names an account."""
    return str(user._meta.pk.value_to_string(user))


def logins() -> QuerySet[LoginSession]:
    """Return the recorded sessions, from the database that they are written to."""
    return LoginSession.objects.using(router.db_for_write(LoginSession))


def end_sessions(instance: Any, connection: Connection | None) -> None:
    """End all sessions of an account. A row of another model than the user model has none."""
    if not isinstance(instance, get_user_model()):
        return
    with transaction.atomic(using=logins().db):
        # Locked, so that it sees what was committed last, also in a transaction with an old snapshot.
        own = logins().select_for_update().filter(user_key=key_of(instance))
        rows = list(own.values_list("pk", "session_key"))
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            delete_sessions([session_key for _, session_key in batch])
            logins().filter(pk__in=[pk for pk, _ in batch]).delete()
    end_other_sessions(instance)


def delete_sessions(session_keys: Sequence[str]) -> None:
    """Delete sessions from the store of the project.

    Rows are deleted by a statement, also those of a store that keeps more than them: such a store looks each
    one up before, perhaps on a replica that does not have it yet.
    """
    store = session_store()
    if issubclass(store, DatabaseStore):
        store.get_model_class()._default_manager.filter(session_key__in=session_keys).delete()
        if store.delete is DatabaseStore.delete:
            return
    for session_key in session_keys:
        store().delete(session_key)


def end_other_sessions(user: Any) -> None:
    """End the sessions that were not recorded, and those that cookies hold, if there is no password.

    A session is only good with the password of the time of its login
    (:meth:`~django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash`). Of an account that has no
    password, as when its identity provider signs it in, the column holds a random text in its place,
    and nobody needs that one to stay the same.
    """
    if isinstance(user, AbstractBaseUser) and not user.has_usable_password():
        user.set_unusable_password()
        rows = type(user)._base_manager.using(user._state.db).filter(pk=user.pk)
        rows.update(password=user.password)


RECORDED_KEY = "_django_scim_session_key"
"""Where a session holds the key that it was recorded under."""

PRUNED = 50
"""How many old sessions one login looks at."""


def connect() -> None:
    """Record the sessions of everybody who signs in from now on."""
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
    """Record a session, in a transaction; return whether the account may still have one.

    The row of the account is locked, as an operation locks it that deactivates the account: either that one
    ends the session that is recorded here, or its change is seen here.
    """
    accounts = get_user_model()._base_manager.using(router.db_for_write(get_user_model()))
    account = accounts.select_for_update().filter(pk=user.pk).first()
    if account is None or (is_active(user) and not is_active(account)):
        return False
    fields = {"session_key": session.session_key, "user_key": key_of(user), "time": timezone.now()}
    for session_key in (session.session_key, session.get(RECORDED_KEY)):
        if session_key and logins().filter(session_key=session_key).update(**fields):
            return True
    logins().create(**fields)
    return True


def is_active(user: Any) -> bool:
    """Whether Django's own authentication lets an account sign in."""
    return bool(getattr(user, "is_active", True))


def prune(user_key: str) -> None:
    """Delete the records of sessions of an account that have expired.

    One may live longer than ``SESSION_COOKIE_AGE``, when it is saved again and again or has an expiry of
    its own, so those that are old enough are looked at.
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
