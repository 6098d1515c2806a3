"""The messages of RFC 7644 that are no resources, by their schemas."""

from __future__ import annotations

from typing import Any

BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


def patch_op(*operations: Any) -> dict[str, Any]:
    """Return the body of a PATCH; operations may be wrong ones."""
    return {"schemas": [PATCH_OP], "Operations": list(operations)}
