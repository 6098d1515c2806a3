"""The parameters of the history, by django-filter: only what an index of the table can find."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django_filters import ChoiceFilter, Filter, FilterSet, ModelChoiceFilter, TypedChoiceFilter
from django_filters.constants import EMPTY_VALUES

from django_scim.history.events import limited
from django_scim.history.selection import CHOICES, NARROW, EventSelection, unindexed
from django_scim.models import AccessToken, Connection, Effect, Operation, Outcome
from django_scim.sql.functions import Comparable, compose

LONGEST_SPAN = timedelta(days=31)
"""The longest time for which all events are read, if no index finds the parameters."""

SELECTED = {"connection_id", "effect", "resource_type", *CHOICES, *NARROW}
"""The columns for which :class:`~django_scim.history.selection.EventSelection` finds an index."""

FEW = {*NARROW, "display_key"}
"""The columns in which one value belongs to few events."""


class TimeField(forms.Field):
    """A time in ISO 8601. Without an offset it is in UTC, as the times of the answers are."""

    def to_python(self, value: Any) -> datetime | None:
        """Return the time for the database, or None for an empty value.

        :raises ValidationError: If it is not a time.
        """
        if value in self.empty_values:
            return None
        try:
            return parse_time(value)
        except ValueError:
            raise ValidationError("this is not a time such as 2025-06-30T22:00:00Z") from None


def parse_time(text: str) -> datetime:
    """Return a time for the database: in UTC, or without a zone if the project uses no time zones.

    :raises ValueError: If it is not a time, or if it is at the very end of the calendar.
    """
    parsed = parse_datetime(text)
    if parsed is None:
        raise ValueError("this is not a time")
    aware = parsed if timezone.is_aware(parsed) else parsed.replace(tzinfo=UTC)
    # In another time zone, the year may be another one.
    if not datetime.min.year < aware.year < datetime.max.year:
        raise ValueError("this is out of range")
    return aware.astimezone(UTC) if settings.USE_TZ else timezone.make_naive(aware)


class TimeFilter(Filter):
    """Compares with a point in time."""

    field_class = TimeField


class StatusFilter(Filter):
    """Compares with an HTTP status."""

    field_class = forms.IntegerField


class TextFilter(Filter):
    """Compares with a text as it is stored, cut to the length of its column.

    With the collations of MariaDB and MySQL, an index also finds other texts. So the text is compared again.
    """

    field_class = forms.CharField

    def __init__(self, column: str) -> None:
        super().__init__(column, strip=False)
        self.column = column

    def column_value(self, value: str) -> str:
        """Return the text as the column has it."""
        return limited(value, self.column)

    def exact(self, value: str) -> Exact:
        """Return the condition that the text is exactly the same."""
        return Exact(Comparable(F(self.column), case_exact=True), compose(self.column_value(value)))

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(self.exact(value), **{self.column: self.column_value(value)})


class DisplayFilter(TextFilter):
    """Compares with a name without regard to case."""

    def column_value(self, value: str) -> str:
        return super().column_value(value.lower())


class ConnectionChoiceFilter(ModelChoiceFilter):
    """Compares with a connection whose events may be read: another is as unknown as one that there is not."""

    def get_queryset(self, request: Any) -> QuerySet[Connection]:
        """Return the connections: of a token, its own alone."""
        if isinstance(request.auth, AccessToken):
            return Connection.objects.filter(pk=request.auth.connection_id)
        return Connection.objects.all()


class EventFilterSet(FilterSet):
    """The parameters of the history."""

    connection = ConnectionChoiceFilter("connection_id")
    connection_name = ConnectionChoiceFilter("connection_id", to_field_name="name")
    operation = ChoiceFilter(choices=Operation.choices)
    outcome = ChoiceFilter(choices=Outcome.choices)
    effect = ChoiceFilter(choices=Effect.choices)
    status = StatusFilter(min_value=100, max_value=599)
    scim_type = TextFilter("scim_type")
    resource_type = TextFilter("resource_type")
    resource_id = TextFilter("resource_id")
    external_id = TextFilter("external_id")
    request_id = TextFilter("request_id")
    display = DisplayFilter("display_key")
    deactivated = TypedChoiceFilter(choices=[("true", "true"), ("false", "false")], coerce="true".__eq__)
    time_after = TimeFilter("time", "gte")
    time_before = TimeFilter("time", "lt")

    def selection(self, equal: Mapping[str, Any], resource_types: Sequence[str] = ()) -> EventSelection:
        """Return the events that match the parameters. Check :meth:`is_valid` before.

        :param equal: Further columns, with the values that they have to have.
        :param resource_types: Those of the events, if they are some of several.
        """
        events: Any = self.queryset
        selected = dict(equal)
        for filter_, value in self.filter_values():
            column = filter_.field_name
            if column not in SELECTED:
                events = filter_.filter(events, value)
                continue
            if isinstance(filter_, TextFilter):
                events = events.filter(filter_.exact(value))
                value = filter_.column_value(value)
            value = value.pk if isinstance(value, Connection) else value
            # Two parameters, or one and the token, may name different connections: no event has both.
            if selected.setdefault(column, value) != value:
                events = events.filter(**{column: value})
        if self.form.cleaned_data["display"] and selected.keys().isdisjoint(NARROW):
            # The database has to use the index on the name, and not one on these columns.
            events = events.filter(*(Exact(unindexed(column), value) for column, value in selected.items()))
            selected, resource_types = {}, ()
        return EventSelection(events, equal=selected, resource_types=resource_types)

    def filter_values(self) -> list[tuple[Any, Any]]:
        """Return the filters that have a value, with it."""
        values = self.form.cleaned_data
        return [
            (filter_, values[name])
            for name, filter_ in self.filters.items()
            if values[name] not in EMPTY_VALUES
        ]

    def is_indexed(self, equal: Collection[str]) -> bool:
        """Whether an index finds a page, or the time is short enough to read all its events.

        :param equal: Further columns that have to be equal to a value.
        """
        compared = {each.field_name for each, _ in self.filter_values() if each.lookup_expr == "exact"}
        compared.update(equal)
        return compared <= SELECTED or not compared.isdisjoint(FEW) or self.is_short()

    def is_short(self) -> bool:
        """Whether the parameters name a time of at most :data:`LONGEST_SPAN`."""
        after: datetime | None = self.form.cleaned_data["time_after"]
        before: datetime | None = self.form.cleaned_data["time_before"]
        return after is not None and (before or timezone.now()) - after <= LONGEST_SPAN
