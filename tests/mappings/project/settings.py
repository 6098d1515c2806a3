"""Settings in which each mapping that ships stands; Django has read none of them when it is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import CharField, F, Value
from django.db.models.functions import Concat

from django_scim.mappings import (
    Column,
    Combined,
    Computed,
    DefaultValue,
    Members,
    Password,
    PrimaryValue,
    Reference,
    Rows,
    Stored,
)
from django_scim.schema import ENTERPRISE

assert not settings.configured, "an import above has read the settings, which are these, half made"

FULL_NAME = Concat("first_name", Value(" "), F("last_name"), output_field=CharField())


def served(*, user: Mapping[str, Any], group: Mapping[str, Any]) -> dict[str, Any]:
    """Return the setting that maps attributes of users and groups."""
    return {"RESOURCES": {"User": {"attributes": user}, "Group": {"attributes": group}}}


SECRET_KEY = "only-for-tests"
USE_TZ = True
DEBUG = True
ALLOWED_HOSTS = ["testserver"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ROOT_URLCONF = "tests.mappings.project.urls"
MIGRATION_MODULES = {"project": None}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "django_scim",
    "tests.mappings.project",
]
DJANGO_SCIM = served(
    user={
        "title": "profile__title",
        "nickName": Column("first_name"),
        "emails": Rows("addresses", value="email", primary="is_primary", fixed={"type": "work"}),
        "phoneNumbers": PrimaryValue("profile__phone", type="work"),
        "ims": DefaultValue("email"),
        "displayName": Computed(
            lambda user: user.get_full_name(), columns=["first_name", "last_name"], expression=FULL_NAME
        ),
        "password": Password(),
        "active": Stored(),
        "name.familyName": None,
        "name.givenName": None,
        f"{ENTERPRISE}:manager": Reference("profile__manager", to="User"),
    },
    group={
        "members": Combined(
            Members("user_set", to="User"), Members("guests", target="person", to="User", type="Guest")
        ),
    },
)
