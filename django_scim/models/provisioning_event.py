"""The history: one event for each write, refused ones too, and optionally for reads."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from django_scim.models.access_token import AccessToken
from django_scim.models.connection import Connection


class Operation(models.TextChoices):
    """What a client asked for."""

    READ = "read", pgettext_lazy("operation", "read")
    SEARCH = "search", pgettext_lazy("operation", "search")
    CREATE = "create", pgettext_lazy("operation", "create")
    REPLACE = "replace", pgettext_lazy("operation", "replace")
    MODIFY = "modify", pgettext_lazy("operation", "modify")
    DELETE = "delete", pgettext_lazy("operation", "delete")


class Outcome(models.TextChoices):
    """Whether the request succeeded. What was rehearsed would have, and has changed nothing."""

    SUCCESS = "success", pgettext_lazy("outcome", "success")
    REFUSED = "refused", pgettext_lazy("outcome", "refused")
    REHEARSED = "rehearsed", pgettext_lazy("outcome", "rehearsed")


class Effect(models.TextChoices):
    """What a request did, in a word that people use."""

    CREATED = "created", pgettext_lazy("event", "Created")
    REHIRED = "rehired", pgettext_lazy("event", "Hired again")
    CHANGED = "changed", pgettext_lazy("event", "Changed")
    RENAMED = "renamed", pgettext_lazy("event", "Renamed")
    ACTIVATED = "activated", pgettext_lazy("event", "Activated")
    DEACTIVATED = "deactivated", pgettext_lazy("event", "Deactivated")
    JOINED = "joined", pgettext_lazy("event", "Joined")
    LEFT = "left", pgettext_lazy("event", "Left")
    MEMBERS = "members", pgettext_lazy("event", "Joined and left")
    DELETED = "deleted", pgettext_lazy("event", "Deleted")
    RESTORED = "restored", pgettext_lazy("event", "Restored")
    HANDED_OVER = "handed over", pgettext_lazy("event", "Handed over")
    UNLINKED = "unlinked", pgettext_lazy("event", "Unlinked")
    NOTHING = "nothing", pgettext_lazy("event", "Nothing changed")
    READ = "read", pgettext_lazy("event", "Read")
    REFUSED = "refused", pgettext_lazy("event", "Refused")


def no_changes() -> dict[str, Any]:
    """Return the default of ``changes``. The migrations refer to it."""
    return {}


class ProvisioningEvent(models.Model):
    """A request: who sent it, what it changed, and how it was answered.

    Each operation of a bulk job has its own event, with its method and its path.

    ``request`` is the body as it was received, shortened if it is long. It is None if there was no body, or
    if ``RECORD_REQUESTS`` is off. ``changes`` has a member for each changed attribute,
    ``{"title": {"before": …, "after": …}}``. A side without a value is left out. For a collection, such as
    ``members``, it has only the added and removed values. Secrets are redacted.
    """

    time = models.DateTimeField(_("time"), default=timezone.now)
    connection = models.ForeignKey(
        Connection,
        verbose_name=_("connection"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="events",
        db_index=False,  # Several of the indexes below begin with it.
    )
    token = models.ForeignKey(
        AccessToken, verbose_name=_("token"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    request_id = models.CharField(_("request id"), max_length=100)
    method = models.CharField(_("method"), max_length=10, blank=True)
    path = models.CharField(_("path"), max_length=1000, blank=True)
    request = models.JSONField(_("request"), null=True)
    operation = models.CharField(_("operation"), max_length=10, choices=Operation.choices)
    resource_type = models.CharField(_("resource type"), max_length=100)
    resource_id = models.CharField(_("resource id"), max_length=400, blank=True)
    display = models.CharField(_("resource"), max_length=255, blank=True)
    display_key = models.CharField(max_length=255, blank=True, editable=False)
    """The display in lower case, for searches."""
    external_id = models.CharField(_("external id"), max_length=500, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    effect = models.CharField(_("event"), max_length=20, choices=Effect.choices, blank=True)
    """What the request did, or an empty text for an event that does not say."""
    summary = models.CharField(_("summary"), max_length=255, blank=True, editable=False)
    """The change in a line, for lists: ``changes`` may be long."""
    status = models.PositiveSmallIntegerField(_("status"))
    scim_type = models.CharField(_("scimType"), max_length=50, blank=True)
    detail = models.TextField(_("detail"), blank=True)
    version = models.CharField(_("version"), max_length=100, blank=True)
    changes = models.JSONField(_("changes"), default=no_changes)
    deactivated = models.BooleanField(_("deactivated"), default=False)
    """Whether the resource was active before, and not after."""
    harmful = models.BooleanField(default=False, editable=False)
    """Whether the limit of deprovisioning counts the event: one for each resource within an hour."""
    duration = models.PositiveIntegerField(_("duration in milliseconds"), default=0)

    class Meta:
        verbose_name = _("provisioning event")
        verbose_name_plural = _("provisioning history")
        ordering = ("-time", "-pk")
        indexes = [
            models.Index(fields=["-time", "-id"], name="scim_event_time"),
            models.Index(fields=["connection", "-time", "-id"], name="scim_event_connection"),
            # First the columns that have to be equal, then the time: see django_scim.history.selection.
            models.Index(fields=["outcome", "operation", "-time", "-id"], name="scim_event_outcome"),
            models.Index(
                fields=["connection", "outcome", "operation", "-time", "-id"],
                name="scim_event_connection_outcome",
            ),
            models.Index(
                fields=["resource_type", "outcome", "operation", "-time", "-id"], name="scim_event_type"
            ),
            models.Index(
                fields=["connection", "resource_type", "outcome", "operation", "-time", "-id"],
                name="scim_event_connection_type",
            ),
            # What a request did implies most else. What it does not is in the index to be compared there.
            models.Index(
                fields=["effect", "-time", "-id", "resource_type", "outcome", "operation"],
                name="scim_event_effect",
            ),
            models.Index(
                fields=["connection", "effect", "-time", "-id", "resource_type", "outcome", "operation"],
                name="scim_event_connection_effect",
            ),
            models.Index(fields=["connection", "harmful", "-time"], name="scim_event_harmful"),
            models.Index(fields=["resource_id", "-time", "-id"], name="scim_event_resource"),
            # A search by the beginning of a name is sorted afterwards, so the index has all columns of the
            # filters. PostgreSQL needs the first operator class for it. Other databases have none.
            models.Index(
                fields=["display_key", "-time", "-id", "connection", "resource_type", "outcome", "operation"],
                opclasses=[
                    "varchar_pattern_ops",
                    "timestamptz_ops",
                    "int8_ops",
                    "int8_ops",
                    "varchar_ops",
                    "varchar_ops",
                    "varchar_ops",
                ],
                name="scim_event_display",
            ),
            models.Index(fields=["external_id", "-time", "-id"], name="scim_event_external_id"),
            models.Index(fields=["request_id", "-time", "-id"], name="scim_event_request"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.resource_type} {self.display or self.resource_id}".rstrip()


class MembershipChange(models.Model):
    """A resource that joined or left another one in an event, so that the events of one person are found.

    An event names 1,000 at most that joined, and as many that left. ``scim_prune`` deletes both. To cascade,
    Django would read all events before it deletes them, so nothing else does.
    """

    event = models.ForeignKey(
        ProvisioningEvent,
        on_delete=models.DO_NOTHING,
        related_name="memberships",
        db_index=False,
        db_constraint=False,
    )
    member_type = models.CharField(_("resource type"), max_length=100)
    member_key = models.CharField(max_length=255)
    """The primary key of the member's row, as text; its ``id``, without a resource type, once it is gone."""
    is_joined = models.BooleanField(_("joined"))
    position = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("membership change")
        verbose_name_plural = _("membership changes")
        constraints = [
            models.UniqueConstraint(fields=["event", "position"], name="scim_membership_change_position"),
        ]
        indexes = [
            models.Index(
                fields=["member_type", "member_key", "-event"], name="scim_membership_change_member"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_type} {self.member_key}"


DURATIONS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
"""The upper bounds of durations, in milliseconds. A longer duration counts as the last one."""


class EventCount(models.Model):
    """The number of a connection's events in an hour with the same outcome and about the same duration.

    A few rows for each hour count any number of events. They stay when events are deleted. Reads are never
    counted, even if they are recorded. Until they are settled, they are as of the last look.
    """

    connection = models.ForeignKey(
        Connection, verbose_name=_("connection"), on_delete=models.SET_NULL, null=True, related_name="counts"
    )
    hour = models.DateTimeField(_("hour"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    status = models.PositiveSmallIntegerField(_("status"))
    scim_type = models.CharField(_("scimType"), max_length=50, blank=True)
    duration = models.PositiveIntegerField(_("duration in milliseconds, at most"))
    count = models.PositiveBigIntegerField(_("count"), default=0)
    is_settled = models.BooleanField(_("settled"), default=True)

    class Meta:
        verbose_name = _("event count")
        verbose_name_plural = _("event counts")
        ordering = ("-hour", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "hour", "outcome", "status", "scim_type", "duration"],
                name="scim_event_count",
            ),
        ]
        indexes = [
            models.Index(fields=["hour"], name="scim_event_count_hour"),
            # The first hour that is not settled is looked up by each page with figures.
            models.Index(fields=["is_settled", "hour"], name="scim_event_count_settled"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}:00 {self.outcome} {self.status}: {self.count}"
