"""What the system checks say of the project."""

from __future__ import annotations

from django.core.checks import run_checks


def test_the_checks_know_that_the_key_to_the_tenant_is_not_left_empty(db):
    assert "django_scim.W004" not in {message.id for message in run_checks()}
