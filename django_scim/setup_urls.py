"""The pages that set-up links lead to. Include them where customers can reach them, at ``/scim-setup/``.

They take no login, and none of them is there without a link that somebody of the staff has made.
"""

from django.urls import re_path

from django_scim.setup_links.addresses import NAMESPACE
from django_scim.setup_links.views import setup_page

__all__ = ["app_name", "urlpatterns"]

app_name = NAMESPACE
"""The namespace of the routes."""

urlpatterns = [
    # With and without a slash: chats and mails lose it, and a redirect would have the secret in it.
    re_path(r"^(?P<secret>[^/]+)/?$", setup_page, name="page"),
]
"""What ``include("django_scim.setup_urls")`` takes."""
