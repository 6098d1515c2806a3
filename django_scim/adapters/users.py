"""Users: ``AUTH_USER_MODEL``, whatever fields it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group
from django.db.models import BooleanField, CharField, EmailField, ManyToManyField, Model, TextField

from django_scim.adapters import mappings
from django_scim.adapters.base import Adapter, has_field
from django_scim.adapters.objects import ResourceObject
from django_scim.adapters.schemas import EnterpriseUserExtension, User

NAMES = {
    "name.givenName": ("first_name", "given_name"),
    "name.familyName": ("last_name", "family_name", "surname"),
    "name.middleName": ("middle_name",),
    "name.formatted": ("full_name", "name"),
    "displayName": ("display_name",),
}
"""The usual names of fields, the first that the model has is taken."""


class UserAdapter(Adapter):
    """Maps ``urn:ietf:params:scim:schemas:core:2.0:User`` with the enterprise extension."""

    resource = User[EnterpriseUserExtension]
    name = "User"
    endpoint = "/Users"
    description = "User Account"

    def __init__(self, **options: Any) -> None:
        if not hasattr(self, "model"):
            self.model = get_user_model()
        fields: Any = self.model
        self.username_field = str(getattr(fields, "USERNAME_FIELD", "username"))
        self.display_column = self.display_column or self.username_field
        if self.created_field is None and has_field(self.model, "date_joined"):
            self.created_field = "date_joined"
        super().__init__(**options)

    def get_attributes(self) -> Mapping[str, mappings.Mapping | str | None]:
        """Return a mapping for each attribute that a field of the model can hold."""
        found: dict[str, mappings.Mapping | str | None] = {"userName": mappings.Column(self.username_field)}
        for attribute, candidates in NAMES.items():
            column = next((name for name in candidates if self.has_text(name)), None)
            if column is not None and column != self.username_field:
                found[attribute] = mappings.Column(column)
        email = str(getattr(self.model, "EMAIL_FIELD", None) or "email")
        if self.has_text(email) and email != self.username_field:
            found["emails"] = mappings.PrimaryValue(email)
        if has_field(self.model, "is_active") and isinstance(
            self.model._meta.get_field("is_active"), BooleanField
        ):
            found["active"] = mappings.Column("is_active")
        if issubclass(self.model, AbstractBaseUser):
            found["password"] = mappings.Password()
        if has_field(self.model, "groups"):
            field = self.model._meta.get_field("groups")
            if isinstance(field, ManyToManyField) and field.related_model is Group:
                found["groups"] = mappings.Members("groups", to="Group", type="direct")
        return {**found, **self.attributes}

    def has_text(self, name: str) -> bool:
        """Whether the model has a text column of that name."""
        if not has_field(self.model, name):
            return False
        return isinstance(self.model._meta.get_field(name), CharField | EmailField | TextField)

    def protected(self, instance: Model) -> bool:
        """Superusers are read, and never changed."""
        return bool(getattr(instance, "is_superuser", False))

    def deactivate(self, obj: ResourceObject) -> None:
        """Lock the account."""
        active = self.mappings.get("active")
        if active is not None and active.read(obj) is not False:
            active.write(obj, False)
