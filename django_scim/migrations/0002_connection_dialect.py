"""Adds the dialect of a connection."""

from django.db import migrations, models

import django_scim.models.connection


class Migration(migrations.Migration):
    dependencies = [("django_scim", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="dialect",
            field=models.CharField(
                blank=True,
                choices=django_scim.models.connection.dialect_choices,
                default="",
                help_text="How requests are read that could mean something else elsewhere.",
                max_length=50,
                verbose_name="dialect",
            ),
            preserve_default=False,
        ),
    ]
