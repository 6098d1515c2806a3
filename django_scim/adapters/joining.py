"""What an adapter says of accounts that several tenants share: who joins them, and what is written there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet

from django_scim import mappings
from django_scim.models import Connection
from django_scim.schema.paths import Json

if TYPE_CHECKING:
    from django_scim.resources.resource import Resource


class Joining:
    """The hooks of an adapter whose rows share accounts. By themselves they say that each has its own."""

    def lock_parts(self, rows: QuerySet[Any]) -> None:
        """Lock what the rows of a write share with others, before the rows themselves; nothing here."""

    def find_account(self, obj: Resource, document: Json) -> Model | None:
        """Return the account of a new resource if there is one, locked; here each resource has its own.

        :raises UniquenessException: If it belongs to the tenant of the caller already.
        """
        return None

    def join(self, obj: Resource, account: Model) -> Model:
        """Let a new resource have an account that there is; return the row to write, which is locked."""
        return obj.instance

    def is_taken(self, obj: Resource, mapping: mappings.Mapping, value: Any) -> bool:
        """Whether a unique value is that of an account which the caller cannot see."""
        return False

    def keeps(self, obj: Resource, mapping: mappings.Mapping) -> bool:
        """Whether a write leaves an attribute as it is, since that is not the caller's to change."""
        return False

    def needs(self, row: Model) -> bool:
        """Whether a row beside that of a deleted resource is still in use, so that it keeps its values."""
        return False

    def settle(self, obj: Resource, was_active: bool | None, *, is_active: bool, is_deleted: bool) -> None:
        """Do what follows from the activity of a resource, at the end of each write, in its transaction.

        :param was_active: None where the write has made the resource.
        """

    def joined(self, obj: Resource, account: Model) -> None:
        """Do what the project does when an account becomes part of a tenant; nothing here.

        It is called in the transaction of the write, for an account that is new too.
        """

    def left(self, obj: Resource, account: Model) -> None:
        """Do what the project does when an account is no longer part of a tenant; nothing here.

        It is called in the transaction of the write, after the account was locked if it has left its last
        tenant.
        """


def is_of_domain(address: str, connection: Connection | None) -> bool:
    """Whether an e-mail address is of one of a connection's domains."""
    domains = [] if connection is None else connection.domains
    _, at, domain = address.rpartition("@")
    return bool(at) and domain.lower() in {str(own).lower() for own in domains}
