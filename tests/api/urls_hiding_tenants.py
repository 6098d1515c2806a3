"""Routes whose arguments never reach a view: those of the app have one of that name, or they have no name."""

from django.urls import include, path, re_path

urlpatterns = [
    path("keys/<int:pk>/scim/v2/", include("django_scim.urls")),
    re_path(r"^groups/(\w+)/scim/v2/", include("django_scim.urls")),
]
