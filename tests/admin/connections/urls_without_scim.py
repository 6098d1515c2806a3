"""Routes of a project that has the admin, and does not serve SCIM from here."""

from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
