"""Users: ``AUTH_USER_MODEL``, whatever fields it has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.core.checks import CheckMessage, Warning
from django.db.models import CharField, EmailField, Field, ManyToManyField, Model, Q, QuerySet, TextField
from scim2_models import InvalidFilterException
from scim2_models.path import CompareOperator

from django_scim import mappings
from django_scim.adapters.adapter import Adapter, model_named
from django_scim.adapters.belonging import SharedActive
from django_scim.adapters.groups import MEMBERS, relation_between
from django_scim.adapters.power import has_field, has_flag
from django_scim.deprovisioning import deprovision
from django_scim.mappings.locale import is_choice_of_tags
from django_scim.models import Connection
from django_scim.schema.canonical import OpaqueString, Spelling, UserName, compatible
from django_scim.schema.paths import AttributePath, Json
from django_scim.schema.types import ENTERPRISE, EnterpriseUserExtension, User

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource

NAMES = {
    "name.givenName": ("first_name", "given_name"),
    "name.familyName": ("last_name", "family_name", "surname"),
    "name.middleName": ("middle_name",),
    "name.formatted": ("full_name", "fullname", "name"),
    "displayName": ("display_name",),
}
"""The usual names of fields, the first that the model has is taken."""

LANGUAGES = ("locale", "preferredLanguage")
"""The attributes that are a language tag (RFC 7643 section 4.1.1)."""

OTHER_NAMES = ("hostname", "filename", "scim_username", "tablename")
"""Columns that have a name in their name, and not that of a person."""

GROUPS = "groups"
"""The relation of Django's ``PermissionsMixin`` to what gives an account its permissions."""

PARTS = ("name.givenName", "name.familyName", "name.middleName")
"""The parts of a name: a model with a field for one of them has no single column for the whole."""


class UserAdapter(Adapter):
    """Maps ``urn:ietf:params:scim:schemas:core:2.0:User`` with the enterprise extension."""

    resource = User[EnterpriseUserExtension]
    name = "User"
    endpoint = "/Users"
    description = "User Account"
    looked_up: Sequence[str] = ("userName", "emails")
    looked_up_where_stored: Sequence[str] = ("displayName", "emails", f"{ENTERPRISE}:manager")
    matched_by = "userName"
    known_by: Sequence[str] = ("userName", "name", "displayName", "emails", "password")
    domain_attributes: Sequence[str] = ("userName", "emails")
    can_be_inactive = True

    def __init__(self, *, model: type[Model] | str | None = None, **options: Any) -> None:
        if model is not None or not hasattr(self, "model"):
            self.model = model_named(model or get_user_model())
        fields: Any = self.account_model
        self.username_field = str(getattr(fields, "USERNAME_FIELD", "username"))
        self.email_field = str(getattr(fields, "EMAIL_FIELD", None) or "email")
        self.kept_on_adoption = ("password", "emails", self.column(self.email_field))
        self.display_column = self.display_column or self.column(self.username_field)
        if self.created_field is None and has_field(self.model, "date_joined"):
            self.created_field = "date_joined"
        super().__init__(**options)

    @property
    def account_model(self) -> type[Model]:
        """The model that has the columns of an account."""
        return self.model

    def account_of(self, instance: Model) -> Any:
        """Return the account of a row: here the row itself."""
        return instance

    def address_of(self, account: Any) -> str:
        """Return the e-mail address of an account, or else its user name."""
        return str(getattr(account, self.email_field, None) or getattr(account, self.username_field))

    def column(self, name: str) -> str:
        """Return how a row reaches a column of its account."""
        return name

    def get_attributes(self) -> Mapping[str, mappings.Mapping | str | None]:
        """Return a mapping for each attribute that a field of the model can hold."""
        found: dict[str, mappings.Mapping | str | None] = {
            "userName": mappings.Column(self.column(self.username_field))
        }
        found.update(self.name_attributes())
        email = self.email_field
        if self.has_text(email):
            beside = mappings.DefaultValue if self.is_known_by_address else mappings.PrimaryValue
            found["emails"] = beside(self.column(email), type="work")
        if has_flag(self.model, "is_active"):
            found["active"] = SharedActive("is_active") if self.is_shared else mappings.Column("is_active")
        if issubclass(self.account_model, AbstractBaseUser):
            found["password"] = self.password()
        manager = f"{ENTERPRISE}:manager"
        if self.resource_type.resolve(manager) is not None and not self.has_parts(manager):
            found[manager] = mappings.StoredReference(to="User")
        groups = self.resource_type.registry.get("Group")
        relation = groups and relation_between(groups.model, self.model, MEMBERS)
        if relation and relation[1]:
            found["groups"] = mappings.Members(relation[1], to="Group", type="direct")
        return {**found, **self.attributes}

    @property
    def is_known_by_address(self) -> bool:
        """Whether the address of an account is what SCIM knows the account by, so that it is no other's."""
        declared = {**self.attributes, **self.added_attributes}.get("userName")
        is_name = self.email_field == self.username_field
        return is_name and not isinstance(declared, mappings.StoredOrColumn)

    def spellings(self) -> Mapping[str, Spelling]:
        """Spell a name as Django's login does, and a password as RFC 7644 section 5 has it."""
        normalize = getattr(self.account_model, "normalize_username", compatible)
        return {"userName": UserName(normalize), "password": OpaqueString()}

    def conversion_for(self, path: AttributePath, field: Field[Any, Any]) -> mappings.Conversion:
        """Return that of language tags for a column with choices: providers spell a tag in their own ways."""
        if path.key in LANGUAGES and is_choice_of_tags(field):
            return mappings.Locale()
        return super().conversion_for(path, field)

    def column_in_step(self, path: AttributePath) -> str | None:
        """Return the address of the account for ``emails``, unless it is the ``userName``."""
        is_address = path.key == "emails" and not self.is_known_by_address
        return self.column(self.email_field) if is_address and self.has_text(self.email_field) else None

    def password(self) -> mappings.Mapping:
        """Return the mapping of the password."""
        return mappings.Password()

    def name_attributes(self) -> dict[str, mappings.Mapping]:
        """Return the mappings of the fields for names; one that is alone gets whatever a client sends."""
        columns: dict[str, str] = {}
        for attribute, candidates in NAMES.items():
            column = next((name for name in candidates if self.has_text(name)), None)
            if column is not None and column != self.username_field:
                columns[attribute] = self.column(column)
        found: dict[str, mappings.Mapping] = {key: mappings.Column(column) for key, column in columns.items()}
        if not self.has_name_parts(columns):
            if "name.formatted" in found:
                del found["name.formatted"]
                found["name"] = mappings.FullName(columns["name.formatted"])
            elif "displayName" in found:
                found["displayName"] = mappings.DisplayName(columns["displayName"])
        return found

    def has_name_parts(self, columns: Mapping[str, str]) -> bool:
        """Whether a part of ``name`` has a place of its own, by a field or by what the host declares."""
        return self.has_parts("name") or not columns.keys().isdisjoint(PARTS)

    def has_parts(self, head: str) -> bool:
        """Whether the host maps a sub-attribute of a complex attribute by itself."""
        paths = map(self.resource_type.resolve, map(str, [*self.attributes, *self.added_attributes]))
        return any(path is not None and path.head == head and path.sub for path in paths)

    def new_instance(self, connection: Connection) -> Model:
        """Return a new account with a password that nobody has, whether ``password`` is mapped or not.

        An empty one would count as usable, and Django would let somebody reset it.
        """
        instance = super().new_instance(connection)
        account = self.account_of(instance)
        if isinstance(account, AbstractBaseUser):
            account.set_unusable_password()
        return instance

    def reset(self, obj: Resource) -> None:
        """Take the password of the deleted account, whether ``password`` is mapped or not."""
        super().reset(obj)
        account = self.account_of(obj.instance)
        if isinstance(account, AbstractBaseUser):
            account.set_unusable_password()
            obj.touch(account, "password")

    def has_text(self, name: str) -> bool:
        """Whether an account has a text column of that name."""
        if not has_field(self.account_model, name):
            return False
        return isinstance(self.account_model._meta.get_field(name), CharField | EmailField | TextField)

    def check(self) -> Iterable[CheckMessage]:
        """Report accounts that nothing can lock, and those whose names only SCIM knows."""
        active = self.resource_type.mappings.get("active")
        if active is None or active.read_only or isinstance(active, mappings.Stored):
            yield Warning(
                f"{self.setting}: 'active' is mapped to no column of {self.model._meta.label}: an account "
                f"that an identity provider deactivates or deletes can still be used.",
                hint="Give the model a field is_active, or map 'active' to the one that locks an account.",
                obj=type(self),
                id="django_scim.W002",
            )
        names = [name for name in self.unmapped_names() if not self.has_name()]
        if names:
            yield Warning(
                f"{self.setting}: no name is mapped, and {self.account_model._meta.label} has '{names[0]}': "
                f"what identity providers send as 'name' and 'displayName' is kept for SCIM, and the project "
                f"does not see it.",
                hint=f"Map 'displayName' or a part of 'name' to it, or 'name' with FullName('{names[0]}').",
                obj=type(self),
                id="django_scim.W017",
            )

    def has_name(self) -> bool:
        """Whether a part of the name, or the display name, is in the project."""
        return any(
            mapping.path.head in ("name", "displayName") and type(mapping) is not mappings.Stored
            for mapping in self.resource_type.mappings.values()
        )

    def unmapped_names(self) -> list[str]:
        """Return the columns of the model that seem to hold a name."""
        columns = [
            field
            for field in self.account_model._meta.concrete_fields
            if isinstance(field, CharField | TextField)
        ]
        used = {self.username_field, "username", *OTHER_NAMES}
        return [field.name for field in columns if "name" in field.name and field.name not in used]

    def protected(self, instance: Model) -> bool:
        """Superusers are read, and never changed."""
        return bool(getattr(self.account_of(instance), "is_superuser", False))

    def protected_rows(self) -> Q | None:
        has_superusers = has_field(self.account_model, "is_superuser")
        return Q(**{self.column("is_superuser"): True}) if has_superusers else None

    def is_administrator(self, instance: Model) -> bool:
        """Whether an account is an active superuser."""
        account = self.account_of(instance)
        return bool(getattr(account, "is_superuser", False) and getattr(account, "is_active", False))

    def administrators(self) -> QuerySet[Any] | None:
        """Return the active superusers."""
        flags = ("is_superuser", "is_active")
        if not all(has_field(self.account_model, name) for name in flags):
            return None
        return self.model._base_manager.filter(**{self.column(name): True for name in flags})

    def is_active(self, obj: Resource) -> bool:
        """Whether the account is not locked: what has no ``active`` is not."""
        active = self.resource_type.mappings.get("active")
        return active is None or active.read(obj) is not False

    def active_rows(self, rows: QuerySet[Any], caller: Caller) -> QuerySet[Any]:
        """Return the accounts that are not locked."""
        active = self.resource_type.mappings.get("active")
        if active is None:
            return rows
        try:
            return rows.filter(active.lookup(active.path, CompareOperator.ne, False, caller))
        except InvalidFilterException:
            return rows

    def keep_names(self, before: Json, after: Json) -> list[str]:
        """Put the names back that Microsoft Entra ID gives to a user whom it deletes softly.

        It puts the 32 hexadecimal digits of the object's id before the user principal name, and sends that
        with ``active: false`` (learn.microsoft.com, Restore or remove a recently deleted user).
        """
        kept = []
        for key in self.domain_attributes if after.get("active") is False else ():
            old, new = before.get(key), after.get(key)
            if old and new and (restored := with_old_names(old, new)) != new:
                after[key] = restored
                kept.append(key)
        return kept

    def deactivate(self, obj: Resource) -> None:
        """Lock the account."""
        active = self.resource_type.mappings.get("active")
        if active is not None and self.is_active(obj):
            active.write(obj, False)

    def activate(self, obj: Resource) -> None:
        """Unlock the account."""
        active = self.resource_type.mappings.get("active")
        if active is not None and not self.is_active(obj):
            active.write(obj, True)

    def end_relations(self, obj: Resource) -> None:
        """Take the account out of Django's groups where those are not the groups that SCIM serves."""
        if self.unmapped_groups is not None and not self.is_elsewhere(obj):
            self.account_of(obj.instance).groups.clear()

    @property
    def unmapped_groups(self) -> ManyToManyField[Any, Any] | None:
        """Django's groups, where those are not the groups that SCIM serves."""
        mapped = self.resource_type.mappings.get("groups")
        is_mapped = isinstance(mapped, mappings.Members) and mapped.relation == GROUPS
        if is_mapped or not issubclass(self.account_model, PermissionsMixin):
            return None
        field = self.account_model._meta.get_field(GROUPS)
        return field if isinstance(field, ManyToManyField) else None

    def deprovision(self, obj: Resource) -> None:
        """Do what ``DEPROVISIONING`` names, unless other tenants have the account too."""
        if self.is_elsewhere(obj):
            return
        deprovision(obj.instance, obj.caller.connection)


SOFTLY_DELETED = re.compile(r"[0-9a-f]{32}(?P<name>.+)", re.IGNORECASE)
"""The name of an object that Microsoft Entra ID has deleted softly."""


def with_old_names(old: Any, new: Any) -> Any:
    """Return text, or entries with a ``value``, with the old text where the new one has an id before it."""
    if isinstance(new, list):
        names = {entry["value"].lower(): entry["value"] for entry in old if entry.get("value")}
        return [
            {**entry, "value": with_old_name(names, entry["value"])} if entry.get("value") else entry
            for entry in new
        ]
    return with_old_name({old.lower(): old}, new)


def with_old_name(names: Mapping[str, str], new: str) -> str:
    """Return a text, or that of the names, by their lower case, which it consists of after an id."""
    found = SOFTLY_DELETED.fullmatch(new)
    return new if found is None else names.get(found["name"].lower(), new)
