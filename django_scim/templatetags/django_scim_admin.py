"""The tag of the app's index in the admin, whose view is Django's own."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.admin.sites import all_sites
from django.template import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def open_problems_beside(context: Context) -> dict[str, Any]:
    """Return ``problems`` and ``problems_url``, or nothing for users who may not see the history."""
    # Django imports this module in each project that has templates, also in one without the admin.
    from django_scim.admin.history.problems import problems_beside

    request = context["request"]
    site = next((site for site in all_sites if site.name == request.current_app), None)
    return {} if site is None else problems_beside(site, request)
