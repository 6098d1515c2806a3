"""The routes of a project whose addresses name the tenant."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("orgs/<str:org>/scim/v2/", include("django_scim.urls")),
]
