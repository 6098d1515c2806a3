"""A host project that gives out tokens by OAuth 2."""

from django.urls import include, path

urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("scim/v2/", include("django_scim.urls")),
]
