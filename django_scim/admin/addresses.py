"""Addresses of pages that lead to each other."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.urls import reverse
from django.utils.http import urlencode


def history_url(site: AdminSite, **filters: Any) -> str:
    """Return the address of the history, filtered."""
    page = reverse("admin:django_scim_provisioningevent_changelist", current_app=site.name)
    return f"{page}?{urlencode(filters)}"
