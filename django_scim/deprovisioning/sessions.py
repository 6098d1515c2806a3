"""Ending the sessions of an account.

A session knows its account, and nothing knows the sessions of an account: they are scattered over the
session store, encoded. So each one is noted when somebody signs in
(:mod:`django_scim.deprovisioning.logins`), and ended through the session engine of the project, whichever
it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.backends.signed_cookies import SessionStore as CookieStore
from django.db import router, transaction
from django.db.models import Model, QuerySet

from django_scim.models import Connection, LoginSession

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
    """Return the noted sessions, from the database that they are written to."""
    return LoginSession.objects.using(router.db_for_write(LoginSession))


def end_sessions(instance: Any, connection: Connection) -> None:
    """End all sessions of an account; a row that is none is left alone."""
    if not isinstance(instance, get_user_model()):
        return
    with transaction.atomic(using=logins().db):
        # Locked, so that it sees what was committed last, also in a transaction with an old snapshot.
        own = logins().select_for_update().filter(user_key=key_of(instance))
        found = list(own.values_list("pk", "session_key"))
        for start in range(0, len(found), BATCH):
            batch = found[start : start + BATCH]
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
    """End the sessions that were not noted, and those that cookies hold, where there is no password.

    A session is only good with the password of the time of its login
    (:meth:`~django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash`). Of an account that has no
    password, as when its identity provider signs it in, the column holds a random text in its place,
    and nobody needs that one to stay the same.
    """
    if isinstance(user, AbstractBaseUser) and not user.has_usable_password():
        user.set_unusable_password()
        rows = type(user)._base_manager.using(user._state.db).filter(pk=user.pk)
        rows.update(password=user.password)
