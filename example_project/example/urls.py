"""Routes: the SCIM service, and the admin that shows what identity providers did."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("scim/v2/", include("django_scim.urls")),
    path("scim-setup/", include("django_scim.setup_urls")),
    # runserver serves the admin's styles by itself, gunicorn does not. Empty unless DEBUG is on.
    *staticfiles_urlpatterns(),
]
