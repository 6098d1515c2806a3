"""Every page that the admin of the app has is looked at."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.urls import resolve

from tests.browser.addresses import PAGES

NO_PAGES = {
    "django_scim_provisioningevent_export",
    "django_scim_provisioningevent_add",
    "django_scim_provisioningevent_delete",
    "django_scim_provisioningevent_history",
    "django_scim_record_add",
    "django_scim_record_delete",
}
"""Files, what nobody may do, and what nothing leads to: nobody changes an event."""


def test_every_page_of_the_admin_is_looked_at(address):
    models = [
        model for model in apps.get_app_config("django_scim").get_models() if model in admin.site._registry
    ]
    urls = [url for model in models for url in admin.site.get_model_admin(model).get_urls()]

    there = {url.name for url in urls if url.name is not None} | {"app_list"}
    looked_at = {resolve(address(name).partition("?")[0]).url_name for name in PAGES}
    assert there - looked_at == NO_PAGES
