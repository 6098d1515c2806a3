"""Routes of the project. It has no admin: that needs ``is_staff`` and permissions."""

from django.urls import include, path

urlpatterns = [path("scim/v2/", include("django_scim.urls"))]
