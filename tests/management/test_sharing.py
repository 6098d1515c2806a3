"""``manage.py scim_connection share`` and ``unshare``: links to the set-up, without the admin."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_scim.models import Connection, SetupLink
from django_scim.token_format import LINK_PATTERN, PATTERN
from tests.conftest import HttpsClient
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db


def run(*arguments):
    """Run the command; return what it prints, and what it says beside."""
    out, beside = StringIO(), StringIO()
    call_command("scim_connection", *arguments, stdout=out, stderr=beside, no_color=True)
    return out.getvalue(), beside.getvalue()


@pytest.fixture
def acme(db):
    """A connection."""
    return ConnectionFactory.create(name="Acme Inc", dialect="okta")


class TestShare:
    def test_share_prints_the_link_alone(self, acme, settings):
        settings.ALLOWED_HOSTS = ["app.example.com"]

        printed, said = run("share", "Acme Inc")

        link = SetupLink.objects.get()
        assert LINK_PATTERN.search(printed)
        assert printed.startswith(f"https://app.example.com/scim-setup/{link.hint}")
        assert len(printed.splitlines()) == 1
        assert f"scim_connection unshare 'Acme Inc' --link {link.hint}" in said

    def test_share_makes_a_link_of_a_week_that_shows_no_token(self, acme):
        run("share", "Acme Inc")

        link = SetupLink.objects.get()
        assert (link.connection, link.provider, link.may_show_token) == (acme, "okta", False)
        assert (link.created_by, link.created_by_key) == ("", "")
        assert abs(link.expires - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)

    def test_share_takes_all_that_the_admin_asks_for(self, acme):
        arguments = ("--days", "2", "--token", "--token-expires", "30", "--provider", "entra")

        run("share", "Acme Inc", *arguments, "--description", "for Bob")

        link = SetupLink.objects.get()
        assert (link.provider, link.description) == ("entra", "for Bob")
        assert (link.may_show_token, link.token_days) == (True, 30)
        assert timezone.now() + timedelta(days=1) < link.expires < timezone.now() + timedelta(days=3)

    def test_share_makes_a_link_that_works(self, acme):
        printed, _ = run("share", "Acme Inc", "--token")

        path = urlsplit(printed.strip()).path

        assert PATTERN.search(HttpsClient().post(path).text)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("share",), "required: NAME"),
            (("share", "Acme"), "There is no connection Acme. Did you mean 'Acme Inc'?"),
            (("share", "Acme Inc", "--days", "0"), "'0' is not a number of days from 1 to 90"),
            (("share", "Acme Inc", "--days", "soon"), "'soon' is not a number of days"),
            (("share", "Acme Inc", "--token-expires", "9"), "give --token too"),
            (("share", "Acme Inc", "--provider", "okra"), "invalid choice: 'okra'"),
            (("share", "Acme Inc", "--description", "x" * 201), "description: Ensure this value has at most"),
            (("unshare", "Acme Inc"), "There is no such link of Acme Inc that is open."),
        ],
    )
    def test_share_says_what_cannot_be_and_leaves_nothing(self, acme, arguments, message):
        with pytest.raises(CommandError, match=message.replace("(", r"\(")):
            run(*arguments)

        assert not SetupLink.objects.exists()

    def test_share_refuses_a_connection_that_is_not_active(self, acme):
        Connection.objects.update(is_active=False)

        with pytest.raises(CommandError, match="not active: its links lead nowhere"):
            run("share", "Acme Inc")

    @pytest.mark.urls("tests.admin.connections.urls_without_scim")
    def test_share_says_what_to_add_where_the_pages_are_not_routed(self, acme):
        with pytest.raises(CommandError, match=r'include\("django_scim.setup_urls"\)'):
            run("share", "Acme Inc")


class TestUnshare:
    def share(self):
        """Make a link; return it, and the address of its page."""
        printed, _ = run("share", "Acme Inc")
        return SetupLink.objects.order_by("-pk")[0], printed.strip()

    def test_unshare_revokes_all_links_that_are_open(self, acme):
        first, second = self.share()[0], self.share()[0]

        printed, _ = run("unshare", "Acme Inc")

        assert printed.count("Revoked the set-up link") == 2
        assert not SetupLink.objects.filter(revoked=None).exists()
        with pytest.raises(CommandError, match="no such link"):
            run("unshare", "Acme Inc")
        assert first != second

    @pytest.mark.parametrize("kind", ["address", "secret", "hint", "line"])
    def test_unshare_revokes_the_one_that_is_named(self, acme, kind):
        first, address = self.share()
        second, _ = self.share()
        named = {
            "address": address,
            "secret": address.rpartition("/")[2],
            "hint": first.hint,
            "line": str(first),
        }

        run("unshare", "Acme Inc", "--link", named[kind])

        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.revoked is None, second.revoked is None) == (False, True)

    @pytest.mark.parametrize("text", ["", "…", "scim_setup_", "another"])
    def test_unshare_refuses_what_names_none_or_several(self, acme, text):
        self.share()
        self.share()

        with pytest.raises(CommandError, match="link of Acme Inc"):
            run("unshare", "Acme Inc", "--link", text)

    def test_unshare_leaves_the_links_of_others(self, acme):
        _, address = self.share()
        ConnectionFactory.create(name="Other")

        with pytest.raises(CommandError, match="no such link"):
            run("unshare", "Other", "--link", address)


class TestShow:
    def test_show_has_the_links_for_people(self, acme):
        run("share", "Acme Inc", "--token", "--description", "for Bob")
        link = SetupLink.objects.get()

        printed, _ = run("show", "Acme Inc")

        assert f"set-up link: {link} (for Bob): made by the command line; valid until 20" in printed
        assert "last opened never; may show a token" in printed

    def test_show_has_the_links_for_programs_without_their_secrets(self, acme):
        printed, _ = run("share", "Acme Inc")

        shown, _ = run("show", "Acme Inc", "--json")

        (link,) = json.loads(shown)["setupLinks"]
        assert (link["hint"], link["mayShowToken"], link["tokenShown"]) == (
            SetupLink.objects.get().hint,
            False,
            None,
        )
        assert printed.strip().rpartition("/")[2] not in shown

    @pytest.mark.parametrize(
        ("fields", "wanted"),
        [
            ({"expires": timezone.now() - timedelta(days=1)}, "expired on 20"),
            ({"revoked": timezone.now()}, "revoked on 20"),
            ({"token_shown": timezone.now()}, "has shown a token on 20"),
            ({"created_by": "ada"}, "made by ada"),
        ],
    )
    def test_show_says_what_became_of_a_link(self, acme, fields, wanted):
        given = {"provider": "okta", "expires": timezone.now() + timedelta(days=1)}
        SetupLink.objects.issue(acme, **{**given, **fields})

        assert wanted in run("show", "Acme Inc")[0]


class TestPruning:
    def prune(self, *arguments):
        """Prune; return what is said."""
        out = StringIO()
        call_command("scim_prune", "--older-than", "90d", *arguments, stdout=out)
        return out.getvalue()

    def link(self, connection, days):
        """Make a link that has expired so many days ago."""
        expires = timezone.now() - timedelta(days=days)
        return SetupLink.objects.issue(connection, provider="okta", expires=expires)[0]

    def test_pruning_deletes_links_that_have_long_expired(self, acme):
        self.link(acme, 91)
        kept = self.link(acme, 89)

        assert "Deleted 1 set-up links older than" in self.prune()
        assert SetupLink.objects.get() == kept

    def test_pruning_deletes_none_in_a_dry_run(self, acme):
        self.link(acme, 91)

        assert "1 set-up links are older than" in self.prune("--dry-run")
        assert SetupLink.objects.exists()

    def test_pruning_says_nothing_of_links_where_none_is_old(self, acme):
        self.link(acme, 1)

        assert "set-up" not in self.prune()
