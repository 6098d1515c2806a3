"""Users that are memberships: an account is in several organisations, and each sees its own part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import Exists, ForeignKey, Model, OneToOneField, OuterRef, Q, QuerySet
from scim2_models.path import CompareOperator

from django_scim import mappings
from django_scim.adapters.adapter import Adapter, model_named
from django_scim.adapters.belonging import Belonging
from django_scim.adapters.power import has_flag, power_of
from django_scim.adapters.tenancy import ByKey
from django_scim.adapters.users import UserAdapter
from django_scim.deprovisioning import deprovision
from django_scim.mappings.dependencies import writing
from django_scim.mappings.mapping import conflict
from django_scim.models import Connection
from django_scim.schema.paths import Json
from django_scim.sql.clusters import certify_names
from django_scim.sql.operand import any_of
from django_scim.sql.transactions import locked

if TYPE_CHECKING:
    from django_scim.resources.resource import Resource


class MembershipAdapter(UserAdapter):
    """Maps users to the memberships of accounts in organisations.

    A subclass names the model and its two foreign keys. What the account has is read through
    :attr:`account`, and written only as far as :meth:`may_write` allows. A POST with the ``userName`` of an
    account that there is joins it. Whoever ends the last active membership of an account locks it.

    Where the model of the membership has a column ``is_active``, that is ``active``. Otherwise a membership
    is active as long as there is its row, and ``active: false`` deletes it.
    """

    account: str = "user"
    """The foreign key to the account."""

    def __init__(self, *, model: type[Model] | str | None = None, **options: Any) -> None:
        if model is not None:
            self.model = model_named(model)
        if not hasattr(self, "model"):
            raise ImproperlyConfigured("its 'model' has to be that of the memberships.")
        self.key = self._key(self.account)
        self.parts = (self.account,)
        if not has_flag(self.model, "is_active"):
            self.delete = "hard"
        super().__init__(**options)
        if not isinstance(self.tenancy, ByKey):
            raise ImproperlyConfigured("its 'tenant_field' has to be the foreign key to the organisation.")

    def _key(self, name: str) -> ForeignKey[Any, Any]:
        try:
            field = self.model._meta.get_field(name)
        except FieldDoesNotExist:
            field = None
        if not isinstance(field, ForeignKey) or isinstance(field, OneToOneField):
            raise ImproperlyConfigured(
                f"its 'account' is '{name}', which is no foreign key of {self.model._meta.label}."
            )
        return field

    # Where the attributes are

    @property
    def account_model(self) -> type[Model]:
        return self.key.related_model

    def account_of(self, instance: Model) -> Any:
        """Return the account of a membership."""
        return getattr(instance, self.account)

    def column(self, name: str) -> str:
        return f"{self.account}__{name}"

    def password(self) -> mappings.Mapping:
        return mappings.Password(part=self.account)

    def get_attributes(self) -> Mapping[str, mappings.Mapping | str | None]:
        return {"active": Belonging(), **super().get_attributes()}

    def new_instance(self, connection: Connection) -> Model:
        """Return a membership with an account of its own, which joining replaces."""
        instance = Adapter.new_instance(self, connection)
        account = self.account_model()
        if isinstance(account, AbstractBaseUser):
            account.set_unusable_password()
        setattr(instance, self.account, account)
        return instance

    # Whose the account is

    def keeps(self, obj: Resource, mapping: mappings.Mapping) -> bool:
        """Whether an attribute is one of an account that is not the caller's to write."""
        prefix = self.column("")
        if not any(column.startswith(prefix) for column in mapping.written_columns()):
            return False
        account = self.account_of(obj.instance)
        if account._state.adding:
            return False
        return not self.may_write_now(obj, account)

    def memberships(self, obj: Resource) -> QuerySet[Any]:
        """Return the memberships of an account, those of every organisation."""
        rows = self.model._base_manager.using(obj.database)
        return rows.filter(**{self.account: self.account_of(obj.instance)})

    def is_elsewhere(self, obj: Resource) -> bool:
        """Whether an account has a membership in another organisation that SCIM has not deleted."""
        others = self.memberships(obj).filter(~Exists(self.tombstones()))
        return others.exclude(**{self.tenant: getattr(obj.instance, self.tenant)}).exists()

    def active_elsewhere(self, obj: Resource) -> bool:
        """Whether an account has another membership that is active."""
        active = self.resource_type.mappings["active"]
        condition = active.lookup(active.path, CompareOperator.eq, True, obj.caller)
        others = self.memberships(obj).exclude(pk=obj.instance.pk).filter(~Exists(self.tombstones()))
        return locked(others.filter(condition)).first() is not None

    def tombstones(self) -> QuerySet[Any]:
        """Return the record of an outer membership if it is deleted."""
        records = self.resource_type.records().filter(deleted_at__isnull=False)
        return records.filter(**{self.resource_type.record_key: OuterRef("pk")})

    @property
    def tenant(self) -> str:
        """The column with the key of the organisation."""
        assert isinstance(self.tenancy, ByKey)
        return self.tenancy.field.attname

    # Joining an account

    def lock_parts(self, rows: QuerySet[Any]) -> None:
        """Lock the account first, so that its memberships begin and end one after another."""
        keys = list(rows.values_list(self.key.attname, flat=True)[:1])
        accounts = self.account_model._base_manager.using(rows.db)
        found = locked(accounts.filter(**{f"{self.key.target_field.attname}__in": keys}))
        self.certify(rows.db, *found)

    def certify(self, database: str, *accounts: Model) -> None:
        """Let the memberships of locked accounts begin and end one after another in a cluster too."""
        certify_names(database, (f"{account._meta.label} {account.pk}" for account in accounts))

    def find_account(self, obj: Resource, document: Json) -> Model | None:
        """Return the account with the ``userName`` of a new resource, locked.

        One that was locked when SCIM deleted its last membership is not there for anybody else.

        :raises UniquenessException: If it has a membership in the organisation already.
        """
        mapping = self.resource_type.mappings.get(self.matched_by or "")
        value = None if mapping is None else mapping.value_in(document)
        if not isinstance(mapping, mappings.Column) or not mapping.found.is_in_part or value is None:
            return None
        value = mapping.spellings(CompareOperator.eq, value)[0]
        found = list(locked(mapping.holders(value).using(obj.database)).order_by("pk")[:2])
        named = [row for row in found if getattr(row, mapping.found.field.attname) == value]
        account = next(iter([*named, *found]), None)
        if account is None:
            return None
        self.certify(obj.database, account)
        rows = self.model._base_manager.using(obj.database).filter(**{self.account: account})
        own = Q(**{self.tenant: getattr(obj.instance, self.tenant)})
        if locked(rows.filter(own, ~Exists(self.tombstones()))).first() is not None:
            raise conflict(mapping)
        accounts = self.account_model._base_manager.using(obj.database).filter(pk=account.pk)
        return account if accounts.filter(self.in_use()).exists() else None

    def join(self, obj: Resource, account: Model) -> Model:
        """Give a new membership its account, or return the one that the organisation has deleted."""
        setattr(obj.instance, self.account, account)
        deleted = self.memberships(obj).filter(**{self.tenant: getattr(obj.instance, self.tenant)})
        return locked(deleted).first() or obj.instance

    def reset(self, obj: Resource) -> None:
        """Take from a deleted membership what the project has added, if it is not the same person's by
        ``REHIRED_BY``; the account keeps what is not the caller's to write."""
        if obj.is_joining:
            for field in obj.instance._meta.concrete_fields:
                is_key = field.primary_key or field.attname in (self.key.attname, self.tenant)
                if not is_key and (field.has_default() or field.null):
                    setattr(obj.instance, field.attname, field.get_default())
                    obj.touch(obj.instance, field.attname)
        elif self.may_write(obj, self.account_of(obj.instance)):
            super().reset(obj)

    def in_use(self) -> Q:
        """Return the condition on accounts that are somebody's: not all they had is deleted, or they are
        not locked."""
        memberships = self.model._base_manager.filter(**{self.account: OuterRef("pk")})
        conditions = [~Q(Exists(memberships)), Q(Exists(memberships.filter(~Exists(self.tombstones()))))]
        if has_flag(self.account_model, "is_active"):
            conditions.append(Q(is_active=True))
        return any_of(conditions)

    def is_taken(self, obj: Resource, mapping: mappings.Mapping, value: Any) -> bool:
        """Whether another account has a unique value."""
        if not isinstance(mapping, mappings.Column) or obj.instance._state.adding:
            return False
        if not mapping.found.is_in_part or not mapping.found.field.unique:
            return False
        others = mapping.holders(value).using(obj.database).exclude(pk=self.account_of(obj.instance).pk)
        return bool(others.filter(self.in_use()).exists())

    def needs(self, row: Model) -> bool:
        """Whether a row is an account that is not locked."""
        return isinstance(row, self.account_model) and bool(getattr(row, "is_active", False))

    # What has power

    def power(self) -> Q | None:
        """Return the condition on memberships of accounts with power, and on those of :attr:`protect`."""
        own = super().power()
        conditions = [*power_of(self.account_model, self.column("")), *([] if own is None else [own])]
        return any_of(conditions) if conditions else None

    def has_power(self, obj: Resource) -> bool:
        """Whether an account has power, or its membership, if there is one."""
        conditions = power_of(self.account_model)
        accounts = self.account_model._base_manager.using(obj.database)
        own = accounts.filter(pk=self.account_of(obj.instance).pk)
        return bool(conditions and own.filter(any_of(conditions)).exists()) or super().has_power(obj)

    # Beginning and end

    def settle(self, obj: Resource, was_active: bool | None, *, is_active: bool, is_deleted: bool) -> None:
        """Unlock an account with its first active membership, and lock it with its last."""
        account = self.account_of(obj.instance)
        if is_active and not was_active:
            self._begin(obj, account)
        elif was_active and not is_active:
            self._end(obj, account)
        elif was_active is None and not obj.is_joining and not self.active_elsewhere(obj):
            self._set_open(obj, account, False)
        if obj.is_ending:
            # Not the instance, which would lose its key: the write is not at its end.
            self.model._base_manager.using(obj.database).filter(pk=obj.instance.pk).delete()

    def _begin(self, obj: Resource, account: Any) -> None:
        if not self.is_open(account):
            if self.active_elsewhere(obj):
                obj.notes.append("the account stays locked: the project has locked it")
            else:
                self._set_open(obj, account, True)
        self.joined(obj, account)

    def _end(self, obj: Resource, account: Any) -> None:
        if self.active_elsewhere(obj):
            obj.notes.append("the account is not locked: it has other memberships")
        elif self.locks(obj):
            self._set_open(obj, account, False)
            obj.notes.append("the account is locked: this was its last membership")
        self.left(obj, account)

    def locks(self, obj: Resource) -> bool:
        """Whether the end of an account's last active membership locks it.

        It does not lock an account with power that was joined, unless staff have handed it over.
        """
        record = obj.record
        is_given = record is None or record.is_handed_over or not record.is_joined
        return is_given or not self.has_power(obj)

    def is_open(self, account: Any) -> bool:
        """Whether the project lets somebody use an account."""
        return not has_flag(self.account_model, "is_active") or account.is_active

    def _set_open(self, obj: Resource, account: Any, value: bool) -> None:
        if has_flag(self.account_model, "is_active"):
            account.is_active = value
            with writing(account):
                account.save(using=obj.database, update_fields=["is_active"])

    def deprovision(self, obj: Resource) -> None:
        """Do what ``DEPROVISIONING`` names, for an account that has no active membership any more."""
        account = self.account_of(obj.instance)
        is_locked = has_flag(self.account_model, "is_active") and not account.is_active
        if is_locked or not (self.active_elsewhere(obj) or has_flag(self.account_model, "is_active")):
            deprovision(account, obj.caller.connection)
