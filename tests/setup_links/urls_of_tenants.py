"""Routes that name a tenant before SCIM, and pages that do not."""

from django.urls import include, path

urlpatterns = [
    path("orgs/<slug:org>/scim/v2/", include("django_scim.urls")),
    path("scim-setup/", include("django_scim.setup_urls")),
    path("orgs/<slug:org>/scim-setup/", include("django_scim.setup_urls", namespace="inner")),
]
