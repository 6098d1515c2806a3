"""Revokes the tokens of an account that well-known packages have issued."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import router
from django.db.models import Model

from django_scim.models import Connection


def revoke_rest_framework_tokens(instance: Any, connection: Connection | None) -> None:
    """Delete the token of ``rest_framework.authtoken``, if that is installed."""
    if isinstance(instance, get_user_model()) and apps.is_installed("rest_framework.authtoken"):
        from rest_framework.authtoken.models import Token

        delete_of_user(Token, instance)


def revoke_oauth2_provider_tokens(instance: Any, connection: Connection | None) -> None:
    """Delete the tokens and grants of django-oauth-toolkit, if that is installed.

    These are the access, refresh and ID tokens, and the grants that could still be exchanged for tokens.
    The applications stay: they are software, and not a way for the user to sign in.
    """
    if not isinstance(instance, get_user_model()) or not apps.is_installed("oauth2_provider"):
        return
    from oauth2_provider import models

    # Refresh tokens first: a request that uses one locks it. So the tokens that this request still issues
    # are visible below.
    delete_of_user(models.get_refresh_token_model(), instance)
    for name in ("get_grant_model", "get_device_grant_model", "get_access_token_model", "get_id_token_model"):
        # Not every version of the package has all of them.
        if get_model := getattr(models, name, None):
            delete_of_user(get_model(), instance)


def delete_of_user(model: type[Model], user: Any) -> None:
    """Delete the rows of a model that belong to an account."""
    rows = model._default_manager.using(router.db_for_write(model))
    rows.filter(user_id=user.pk).delete()
