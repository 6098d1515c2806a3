"""``manage.py scim_token``: a token where there is no admin at hand."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from django_scim.history.export import in_utc
from django_scim.history.statistics import time_text
from django_scim.models import AccessToken, Connection, Scope
from tests.conftest import ROOT, HttpsClient
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db


def run(*arguments):
    """Run the command; return what it wrote to standard output and to standard error."""
    out, err = StringIO(), StringIO()
    call_command("scim_token", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


class TestToken:
    def test_a_token_from_scim_token_is_alone_on_standard_output(self):
        out, _ = run("Okta")

        (token,) = out.splitlines()
        assert out == f"{token}\n"
        assert AccessToken.objects.usable(token) is not None

    def test_a_token_from_scim_token_lets_a_client_in(self):
        token = run("Okta")[0].strip()

        response = HttpsClient().get(f"{ROOT}/Users", headers={"Authorization": f"Bearer {token}"})

        assert response.status_code == 200

    def test_a_token_from_scim_token_may_read_and_write_for_ever_where_nothing_else_is_said(self):
        run("Okta")

        stored = AccessToken.objects.get()
        assert (stored.scopes, stored.expires, stored.description) == (["read", "write"], None, "")

    def test_a_token_from_scim_token_has_the_scope_that_is_asked_for(self):
        run("Okta", "--scope", "read")

        assert AccessToken.objects.get().scopes == [Scope.READ]

    def test_a_token_from_scim_token_has_the_description_that_is_given(self):
        run("Okta", "--description", "for the nightly import")

        assert AccessToken.objects.get().description == "for the nightly import"

    @pytest.mark.parametrize("days", ["1", "30", "36500"])
    def test_a_token_from_scim_token_expires_after_a_number_of_days(self, days):
        run("Okta", "--expires", days)

        expected = timezone.now() + timedelta(days=int(days))
        expires = AccessToken.objects.get().expires
        assert expires is not None
        assert abs(expires - expected) < timedelta(minutes=1)

    def test_a_token_from_scim_token_is_a_new_one_each_time_beside_those_that_there_are(self):
        tokens = {run("Okta")[0] for _ in range(2)}

        assert len(tokens) == 2
        assert AccessToken.objects.filter(revoked=None).count() == 2


class TestConnection:
    def test_the_connection_of_scim_token_is_made_where_there_is_none_and_standard_error_says_so(self):
        _, err = run("Okta")

        assert Connection.objects.get().name == "Okta"
        assert "Created the connection Okta" in err

    def test_the_connection_of_scim_token_is_the_one_of_that_name_where_there_is_one(self):
        connection = ConnectionFactory.create(name="Okta")

        _, err = run("Okta")

        assert AccessToken.objects.get().connection == connection
        assert Connection.objects.count() == 1
        assert "Created" not in err

    def test_the_base_url_and_the_next_step_of_a_token_are_on_standard_error(self, settings):
        settings.ALLOWED_HOSTS = ["app.example.com"]

        _, err = run("Okta")

        assert "Base URL: https://app.example.com/scim/v2\n" in err
        assert "Next: Enter the base URL and the token at the identity provider" in err


class TestList:
    def test_the_tokens_of_a_connection_are_listed_without_their_secret(self):
        old, new = run("Okta", "--description", "old")[0].strip(), run("Okta", "--expires", "9")[0].strip()
        run("Entra ID")

        newest, oldest = run("Okta", "--list")[0].splitlines()

        assert newest.startswith(f"{new[:11]}…: read, write; usable until ")
        assert oldest.startswith(f"{old[:11]}… (old): read, write; usable; last used never")

    def test_a_list_says_which_token_is_of_no_use(self):
        run("Okta")
        AccessToken.objects.update(expires=timezone.now())
        assert "expired on" in run("Okta", "--list")[0]

        AccessToken.objects.get().revoke()
        assert "revoked on" in run("Okta", "--list")[0]

    def test_a_program_reads_the_list_as_json(self):
        token = run("Okta", "--scope", "read")[0]

        (listed,) = json.loads(run("Okta", "--list", "--json")[0])

        assert (listed["hint"], listed["scopes"], listed["revoked"]) == (token[:11], ["read"], None)
        assert "digest" not in listed

    def test_a_list_says_when_a_token_was_refused_last_and_what_to_do(self):
        token = run("Okta")[0].strip()
        AccessToken.objects.get().revoke()
        headers = {"Authorization": f"Bearer {token}"}
        HttpsClient().get(f"{ROOT}/Users", headers=headers, REMOTE_ADDR="203.0.113.7")
        at = AccessToken.objects.get().refused_at
        assert at is not None

        with translation.override("de"):
            text, (listed,) = run("Okta", "--list")[0], json.loads(run("Okta", "--list", "--json")[0])

        assert f"; refused: last at {time_text(at)} from 203.0.113.7, revoked on " in text
        assert text.endswith(". Enter a usable token at the identity provider.\n")
        assert listed["refused"] == {
            "at": in_utc(at),
            "from": "203.0.113.7",
            "reason": "revoked",
            "remedy": "Enter a usable token at the identity provider.",
        }

    def test_a_list_says_nothing_of_refusals_where_there_was_none(self):
        run("Okta")

        assert "refused" not in run("Okta", "--list")[0]
        assert json.loads(run("Okta", "--list", "--json")[0])[0]["refused"] is None

    def test_a_list_makes_no_connection(self):
        with pytest.raises(CommandError, match="There is no connection Okta"):
            run("Okta", "--list")


class TestRevoke:
    @pytest.mark.parametrize(
        "form", ["{token}", "{hint}", "{hint}…"], ids=["whole", "beginning", "as listed"]
    )
    def test_a_token_that_is_revoked_lets_nobody_in(self, form):
        token, other = run("Okta")[0].strip(), run("Okta")[0].strip()

        out, _ = run("Okta", "--revoke", form.format(token=token, hint=token[:11]))

        assert out == f"Revoked the token {token[:11]}….\n"
        assert AccessToken.objects.usable(token) is None
        assert AccessToken.objects.usable(other) is not None

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "no token of Okta"),
            ("scim_", "more than one token of Okta"),
            ("scim_none", "no token of Okta"),
        ],
    )
    def test_what_names_not_one_token_revokes_none(self, text, message):
        run("Okta")
        run("Okta")

        with pytest.raises(CommandError, match=message):
            run("Okta", "--revoke", text)

        assert AccessToken.objects.filter(revoked=None).count() == 2

    def test_a_token_of_another_connection_is_not_revoked(self):
        token = run("Okta")[0].strip()
        run("Entra ID")

        with pytest.raises(CommandError, match="no token of Entra ID"):
            run("Entra ID", "--revoke", token)

        assert AccessToken.objects.usable(token) is not None

    def test_a_token_that_was_revoked_keeps_its_time(self):
        token = run("Okta")[0].strip()
        run("Okta", "--revoke", token)

        with pytest.raises(CommandError, match="was revoked already"):
            run("Okta", "--revoke", token)


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((), "required: name"),
            (("",), "name: This field cannot be blank"),
            (("x" * 101,), "name: Ensure this value has at most 100 characters"),
            (("Okta", "--scope", "admin"), "invalid choice: 'admin'"),
            (("Okta", "--expires", "soon"), "soon is not a number of days"),
            (("Okta", "--expires", "1.5"), "1.5 is not a number of days"),
            (("Okta", "--expires", ""), "is not a number of days"),
            (("Okta", "--expires", "0"), "0 is not a positive number of days"),
            (("Okta", "--expires=-1"), "-1 is not a positive number of days"),
            (("Okta", "--expires", "9" * 20), "is not a number of days"),
            (("Okta", "--expires", "3000000"), "is not a number of days"),
            (
                ("Okta", "--description", "x" * 201),
                "description: Ensure this value has at most 200 characters",
            ),
            (("Okta", "--nothing"), "unrecognized arguments"),
        ],
        ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
    )
    def test_errors_of_use_of_scim_token_name_the_argument_and_leave_nothing_behind(self, arguments, message):
        with pytest.raises(CommandError, match=message):
            run(*arguments)

        assert not Connection.objects.exists()
        assert not AccessToken.objects.exists()

    def test_scim_token_says_that_a_connection_is_not_active_before_anybody_tries_the_token(self):
        ConnectionFactory.create(name="Okta", is_active=False)

        with pytest.raises(CommandError, match="Okta is not active"):
            run("Okta")

        assert not AccessToken.objects.exists()
