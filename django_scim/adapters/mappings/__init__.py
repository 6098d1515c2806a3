"""The mappings that ship: where an attribute may live."""

from django_scim.adapters.mappings.base import Mapping
from django_scim.adapters.mappings.builtin import ExternalId, Identifier, Meta, Schemas
from django_scim.adapters.mappings.collection import Collection
from django_scim.adapters.mappings.columns import Column
from django_scim.adapters.mappings.combined import Combined
from django_scim.adapters.mappings.computed import Computed
from django_scim.adapters.mappings.default_value import DefaultValue
from django_scim.adapters.mappings.members import Members
from django_scim.adapters.mappings.password import Password
from django_scim.adapters.mappings.primary_value import PrimaryValue
from django_scim.adapters.mappings.reference import Reference
from django_scim.adapters.mappings.rows import Rows
from django_scim.adapters.mappings.stored import Stored

BUILT_IN: dict[str, Mapping] = {
    "schemas": Schemas(),
    "id": Identifier(),
    "externalId": ExternalId(),
    "meta": Meta(),
}
"""The mappings of the attributes that every resource has."""

__all__ = [
    "BUILT_IN",
    "Collection",
    "Column",
    "Combined",
    "Computed",
    "DefaultValue",
    "Mapping",
    "Members",
    "Password",
    "PrimaryValue",
    "Reference",
    "Rows",
    "Stored",
]
