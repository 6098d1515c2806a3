"""Hosts that say more of their resources than the defaults do."""

from __future__ import annotations

from django.db.models import CharField
from django.db.models.functions import Lower

from django_scim.adapters.users import UserAdapter
from django_scim.mappings import Computed


class SurnameAdapter(UserAdapter):
    """Users whom an identity provider looks up by family name."""

    looked_up = (*UserAdapter.looked_up, "name.familyName")


class ComputedAdapter(UserAdapter):
    """Users with attributes that are worked out, of which one can be looked for."""

    attributes = {
        "displayName": Computed(lambda user: user.get_full_name(), columns=["first_name", "last_name"]),
        "nickName": Computed(
            lambda user: user.first_name.lower(),
            columns=["first_name"],
            expression=Lower("first_name", output_field=CharField()),
        ),
    }
