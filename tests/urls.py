"""Routes of the tests: what a host project includes."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("scim/v2/", include("django_scim.urls")),
    path("scim-setup/", include("django_scim.setup_urls")),
]
