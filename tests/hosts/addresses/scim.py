"""The adapter of the project."""

from __future__ import annotations

from django_scim.adapters import UserAdapter
from django_scim.mappings import Rows


class AddressedUserAdapter(UserAdapter):
    """Users with a row for each address and number. An identity provider vouches for its addresses."""

    attributes = {
        "emails": Rows(
            "emailaddress_set",
            value="email",
            primary="primary",
            fixed={"type": "work"},
            defaults={"verified": True},
        ),
        "phoneNumbers": Rows("phones", value="number", type="kind"),
        "ims": Rows("handles", value="name"),
    }
