"""How many events there were in each hour: pictures and figures are drawn from this, not from the history."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_scim.models.connection import Connection
from django_scim.models.provisioning_event import Outcome

DURATIONS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
"""The upper bounds in milliseconds by which durations are told apart; a longer one counts with the last."""


class EventCount(models.Model):
    """The number of events of a connection in an hour that had the same outcome and about the same duration.

    A few rows an hour stand for any number of events. Counts stay when the events are pruned. Reads are not
    counted, whether they are recorded or not.
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
        indexes = [models.Index(fields=["hour"], name="scim_event_count_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}:00 {self.outcome} {self.status}: {self.count}"


def duration_bound(milliseconds: int) -> int:
    """Return the bound that a duration is counted under."""
    return next((bound for bound in DURATIONS if milliseconds <= bound), DURATIONS[-1])
