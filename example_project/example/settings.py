"""Settings as ``startproject`` makes them, with what differs between machines read from the environment.

==================  ==========================================================================
``DEBUG``           on by default; ``0`` switches it off
``SECRET_KEY``      needed when ``DEBUG`` is off
``ALLOWED_HOSTS``   host names, with commas between them; the loopback addresses by default
``DATABASE_URL``    such as ``postgresql://user@host/name``; a SQLite file by default
==================  ==========================================================================
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = os.environ.get("DEBUG", "1").strip().lower() in {"1", "true", "yes", "on"}

SECRET_KEY = os.environ.get("SECRET_KEY", "")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("Set SECRET_KEY in the environment: DEBUG is off.")
    SECRET_KEY = "django-insecure-only-for-the-example-on-your-own-machine"

ALLOWED_HOSTS = [
    host.strip()
    for host in os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
    if host.strip()
]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_scim",
    "example",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_scim.deprovisioning.middleware.LoginSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "example.urls"
WSGI_APPLICATION = "example.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def database(url: str) -> dict[str, Any]:
    """Return the entry of ``DATABASES`` for a URL.

    :param url: As dj-database-url takes it; ``mariadb:`` is the same as ``mysql:``.
    """
    if url.startswith(("mysql:", "mariadb:")):
        import pymysql

        pymysql.install_as_MySQLdb()
        url = url.replace("mariadb:", "mysql:", 1)
    configured: dict[str, Any] = dict(dj_database_url.parse(url))
    options = configured.setdefault("OPTIONS", {})
    if configured["ENGINE"].endswith("sqlite3"):
        # Take the lock of a write when its transaction begins: two writers then wait for each other,
        # where a lock that is taken later can fail with "database is locked".
        options.update(transaction_mode="IMMEDIATE", timeout=20)
    elif configured["ENGINE"].endswith("mysql"):
        options.setdefault("charset", "utf8mb4")
    return configured


DATABASES = {"default": database(os.environ.get("DATABASE_URL") or f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"

# Nothing has to be set: attributes without a mapping are kept as they come. See django_scim/conf.py.
DJANGO_SCIM: dict[str, Any] = {}
