"""What to do at an identity provider and what to fill in there, as plain text to be sent by mail or chat."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from django_scim.setup_guides import Provider, documentation_url

LAYOUT = "django_scim/setup/guide.html"
"""The template that has the steps and the fields of a provider, and nothing around them."""


def guide(provider: Provider, base_url: str | None) -> str:
    """Return the steps and the fields of a provider as HTML."""
    context = {"layout": LAYOUT, "base_url": base_url or _("the SCIM base URL")}
    return render_to_string(provider.template, context)


def as_text(provider: Provider, base_url: str | None) -> str:
    """Return the steps and the fields of a provider as plain text. There is no token in it."""
    return "\n".join(lines(provider, base_url))


def lines(provider: Provider, base_url: str | None) -> Iterator[str]:
    """Yield the lines of :func:`as_text`."""
    parts = Parts()
    parts.feed(guide(provider, base_url))
    yield _("Set up SCIM provisioning: %(provider)s") % {"provider": provider.name}
    yield ""
    for number, step in enumerate(parts.steps, 1):
        yield f"{number}. {step}"
    yield ""
    yield _("What to fill in:")
    for label, value in parts.fields:
        yield f"- {label}: {value}"
    yield ""
    yield _("The token is a secret. It is not in this text.")
    if url := documentation_url(provider.guide):
        yield _("The guide says more: %(url)s") % {"url": url}


class Parts(HTMLParser):
    """Reads the list of steps and the table of fields of a guide."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[str] = []
        self.fields: list[list[str]] = []
        self.into: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a step, a row or a cell."""
        if tag == "tr":
            self.fields.append([])
        elif tag in ("li", "th", "td"):
            self.into = self.steps if tag == "li" else self.fields[-1]
            self.into.append("")

    def handle_endtag(self, tag: str) -> None:
        """End a step or a cell; a row of headings is none."""
        if tag in ("li", "th", "td"):
            self.into = None
        elif tag == "thead":
            self.fields.clear()

    def handle_data(self, data: str) -> None:
        """Add the text of a step or a cell."""
        if self.into is not None:
            self.into[-1] += data
