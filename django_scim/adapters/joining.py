"""What an adapter says of accounts that several tenants share: who joins them, and what is written there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet
from scim2_models.path import CompareOperator

from django_scim import mappings
from django_scim.adapters.belonging import SharedActive
from django_scim.adapters.tenancy import ByRelation, Tenancy
from django_scim.mappings.builtin import ExternalId
from django_scim.mappings.mapping import conflict
from django_scim.models import Connection
from django_scim.schema.paths import Json
from django_scim.sql.transactions import locked

if TYPE_CHECKING:
    from django_scim.resources.resource import Resource
    from django_scim.resources.resource_type import ResourceType

MAY_WRITE = "~account"
"""The key of what :meth:`Joining.may_write` has said, for one write."""


class Joining:
    """The hooks of an adapter whose rows several tenants share, by a many-to-many relation to them.

    Where they share none, they say that each row is its tenant's own.
    """

    tenancy: Tenancy | None
    resource_type: ResourceType
    matched_by: str | None

    @property
    def is_shared(self) -> bool:
        """Whether a row may belong to several tenants."""
        return isinstance(self.tenancy, ByRelation)

    def enter(self, obj: Resource) -> None:
        """Let a saved row belong to the tenant of the caller."""
        if isinstance(self.tenancy, ByRelation):
            self.tenancy.add(obj.instance, obj.caller.acting)

    def is_elsewhere(self, obj: Resource) -> bool:
        """Whether the account of a resource belongs to another tenant too."""
        connection = obj.caller.connection
        if not isinstance(self.tenancy, ByRelation) or connection is None:
            return False
        return bool(self.tenancy.others(obj.instance, connection).exists())

    def lock_parts(self, rows: QuerySet[Any]) -> None:
        """Lock what the rows of a write share with others, before the rows themselves; nothing here."""

    def find_account(self, obj: Resource, document: Json) -> Model | None:
        """Return the account of a new resource if there is one, locked.

        :raises UniquenessException: If it belongs to the tenant of the caller already.
        """
        mapping = self.resource_type.mappings.get(self.matched_by or "")
        value = None if mapping is None else mapping.value_in(document)
        if not isinstance(self.tenancy, ByRelation) or mapping is None or value is None:
            return None
        condition = mapping.lookup(mapping.path, CompareOperator.eq, value, obj.caller)
        rows = self.resource_type.rows(None).using(obj.database)
        row: Model | None = locked(rows.filter(condition)).order_by("pk").first()
        # Looked at once it is locked, so that the end of its last tenant is over.
        living = self.resource_type.queryset(None).using(obj.database)
        if row is None or not living.filter(pk=row.pk).exists():
            return None
        own = self.tenancy.related(self.tenancy.key_of(obj.caller.acting)).using(obj.database)
        if own.filter(**{self.tenancy.source: row.pk}).exists():
            raise conflict(mapping)
        return row

    def join(self, obj: Resource, account: Model) -> Model:
        """Let a new resource have an account that there is; return the row to write, which is locked."""
        return account

    def is_taken(self, obj: Resource, mapping: mappings.Mapping, value: Any) -> bool:
        """Whether a unique value is that of an account which the caller cannot see."""
        return False

    def may_write(self, obj: Resource, account: Any) -> bool:
        """Whether the caller may write the attributes of an account that there is.

        It may if the account is of its e-mail domains, or if it has made or adopted the account, and no
        other tenant has it. An account that was joined belongs to somebody else, so that nobody gets the
        account of another person by naming it.
        """
        if obj.caller.connection is None or obj.caller.is_itself:
            return True
        record = obj.record
        is_handed_over = record is not None and record.is_handed_over
        is_joined = record is not None and record.is_joined and not is_handed_over
        is_own = record is None or record.managed_by_id in (None, obj.caller.connection.pk)
        if is_own and not is_joined and not self.is_elsewhere(obj):
            return True
        is_own_domain = is_of_domain(self.address_of(account), obj.caller.connection)
        return is_own_domain and (is_handed_over or not self.has_power(obj))

    def address_of(self, account: Any) -> str:
        """Return the e-mail address of an account; empty if it has none."""
        return ""

    def has_power(self, obj: Resource) -> bool:
        """Whether a resource has power in the project."""
        raise NotImplementedError

    def may_write_now(self, obj: Resource, account: Model) -> bool:
        """Whether the caller may write the attributes of an account, asked once a write."""
        if MAY_WRITE not in obj.fetched:
            obj.fetched[MAY_WRITE] = self.may_write(obj, account)
        return bool(obj.fetched[MAY_WRITE])

    def keeps(self, obj: Resource, mapping: mappings.Mapping) -> bool:
        """Whether a write leaves an attribute as it is, since that is not the caller's to change."""
        if not self.is_shared or obj.instance._state.adding or isinstance(mapping, ExternalId | SharedActive):
            return False
        return not self.may_write_now(obj, obj.instance)

    def needs(self, row: Model) -> bool:
        """Whether a row beside that of a deleted resource is still in use, so that it keeps its values."""
        return False

    def settle(self, obj: Resource, was_active: bool | None, *, is_active: bool, is_deleted: bool) -> None:
        """Do what follows from the activity of a resource, at the end of each write, in its transaction.

        :param was_active: None where the write has made the resource.
        """
        if self.is_shared and is_active and not was_active:
            self.joined(obj, obj.instance)

    def leave(self, obj: Resource) -> None:
        """Take a row out of the tenant of the caller, in which its part has ended."""
        if isinstance(self.tenancy, ByRelation):
            self.tenancy.remove(obj.instance, obj.caller.acting)
            self.left(obj, obj.instance)

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
