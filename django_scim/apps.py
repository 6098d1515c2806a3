"""The Django application: what happens once when the project starts."""

from django.apps import AppConfig, apps
from django.core.signals import request_started
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class DjangoScimConfig(AppConfig):
    """Registers system checks, SQLite functions, signal receivers and OpenAPI extensions."""

    name = "django_scim"
    verbose_name = _("SCIM provisioning")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the checks and extensions, and connect the signal receivers."""
        from django_scim import checks  # noqa: F401 - to import them is to register them
        from django_scim.api.transport import without_unreadable_charset
        from django_scim.notifications import telling
        from django_scim.resources import tracking
        from django_scim.sql.functions import register_sqlite_functions

        tracking.connect()
        telling.connect()

        request_started.connect(without_unreadable_charset, dispatch_uid="django_scim.charset")
        connection_created.connect(
            register_sqlite_functions, dispatch_uid="django_scim.register_sqlite_functions"
        )
        if apps.is_installed("django.contrib.auth"):
            from django_scim.deprovisioning import sessions

            sessions.connect()
        if apps.is_installed("drf_spectacular"):
            from django_scim.openapi import hooks  # noqa: F401 - likewise
