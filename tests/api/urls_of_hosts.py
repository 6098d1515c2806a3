"""The routes of one host of a project that has several, which a middleware chooses by ``request.urlconf``."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("staff/", admin.site.urls),
    path("<str:org>/provisioning/", include("django_scim.urls")),
]
