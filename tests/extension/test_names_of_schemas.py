"""The ids of schemas that no path could have are a check, and no traceback."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks


def schema(urn="urn:example:desks:1.0:Desk", name="desk"):
    """Return an extension as /Schemas would have it."""
    attribute = {"name": name, "type": "string", "multiValued": False, "required": False, "caseExact": False}
    return {"id": urn, "name": "Desk", "description": "", "attributes": [attribute]}


@pytest.mark.parametrize("sign", ['"', "%", "%s", "'", " ", "[", "{", "\\", "`", "<"])
def test_the_id_of_an_extension_with_a_sign_that_paths_have_not_is_a_check(settings, sign):
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"extensions": [schema(urn=f"urn:example:de{sign}sks:1.0:Desk")]}}
    }

    (error,) = run_checks(tags=["django_scim"])

    assert error.id == "django_scim.E008"
    assert "cannot be the id of a schema" in error.msg


def test_the_id_of_an_extension_of_letters_and_digits_is_none(settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"extensions": [schema()]}}}

    assert run_checks(tags=["django_scim"]) == []
