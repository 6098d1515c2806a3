"""A connection does not make what it could not see."""

from __future__ import annotations

import logging

from django.contrib.auth.models import User

from django_scim.adapters import UserAdapter
from tests.representations import user


class NarrowAdapter(UserAdapter):
    """Shows other rows than it makes."""

    def get_queryset(self, connection):
        return super().get_queryset(connection).filter(is_staff=True)


def test_a_user_whose_own_maker_could_not_see_it_is_not_made(scim, settings, caplog):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": f"{__name__}.NarrowAdapter"}}}

    with caplog.at_level(logging.ERROR, logger="django_scim.request"):
        refused = scim.post("/Users", user("bjensen"))

    assert refused.status_code == 403
    assert refused.json()["detail"] == "NarrowAdapter makes a User that this connection could not see"
    assert not User.objects.filter(username="bjensen").exists()
    assert "NarrowAdapter" in caplog.text
