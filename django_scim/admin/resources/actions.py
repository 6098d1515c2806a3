"""What people of the project can do to resources: restore, unlink, deactivate and hand them over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, override

from django_scim.models import Connection, Link, Record
from django_scim.operations import staff
from django_scim.operations.staff import Author
from django_scim.resources.resource_type import ResourceType

Text = str | Promise


class ResourceAction:
    """An action on one resource, and its texts."""

    name: ClassVar[str]
    """Its name in URLs and forms."""

    label: ClassVar[Text]
    """The text of its button."""

    choice: ClassVar[Text]
    """Its text in the list of actions."""

    explanation: ClassVar[Text]
    """What it changes, for the page of confirmation."""

    done: ClassVar[Any]
    """What was done, to so many resources: the text is lazy, and wants a ``number``."""

    changed: ClassVar[str]
    """What the admin's log says is changed, unless :meth:`log_message` is overridden."""

    operation: ClassVar[type[staff.StaffWrite]]
    """The write of one resource, unless :meth:`run` is overridden."""

    needs_connection: ClassVar[bool] = False
    """Whether it is about one connection."""

    def connections(self, records: Sequence[Record]) -> QuerySet[Connection]:
        """Return the connections that may be chosen: those with a link to any of the records."""
        return Connection.objects.filter(links__record__in=records).distinct().order_by("name")

    def run(
        self, resource_type: ResourceType, key: Any, author: Author, connection: Connection | None
    ) -> None:
        """Perform the action.

        :param key: The primary key of the row.
        :raises SCIMException: If it is not possible.
        """
        self.operation(resource_type, key, author).run()

    def log_message(self, connection: Connection | None) -> list[dict[str, Any]]:
        """Return the message for the admin's log."""
        return [{"changed": {"fields": [self.changed]}}]


class RestoreAction(ResourceAction):
    """Restores what SCIM has deleted."""

    name = "restore"
    operation = staff.Restore
    label = _("Restore")
    choice = _("Restore selected %(verbose_name_plural)s")
    explanation = _(
        "SCIM serves the resources again, with the attributes that they had, and the accounts can be used "
        "again. Memberships do not come back: the identity provider assigns them anew."
    )
    done = ngettext_lazy("%(number)d resource is restored.", "%(number)d resources are restored.", "number")
    changed = "deleted at"


class UnlinkAction(ResourceAction):
    """Takes the ``externalId`` of a connection away."""

    name = "unlink"
    label = _("Unlink")
    choice = _("Unlink selected %(verbose_name_plural)s from a connection")
    explanation = _(
        "The external id that the connection gave is forgotten, so that its identity provider matches the "
        "resource anew, such as by the user name. Nothing else of the account is changed."
    )
    done = ngettext_lazy("%(number)d resource is unlinked.", "%(number)d resources are unlinked.", "number")
    needs_connection = True

    def run(
        self, resource_type: ResourceType, key: Any, author: Author, connection: Connection | None
    ) -> None:
        assert connection is not None
        staff.Unlink(resource_type, key, connection, author).run()

    def log_message(self, connection: Connection | None) -> list[dict[str, Any]]:
        with override(None):
            return [{"deleted": {"name": str(Link._meta.verbose_name), "object": str(connection)}}]


class DeactivateAction(ResourceAction):
    """Locks accounts."""

    name = "deactivate"
    operation = staff.Deactivate
    label = _("Deactivate")
    choice = _("Deactivate selected %(verbose_name_plural)s")
    explanation = _(
        "The accounts are locked, and their sessions and tokens end for good. The identity provider can make "
        "them active again: take the assignment away there too."
    )
    done = ngettext_lazy(
        "%(number)d resource is deactivated.", "%(number)d resources are deactivated.", "number"
    )
    changed = "active"


class HandOverAction(ResourceAction):
    """Lets a connection manage accounts and groups."""

    name = "hand-over"
    label = _("Hand over")
    choice = _("Hand over selected %(verbose_name_plural)s to a connection")
    explanation = _(
        "The connection manages the resources from now on: it may change, deactivate and delete them, and "
        "what they can do in the project as staff or by permissions is no obstacle. Any other connection may "
        "only read them."
    )
    done = ngettext_lazy(
        "%(number)d resource is handed over.", "%(number)d resources are handed over.", "number"
    )
    needs_connection = True

    def connections(self, records: Sequence[Record]) -> QuerySet[Connection]:
        """Return the connections that may be chosen: all that are active."""
        return Connection.objects.filter(is_active=True).order_by("name")

    def run(
        self, resource_type: ResourceType, key: Any, author: Author, connection: Connection | None
    ) -> None:
        assert connection is not None
        staff.HandOver(resource_type, key, connection, author).run()

    def log_message(self, connection: Connection | None) -> list[dict[str, Any]]:
        with override(None):
            return [{"changed": {"fields": [str(Record._meta.get_field("managed_by").verbose_name)]}}]


ACTIONS: dict[str, ResourceAction] = {
    action.name: action for action in (RestoreAction(), UnlinkAction(), DeactivateAction(), HandOverAction())
}
"""The actions by their name."""
