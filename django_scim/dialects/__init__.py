"""Where the request of an identity provider that deviates from the RFCs becomes canonical, before validation.

Small rules, each a pure function from JSON to JSON, in a file by subject. A rule is in force for every
connection where it cannot be confused with a conforming request; the others are chosen by the dialect of
the connection. What scim2-models itself tolerates (:func:`django_scim.dialects.registry.request_policy`)
needs no rule.

Public is what a project needs to write a rule of its own, as ``__all__`` names it. It loads no model.
"""

from django_scim.dialects.registry import Dialect
from django_scim.dialects.rules import Stage, rule
from django_scim.schema.attributes import Attribute, Attributes, Extension, Schema, Target, member, without

__all__ = [
    "Attribute",
    "Attributes",
    "Dialect",
    "Extension",
    "Schema",
    "Stage",
    "Target",
    "member",
    "rule",
    "without",
]
