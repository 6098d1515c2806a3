import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("django_scim", "0002_connection_dialect"),
    ]

    operations = [
        migrations.CreateModel(
            name="LoginSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("user_key", models.CharField(max_length=255, verbose_name="user key")),
                ("session_key", models.CharField(max_length=255, unique=True, verbose_name="session key")),
                ("time", models.DateTimeField(default=django.utils.timezone.now, verbose_name="time")),
            ],
            options={
                "verbose_name": "login session",
                "verbose_name_plural": "login sessions",
                "indexes": [models.Index(fields=["user_key", "time"], name="scim_login_session_user")],
            },
        ),
    ]
