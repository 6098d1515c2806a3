import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import django_scim.models.access_token
import django_scim.models.connection
import django_scim.models.provisioning_event
import django_scim.models.record


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Clear this to refuse every token of the connection.",
                        verbose_name="active",
                    ),
                ),
                (
                    "dialect",
                    models.CharField(
                        blank=True,
                        choices=django_scim.models.connection.dialect_choices,
                        help_text="How requests are read that could mean something else elsewhere.",
                        max_length=50,
                        verbose_name="dialect",
                    ),
                ),
                ("tenant_id", models.CharField(blank=True, max_length=255, verbose_name="tenant id")),
                (
                    "networks",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Addresses and networks that requests may come from, such as 192.0.2.0/24; empty for any.",
                        validators=[django_scim.models.connection.require_networks],
                        verbose_name="source networks",
                    ),
                ),
                (
                    "deprovisioning_limit",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How many resources may be deactivated or deleted in an hour before the connection is paused; empty for the limit of the settings.",
                        null=True,
                        verbose_name="deprovisioning limit",
                    ),
                ),
                ("paused_at", models.DateTimeField(editable=False, null=True, verbose_name="paused at")),
                (
                    "pause_reason",
                    models.TextField(blank=True, editable=False, verbose_name="reason of the pause"),
                ),
                ("resumed_at", models.DateTimeField(editable=False, null=True, verbose_name="resumed at")),
                ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "tenant_type",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contenttypes.contenttype",
                        verbose_name="tenant type",
                    ),
                ),
            ],
            options={
                "verbose_name": "connection",
                "verbose_name_plural": "connections",
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="AccessToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "digest",
                    models.CharField(editable=False, max_length=64, unique=True, verbose_name="digest"),
                ),
                ("hint", models.CharField(editable=False, max_length=11, verbose_name="starts with")),
                ("description", models.CharField(blank=True, max_length=200, verbose_name="description")),
                (
                    "scopes",
                    models.JSONField(
                        default=django_scim.models.access_token.read_and_write,
                        validators=[django_scim.models.access_token.require_scopes],
                        verbose_name="scopes",
                    ),
                ),
                ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("expires", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                ("last_used", models.DateTimeField(editable=False, null=True, verbose_name="last used")),
                ("revoked", models.DateTimeField(editable=False, null=True, verbose_name="revoked")),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="django_scim.connection",
                        verbose_name="connection",
                    ),
                ),
            ],
            options={
                "verbose_name": "access token",
                "verbose_name_plural": "access tokens",
                "ordering": ("-created", "-pk"),
            },
        ),
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
        migrations.CreateModel(
            name="Record",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("resource_type", models.CharField(max_length=100, verbose_name="resource type")),
                ("integer_key", models.BigIntegerField(editable=False, null=True)),
                ("uuid_key", models.UUIDField(editable=False, null=True)),
                ("text_key", models.CharField(editable=False, max_length=255, null=True)),
                (
                    "attributes",
                    models.JSONField(
                        default=django_scim.models.record.empty_document, verbose_name="unmapped attributes"
                    ),
                ),
                (
                    "comparable",
                    models.JSONField(default=django_scim.models.record.empty_document, editable=False),
                ),
                ("created", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created")),
                (
                    "last_modified",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="last modified"),
                ),
                ("revision", models.PositiveBigIntegerField(default=0, verbose_name="revision")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted at")),
            ],
            options={
                "verbose_name": "resource",
                "verbose_name_plural": "resources",
                "ordering": ("resource_type", "pk"),
                "indexes": [
                    models.Index(fields=["resource_type", "last_modified"], name="scim_record_modified"),
                    models.Index(fields=["deleted_at"], name="scim_record_deleted"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("resource_type", "integer_key"), name="scim_record_integer_key"
                    ),
                    models.UniqueConstraint(
                        fields=("resource_type", "uuid_key"), name="scim_record_uuid_key"
                    ),
                    models.UniqueConstraint(
                        fields=("resource_type", "text_key"), name="scim_record_text_key"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField(verbose_name="hour")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("success", "success"), ("refused", "refused")],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("status", models.PositiveSmallIntegerField(verbose_name="status")),
                ("scim_type", models.CharField(blank=True, max_length=50, verbose_name="scimType")),
                ("duration", models.PositiveIntegerField(verbose_name="duration in milliseconds, at most")),
                ("count", models.PositiveBigIntegerField(default=0, verbose_name="count")),
                (
                    "connection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="counts",
                        to="django_scim.connection",
                        verbose_name="connection",
                    ),
                ),
            ],
            options={
                "verbose_name": "event count",
                "verbose_name_plural": "event counts",
                "ordering": ("-hour", "pk"),
                "indexes": [models.Index(fields=["hour"], name="scim_event_count_hour")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "hour", "outcome", "status", "scim_type", "duration"),
                        name="scim_event_count",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProvisioningEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("time", models.DateTimeField(default=django.utils.timezone.now, verbose_name="time")),
                ("request_id", models.CharField(max_length=100, verbose_name="request id")),
                ("method", models.CharField(blank=True, max_length=10, verbose_name="method")),
                ("path", models.CharField(blank=True, max_length=1000, verbose_name="path")),
                ("request", models.JSONField(null=True, verbose_name="request")),
                (
                    "operation",
                    models.CharField(
                        choices=[
                            ("read", "read"),
                            ("search", "search"),
                            ("create", "create"),
                            ("replace", "replace"),
                            ("modify", "modify"),
                            ("delete", "delete"),
                        ],
                        max_length=10,
                        verbose_name="operation",
                    ),
                ),
                ("resource_type", models.CharField(max_length=100, verbose_name="resource type")),
                ("resource_id", models.CharField(blank=True, max_length=400, verbose_name="resource id")),
                ("display", models.CharField(blank=True, max_length=255, verbose_name="resource")),
                ("display_key", models.CharField(blank=True, editable=False, max_length=255)),
                ("external_id", models.CharField(blank=True, max_length=500, verbose_name="external id")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("success", "success"), ("refused", "refused")],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("status", models.PositiveSmallIntegerField(verbose_name="status")),
                ("scim_type", models.CharField(blank=True, max_length=50, verbose_name="scimType")),
                ("detail", models.TextField(blank=True, verbose_name="detail")),
                ("version", models.CharField(blank=True, max_length=100, verbose_name="version")),
                (
                    "changes",
                    models.JSONField(
                        default=django_scim.models.provisioning_event.no_changes, verbose_name="changes"
                    ),
                ),
                ("deactivated", models.BooleanField(default=False, verbose_name="deactivated")),
                ("duration", models.PositiveIntegerField(default=0, verbose_name="duration in milliseconds")),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="events",
                        to="django_scim.connection",
                        verbose_name="connection",
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="django_scim.accesstoken",
                        verbose_name="token",
                    ),
                ),
            ],
            options={
                "verbose_name": "provisioning event",
                "verbose_name_plural": "provisioning history",
                "ordering": ("-time", "-pk"),
                "indexes": [
                    models.Index(fields=["-time", "-id"], name="scim_event_time"),
                    models.Index(fields=["connection", "-time", "-id"], name="scim_event_connection"),
                    models.Index(fields=["outcome", "operation", "-time", "-id"], name="scim_event_outcome"),
                    models.Index(
                        fields=["connection", "outcome", "operation", "-time", "-id"],
                        name="scim_event_connection_outcome",
                    ),
                    models.Index(
                        fields=["resource_type", "outcome", "operation", "-time", "-id"],
                        name="scim_event_type",
                    ),
                    models.Index(
                        fields=["connection", "resource_type", "outcome", "operation", "-time", "-id"],
                        name="scim_event_connection_type",
                    ),
                    models.Index(
                        fields=["connection", "deactivated", "-time"], name="scim_event_deactivated"
                    ),
                    models.Index(fields=["resource_id", "-time", "-id"], name="scim_event_resource"),
                    models.Index(
                        fields=[
                            "display_key",
                            "-time",
                            "-id",
                            "connection",
                            "resource_type",
                            "outcome",
                            "operation",
                        ],
                        name="scim_event_display",
                        opclasses=[
                            "varchar_pattern_ops",
                            "timestamptz_ops",
                            "int8_ops",
                            "int8_ops",
                            "varchar_ops",
                            "varchar_ops",
                            "varchar_ops",
                        ],
                    ),
                    models.Index(fields=["external_id", "-time", "-id"], name="scim_event_external_id"),
                    models.Index(fields=["request_id", "-time", "-id"], name="scim_event_request"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("external_id", models.CharField(max_length=500, verbose_name="external id")),
                ("digest", models.CharField(editable=False, max_length=64)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="django_scim.connection",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="django_scim.record",
                    ),
                ),
            ],
            options={
                "verbose_name": "link",
                "verbose_name_plural": "links",
                "indexes": [models.Index(fields=["connection", "digest"], name="scim_link_digest")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "record"), name="scim_link_connection_record"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UniqueValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("resource_type", models.CharField(max_length=100)),
                ("attribute", models.CharField(max_length=255)),
                ("digest", models.CharField(max_length=64)),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unique_values",
                        to="django_scim.record",
                    ),
                ),
            ],
            options={
                "verbose_name": "unique value",
                "verbose_name_plural": "unique values",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("resource_type", "attribute", "digest"), name="scim_unique_value_digest"
                    ),
                    models.UniqueConstraint(
                        fields=("record", "attribute"), name="scim_unique_value_attribute"
                    ),
                ],
            },
        ),
    ]
