"""The parameters of a query (RFC 7644 section 3.4.2)."""

from __future__ import annotations

from django_scim.dialects.rules import Stage, rule
from django_scim.schema.paths import Json

FIRST_PAGE = "cursor"
"""The parameter that means something when it is empty: the first page (RFC 9865 section 2)."""


@rule(
    Stage.QUERY,
    sent_by="generic clients that fill in a form: /Users?filter=&sortBy=&count=",
    source="RFC 7644 section 3.4.2, where none of them can be empty",
)
def empty_parameters(parameters: Json) -> Json:
    """Read an empty parameter as one that is not there."""
    is_empty = {name for name, value in parameters.items() if isinstance(value, str) and not value.strip()}
    return {
        name: value
        for name, value in parameters.items()
        if name not in is_empty or name.lower() == FIRST_PAGE
    }
