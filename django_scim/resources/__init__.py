"""A resource type at run time: rows with their records and versions, and what an answer has of them.

Public are the types of what mappings and adapters are called with, and :func:`touch`. They load the models of
the app, so that a mapping that stands in the settings imports them for type checkers alone.
"""

from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.resources.tracking import touch

__all__ = ["Caller", "Resource", "ResourceType", "touch"]
