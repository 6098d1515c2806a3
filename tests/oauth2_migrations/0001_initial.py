"""Makes the tables of ``oauth2_provider`` as its models are now."""

from __future__ import annotations

from typing import Any

from django.apps import apps as installed
from django.conf import settings
from django.db import migrations


def make_tables(apps: Any, schema_editor: Any) -> None:
    """Make all tables: foreign keys between them come once all are there."""
    for model in installed.get_app_config("oauth2_provider").get_models():
        schema_editor.create_model(model)


class Migration(migrations.Migration):
    """One step in place of more than twenty."""

    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    # MariaDB makes no table in a transaction.
    operations = [migrations.RunPython(make_tables, migrations.RunPython.noop, atomic=False)]
