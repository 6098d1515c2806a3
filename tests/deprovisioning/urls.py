"""A host project with pages of its own: who is signed in, signing in and out, and a new password."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, views
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def who(request: HttpRequest) -> HttpResponse:
    """Say who is signed in; nobody is an empty page."""
    return HttpResponse(request.user.get_username())


def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in with a name and a password."""
    user = authenticate(request, username=request.POST["username"], password=request.POST["password"])
    if user is not None:
        login(request, user)
    return who(request)


urlpatterns = [
    path("who/", who),
    path("sign-in/", sign_in),
    path("sign-out/", views.LogoutView.as_view(next_page="/who/")),
    path("password/", views.PasswordChangeView.as_view(success_url="/who/")),
    path("scim/v2/", include("django_scim.urls")),
]
