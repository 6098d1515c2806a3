"""SCIM's own side: attribute paths, the schemas that are served, and the extensions of a project.

What is here may be imported in the settings: it loads no model and reads no setting.
"""

from __future__ import annotations

from django_scim.schema.types import (
    ENTERPRISE,
    Email,
    EnterpriseUserExtension,
    Group,
    Manager,
    Member,
    User,
)

__all__ = ["ENTERPRISE", "Email", "EnterpriseUserExtension", "Group", "Manager", "Member", "User"]
