"""Settings of the tests: a stock Django project, on the database that ``DATABASE_URL`` names."""

from __future__ import annotations

import os
from importlib.util import find_spec

import dj_database_url

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite:///django_scim.sqlite3")

if DATABASE_URL.startswith(("mysql", "mariadb")):
    import pymysql

    pymysql.install_as_MySQLdb()

DATABASES = {"default": dj_database_url.parse(DATABASE_URL.replace("mariadb:", "mysql:", 1))}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory, so that the threads of a live server see the same rows; a write takes its
    # lock when its transaction begins, so that two of them wait for each other.
    DATABASES["default"]["TEST"] = {"NAME": f"test_{DATABASES['default']['NAME']}"}
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Nothing of it is needed after a power cut: tests that commit would wait for the disk all the time.
        "init_command": "PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY",
    }
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # As above. What a crash or a replica is tested with takes it away again.
    DATABASES["default"]["OPTIONS"] = {"options": "-c synchronous_commit=off"}
elif DATABASES["default"]["ENGINE"].endswith("mysql"):
    DATABASES["default"]["OPTIONS"] = {"charset": "utf8mb4"}
    DATABASES["default"]["TEST"] = {"CHARSET": "utf8mb4"}

SECRET_KEY = "only-for-tests"
USE_TZ = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
"""Keeps nothing, so that no rate limit is ever reached: tests that need a cache have ``shared_cache``."""
ROOT_URLCONF = "tests.urls"
ALLOWED_HOSTS = ["*"]
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "rest_framework",
    "rest_framework.authtoken",
    "django_scim",
    "tests.hosts.small",
]
if find_spec("oauth2_provider"):
    INSTALLED_APPS.append("oauth2_provider")
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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
if find_spec("drf_spectacular"):
    INSTALLED_APPS.append("drf_spectacular")
    SPECTACULAR_SETTINGS = {
        "OAS_VERSION": "3.1.1",
        "PREPROCESSING_HOOKS": ["django_scim.openapi.hooks.without_trailing_slashes"],
    }
