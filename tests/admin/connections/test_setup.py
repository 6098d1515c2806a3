"""What leads through the set-up of a connection, and what its form asks for."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape, strip_tags

import django_scim
from django_scim import setup_guides
from django_scim.models import AccessToken, Connection
from django_scim.setup_guides import PROVIDERS
from tests.factories import ConnectionFactory
from tests.setup_guides.guides import BASE_URL as UNKNOWN_URL
from tests.setup_guides.guides import STEP, TOKEN, fields_of

BASE_URL = "http://testserver/scim/v2"
COPY = Path(django_scim.__file__).parent / "static/django_scim/copy.js"


def page(connection: Connection) -> str:
    """Return the address of the page of a connection."""
    return reverse("admin:django_scim_connection_change", args=(connection.pk,))


def create_page(connection: Connection) -> str:
    """Return the address of the page that creates a token."""
    return reverse("admin:django_scim_connection_create_token", args=(connection.pk,))


def form(**fields: Any) -> dict[str, Any]:
    """Return what the form of a connection sends."""
    tokens = {"tokens-TOTAL_FORMS": "0", "tokens-INITIAL_FORMS": "0"}
    given = {"name": "Okta", "is_active": "on", "adoption": "matching", "tenant_type": "", "tenant_id": ""}
    return {**given, **tokens, **fields}


def guides(response: Any) -> dict[str, str]:
    """Return the part of the page of each provider."""
    parts = re.findall(
        r'<details name="scim-provider".*?<summary>(.*?)</summary>(.*?)</details>', response.text, re.DOTALL
    )
    return dict(parts)


class Ids(HTMLParser):
    """Collects what elements are called, and what refers to them."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            elif name in ("data-scim-copy", "form", "aria-labelledby") or (name, tag) == ("for", "label"):
                self.references += (value or "").split()


# The set-up


def test_the_set_up_has_the_base_url_with_a_button_to_copy_it(admin_client, connection):
    text = admin_client.get(page(connection)).text

    assert re.search(rf'<input[^>]* id="scim-base-url" value="{BASE_URL}" readonly', text)
    assert re.search(r'<button[^>]* hidden data-scim-copy="scim-base-url"', text)
    assert 'src="/static/django_scim/copy.js"' in text


def test_the_script_that_copies_shows_its_buttons():
    script = COPY.read_text("utf-8")

    assert "button[data-scim-copy]" in script
    assert "button.hidden = false" in script


@pytest.mark.parametrize("slug", PROVIDERS)
def test_each_provider_has_its_steps_and_its_fields_filled_in(admin_client, connection, slug):
    provider = PROVIDERS[slug]
    guide = guides(admin_client.get(page(connection)))[str(provider.name)]
    steps = STEP.findall(render_to_string(provider.template))

    assert STEP.findall(guide) == steps
    assert steps
    for label, value in fields_of(provider):
        text = value if value == TOKEN else f"<code>{value.strip('`').replace(UNKNOWN_URL, BASE_URL)}</code>"
        assert re.search(rf'<th scope="row">{re.escape(label)}</th>\s*<td>{re.escape(text)}</td>', guide)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"name": "Okta production"}, "Okta"),
        ({"name": "google"}, "Google Workspace"),
        ({"name": "Staff", "dialect": "entra"}, "Microsoft Entra ID"),
        ({"name": "Staff"}, None),
        ({"name": "The central provider"}, None),
    ],
)
def test_the_provider_that_a_connection_is_named_after_is_open(admin_client, fields, name):
    text = admin_client.get(page(ConnectionFactory.create(**fields))).text
    opened = re.findall(r'<details name="scim-provider" open>\s*<summary>(.*?)</summary>', text)

    assert opened == [name] if name else opened == []


def test_a_provider_that_needs_a_dialect_says_so_until_the_connection_has_it(admin_client, connection):
    wanted = "Give this connection the dialect Microsoft Entra ID."

    assert wanted in guides(admin_client.get(page(connection)))["Microsoft Entra ID"]
    Connection.objects.update(dialect="entra")
    assert wanted not in admin_client.get(page(connection)).text


def test_a_guide_is_linked_where_the_package_says_where_its_documentation_is(
    admin_client, connection, monkeypatch
):
    class Metadata:
        def get_all(self, name):
            return ["Source, https://code.example", "Documentation, https://docs.example/scim/"]

    setup_guides.documentation_url.cache_clear()
    monkeypatch.setattr(setup_guides, "metadata", lambda _: Metadata())
    try:
        guide = guides(admin_client.get(page(connection)))["Okta"]
    finally:
        setup_guides.documentation_url.cache_clear()

    assert 'href="https://docs.example/scim/how-to/providers/okta/"' in guide


def test_the_set_up_is_open_until_the_first_request(admin_client, scim):
    def is_open() -> bool:
        text = admin_client.get(page(scim.connection)).text
        return bool(re.search(r'scim-setup" aria-labelledby="scim-setup-heading">\s*<details open>', text))

    assert is_open()
    scim.get("/Users")
    assert not is_open()


def test_the_base_url_of_the_set_up_has_to_be_https(admin_client, connection):
    assert "has to begin with https" in admin_client.get(page(connection)).text
    assert "has to begin with https" not in admin_client.get(page(connection), secure=True).text


@pytest.mark.urls("tests.admin.connections.urls_without_scim")
def test_the_set_up_tells_a_project_that_does_not_route_scim(admin_client, connection):
    text = admin_client.get(page(connection)).text

    assert "do not include django_scim.urls" in text
    assert "scim-base-url" not in text
    assert "<code>the SCIM base URL</code>" in text


def test_staff_that_may_not_add_tokens_is_told_whom_to_ask(staff, connection):
    text = staff("view_connection").get(page(connection)).text

    assert "Ask somebody who may add tokens for one." in text
    assert create_page(connection) not in text


def test_each_reference_to_an_element_of_the_set_up_finds_one(admin_client):
    connection = ConnectionFactory.create()
    connection.pause("a reason")
    created = admin_client.post(create_page(connection), {"scopes": ["read"]})
    for response in (admin_client.get(page(connection)), admin_client.get(create_page(connection)), created):
        found = Ids()
        found.feed(response.text)
        assert sorted(found.ids) == sorted(set(found.ids))
        assert set(found.references) <= set(found.ids)


def test_the_page_of_a_new_token_has_address_and_token_with_buttons_and_where_they_go(
    admin_client, connection
):
    response = admin_client.post(create_page(connection), {"scopes": ["read"]})

    for field in ("scim-base-url", "scim-token"):
        assert re.search(rf'<button[^>]* hidden data-scim-copy="{field}"', response.text)
    assert set(guides(response)) == {str(provider.name) for provider in PROVIDERS.values()}
    # Once, in the field: it is not repeated in what to fill in.
    assert len(re.findall(r"scim_[\w-]{43}", response.text)) == 1


# The scopes of a token


def test_scopes_of_a_new_token_are_in_groups_with_names(admin_client, connection):
    text = admin_client.get(create_page(connection)).text
    found = re.findall(r"<fieldset>\s*<legend>(.*?)</legend>(.*?)</fieldset>", text, re.DOTALL)
    scopes = {name: re.findall(r'value="(\w+)"', boxes) for name, boxes in found}

    assert scopes == {
        "What it may do with resources": ["read", "write"],
        "With which resource types: all, if none is checked": ["users", "groups"],
        "What else it may do, such as for a security log": ["history"],
    }


def test_a_new_token_may_read_and_write_unless_the_form_says_otherwise(admin_client, connection):
    text = admin_client.get(create_page(connection)).text
    boxes = re.findall(r"<input type=\"checkbox\"[^>]*>", text)

    assert [re.findall(r'value="(\w+)"', box)[0] for box in boxes if " checked" in box] == ["read", "write"]


def test_the_scopes_of_each_group_are_kept(admin_client, connection):
    admin_client.post(create_page(connection), {"scopes": ["read", "users", "history"]})

    assert AccessToken.objects.get().scopes == ["read", "users", "history"]


def test_a_token_for_a_resource_type_that_allows_nothing_is_refused(admin_client, connection):
    response = admin_client.post(create_page(connection), {"scopes": ["users"]})

    assert "A token has to allow something" in response.text
    assert not AccessToken.objects.exists()


# Networks


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("", []),
        ("\n  \n", []),
        ("192.0.2.0/24", ["192.0.2.0/24"]),
        ("192.0.2.7\r\n 2001:DB8::/32 \r\n\r\n192.0.2.7/32", ["192.0.2.7", "2001:db8::/32"]),
        ("10.0.0.0/255.0.0.0", ["10.0.0.0/8"]),
    ],
)
def test_networks_of_a_connection_are_given_one_a_line(admin_client, connection, text, networks):
    response = admin_client.post(page(connection), form(networks=text))

    assert response.status_code == 302
    assert Connection.objects.get().networks == networks


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("here", "here is no address and no network"),
        ("192.0.2.0/24\n192.0.2.0/33", "192.0.2.0/33 is no address and no network"),
        ("192.0.2.0/24, 198.51.100.0/24", "is no address and no network"),
        ("192.0.2.17/24", "give the network as 192.0.2.0/24"),
        ('["192.0.2.0/24"]', "is no address and no network"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt; is no address"),
        ("192.0.2.\0", "is no address and no network"),
        ("9" * 5_000, "is no address and no network"),
    ],
)
def test_a_line_that_is_no_network_is_refused_and_kept_in_the_form(admin_client, connection, text, error):
    response = admin_client.post(page(connection), form(networks=text))

    assert response.status_code == 200
    assert error in response.text
    assert "<script>alert" not in response.text
    assert escape(text).splitlines()[0] in response.text
    assert Connection.objects.get().networks == []


def test_the_form_of_a_connection_shows_a_network_a_line(admin_client):
    connection = ConnectionFactory.create(networks=["192.0.2.0/24", "2001:db8::/32"])
    text = admin_client.get(page(connection)).text

    assert re.search(r"<textarea[^>]*>\s*192\.0\.2\.0/24\n2001:db8::/32</textarea>", text)


def test_the_log_names_networks_only_if_they_changed(admin_client):
    connection = ConnectionFactory.create(name="Okta", adoption="matching", networks=["192.0.2.0/24"])
    admin_client.post(page(connection), form(name="Renamed", networks="192.0.2.0/24\r\n"))
    admin_client.post(page(connection), form(name="Renamed", networks="198.51.100.0/24"))

    first, second = (entry.get_change_message() for entry in LogEntry.objects.order_by("pk"))
    assert first == "Changed Name."
    assert second == "Changed Source networks."


# Who is told


def test_addresses_of_those_who_are_told_are_given_one_a_line(admin_client, connection):
    response = admin_client.post(page(connection), form(notify="ada@acme.example\r\n\r\n it@acme.example "))

    assert response.status_code == 302
    assert Connection.objects.get().notify == ["ada@acme.example", "it@acme.example"]


@pytest.mark.parametrize("text", ["ada", "ada@acme.example, it@acme.example", "Ada <a@acme.example>", "a@\0"])
def test_a_line_that_is_no_address_is_refused(admin_client, connection, text):
    response = admin_client.post(page(connection), form(notify=text))

    assert "is no e-mail address" in response.text
    assert Connection.objects.get().notify == []


# Domains


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("", []),
        (
            "Example.COM\r\n @example.org \r\nexample.net.\nexample.com",
            ["example.com", "example.org", "example.net"],
        ),
        ("münchen.example", ["münchen.example"]),
    ],
)
def test_domains_of_a_connection_are_given_one_a_line(admin_client, connection, text, domains):
    response = admin_client.post(page(connection), form(domains=text))

    assert response.status_code == 302
    assert Connection.objects.get().domains == domains


@pytest.mark.parametrize(
    "text", ["here", "example.com, example.org", "a@example.com", "<script>alert(1)</script>"]
)
def test_a_line_that_is_no_domain_is_refused_and_kept_in_the_form(admin_client, connection, text):
    response = admin_client.post(page(connection), form(domains=text))

    assert response.status_code == 200
    assert f"{escape(text)} is no domain such as example.com" in response.text
    assert escape(text) in response.text
    assert Connection.objects.get().domains == []


def test_a_connection_may_adopt_what_its_form_says(admin_client, connection):
    admin_client.post(page(connection), form(adoption="own"))

    assert Connection.objects.get().adoption == "own"


# The limit of deprovisioning


@pytest.mark.parametrize(("text", "limit"), [("", None), ("0", 0), ("25", 25)])
def test_a_connection_may_have_a_deprovisioning_limit_of_its_own(admin_client, connection, text, limit):
    admin_client.post(page(connection), form(deprovisioning_limit=text))

    assert Connection.objects.get().deprovisioning_limit == limit


@pytest.mark.parametrize("text", ["-1", "many", "1.5", "9" * 30])
def test_a_deprovisioning_limit_that_is_no_number_is_refused(admin_client, connection, text):
    response = admin_client.post(page(connection), form(deprovisioning_limit=text))

    assert response.status_code == 200
    assert Connection.objects.get().deprovisioning_limit is None


@pytest.mark.parametrize(
    ("settings_of_the_app", "help_text"),
    [
        ({}, "Leave this empty for 500, or for 20% of the resources of a type where that is less."),
        ({"DEPROVISIONING_LIMIT": None}, "Leave this empty for 20% of the resources of a type."),
        ({"DEPROVISIONING_SHARE": None, "DEPROVISIONING_LIMIT": 7}, "Leave this empty for 7."),
        ({"DEPROVISIONING_SHARE": None, "DEPROVISIONING_LIMIT": None}, "Leave this empty for any number."),
    ],
)
def test_the_form_of_a_connection_says_which_limit_the_settings_give(
    admin_client, connection, settings, settings_of_the_app, help_text
):
    settings.DJANGO_SCIM = settings_of_the_app

    assert help_text in strip_tags(admin_client.get(page(connection)).text)
