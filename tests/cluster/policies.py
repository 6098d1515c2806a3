"""The policies of a project with seats."""

from __future__ import annotations

from django_scim.policies import seat_limit

one_seat = seat_limit(1)
