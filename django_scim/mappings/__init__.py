"""The mappings that ship: where an attribute may live."""

from __future__ import annotations

from django_scim.mappings.builtin import ExternalId, Identifier, Meta, Schemas
from django_scim.mappings.collection import Collection
from django_scim.mappings.columns import Column
from django_scim.mappings.combined import Combined
from django_scim.mappings.computed import Computed
from django_scim.mappings.conversions import Choices, Conversion, Convert
from django_scim.mappings.locale import Locale
from django_scim.mappings.mapping import Mapping
from django_scim.mappings.members import Members
from django_scim.mappings.names import DisplayName, FullName
from django_scim.mappings.password import Password
from django_scim.mappings.primary_value import DefaultValue, PrimaryValue
from django_scim.mappings.reference import Reference
from django_scim.mappings.rows import Rows
from django_scim.mappings.stored import Stored
from django_scim.mappings.stored_or_column import StoredOrColumn
from django_scim.mappings.stored_reference import StoredReference
from django_scim.sql.operand import ColumnOperand, Operand

BUILT_IN: dict[str, Mapping] = {
    "schemas": Schemas(),
    "id": Identifier(),
    "externalId": ExternalId(),
    "meta": Meta(),
}
"""The mappings of the attributes that every resource has."""

__all__ = [
    "BUILT_IN",
    "Choices",
    "Collection",
    "Column",
    "ColumnOperand",
    "Combined",
    "Computed",
    "Conversion",
    "Convert",
    "DefaultValue",
    "DisplayName",
    "FullName",
    "Locale",
    "Mapping",
    "Members",
    "Operand",
    "Password",
    "PrimaryValue",
    "Reference",
    "Rows",
    "Stored",
    "StoredOrColumn",
    "StoredReference",
]
