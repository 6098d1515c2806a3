"""The Django application: what happens once when the project starts."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class DjangoScimConfig(AppConfig):
    """Registers the system checks and the SQL functions that comparisons use."""

    name = "django_scim"
    verbose_name = _("SCIM provisioning")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what Django calls by itself: checks, and functions of each new SQLite connection."""
        from django_scim import checks  # noqa: F401
        from django_scim.query.functions import register_sqlite_functions

        connection_created.connect(
            register_sqlite_functions, dispatch_uid="django_scim.register_sqlite_functions"
        )
