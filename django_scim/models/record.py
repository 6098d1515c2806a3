"""What SCIM stores of a row of the host, without a change to the host's model."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_scim.models.connection import Connection


def empty_document() -> dict[str, Any]:
    """Return the default of the JSON columns. The migrations refer to it."""
    return {}


def empty_list() -> list[Any]:
    """Return the default of the JSON columns with lists. The migrations refer to it."""
    return []


class Record(models.Model):
    """The SCIM data of one resource.

    ``resource_type`` and one of the three key columns identify the host's row. The key column has the type of
    the row's primary key, so that both sides of a join use their index. A resource without a record is served
    too.

    ``reissued_id`` is the ``id`` of a resource whose row was used before: that of the key names nothing any
    more, and neither do ``former_ids``. ``former_digest`` finds a deleted resource by the ``externalId``
    that its connection had given to it. ``parked`` has the values that were taken from the row of a deleted
    resource, since another resource needed them. ``given`` has what the project itself gave to the resource
    when it was new, such as a default group: the rows by the relation.
    """

    resource_type = models.CharField(_("resource type"), max_length=100)
    integer_key = models.BigIntegerField(null=True, editable=False)
    uuid_key = models.UUIDField(null=True, editable=False)
    text_key = models.CharField(max_length=255, null=True, editable=False)  # noqa: DJ001 - one of three keys
    attributes = models.JSONField(_("unmapped attributes"), default=empty_document)
    comparable = models.JSONField(default=empty_document, editable=False)
    created = models.DateTimeField(_("created"), default=timezone.now)
    last_modified = models.DateTimeField(_("last modified"), default=timezone.now)
    revision = models.PositiveBigIntegerField(_("revision"), default=0)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    managed_by = models.ForeignKey(
        Connection,
        verbose_name=_("managed by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="managed",
        db_index=False,
        help_text=_("The connection that made or adopted the resource; none if it was made by hand."),
    )
    is_handed_over = models.BooleanField(
        _("handed over"),
        default=False,
        help_text=_("Whether staff have let the connection change a resource that has permissions."),
    )
    is_joined = models.BooleanField(
        _("joined"),
        default=False,
        help_text=_("Whether the account behind the resource was there before: it is not the connection's."),
    )
    former_digest = models.CharField(max_length=64, blank=True, editable=False)
    reissued_id = models.UUIDField(null=True, unique=True, editable=False)
    former_ids = models.JSONField(default=empty_list, editable=False)
    parked = models.JSONField(default=empty_list, editable=False)
    given = models.JSONField(default=empty_document, editable=False)

    class Meta:
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
        ordering = ("resource_type", "pk")
        constraints = [
            models.UniqueConstraint(fields=["resource_type", "integer_key"], name="scim_record_integer_key"),
            models.UniqueConstraint(fields=["resource_type", "uuid_key"], name="scim_record_uuid_key"),
            models.UniqueConstraint(fields=["resource_type", "text_key"], name="scim_record_text_key"),
        ]
        indexes = [
            models.Index(fields=["resource_type", "last_modified"], name="scim_record_modified"),
            models.Index(fields=["deleted_at"], name="scim_record_deleted"),
            models.Index(fields=["managed_by", "former_digest"], name="scim_record_former"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_type} {self.key}"

    @property
    def key(self) -> Any:
        """The primary key of the host's row, from the column of its type."""
        return next(
            (key for key in (self.integer_key, self.uuid_key, self.text_key) if key is not None), None
        )


class Link(models.Model):
    """The ``externalId`` that one connection gave to a resource.

    RFC 7643 section 3.1: it belongs to the client that set it, so each connection has its own. It is looked
    up by the index of its digest, which does not depend on the collation of the database.
    """

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="links")
    connection = models.ForeignKey(
        Connection, verbose_name=_("connection"), on_delete=models.CASCADE, related_name="links"
    )
    external_id = models.CharField(_("external id"), max_length=500)
    digest = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.UniqueConstraint(fields=["connection", "record"], name="scim_link_connection_record"),
        ]
        indexes = [models.Index(fields=["connection", "digest"], name="scim_link_digest")]

    def __str__(self) -> str:
        return self.external_id


class UniqueValue(models.Model):
    """A value that only one resource may have, in the form that is compared.

    For the host's own unique constraint, ``Bob`` and ``bob`` usually differ. By RFC 7643 section 4.1.1,
    ``userName`` is unique without regard to case. With this table, the database refuses the second of two
    requests at the same time. The value is stored as a digest: it may have any length, and no collation.
    """

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="unique_values")
    resource_type = models.CharField(max_length=100)
    attribute = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("unique value")
        verbose_name_plural = _("unique values")
        constraints = [
            models.UniqueConstraint(
                fields=["resource_type", "attribute", "digest"], name="scim_unique_value_digest"
            ),
            models.UniqueConstraint(fields=["record", "attribute"], name="scim_unique_value_attribute"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_type} {self.attribute}"


class StoredValue(models.Model):
    """A value that no column holds, as it is looked up: on databases with no index on JSON documents.

    PostgreSQL has one, and no such rows. What is found by a digest is compared exactly, so that one too many
    does no harm.
    """

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="stored_values")
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("stored value")
        verbose_name_plural = _("stored values")
        indexes = [models.Index(fields=["digest", "record"], name="scim_stored_value_digest")]

    def __str__(self) -> str:
        return self.digest


class AwaitedReference(models.Model):
    """A reference of a resource to one that is not there yet, which will fill a foreign key of the host.

    It is found by what the client has said, an ``id`` or the ``externalId`` of the connection, when such a
    resource comes. The record has the reference itself.
    """

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="awaited")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True, related_name="+")
    attribute = models.CharField(max_length=255)
    to = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("awaited reference")
        verbose_name_plural = _("awaited references")
        constraints = [
            models.UniqueConstraint(fields=["record", "attribute"], name="scim_awaited_attribute"),
        ]
        indexes = [models.Index(fields=["digest", "to"], name="scim_awaited_digest")]

    def __str__(self) -> str:
        return f"{self.attribute} of {self.record}"
