"""Tokens as they are stored: what a copy of the database gives away, and what may be done with them."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.core import serializers
from django.db import IntegrityError, transaction
from django.utils import timezone

from django_scim.models import AccessToken, Scope
from tests.factories import ConnectionFactory


class TestIssuing:
    def test_issuing_returns_the_token_once_and_stores_its_digest(self, connection):
        stored, token = AccessToken.objects.issue(connection)

        stored.refresh_from_db()
        assert stored.digest == hashlib.sha256(token.encode()).hexdigest()
        assert token not in serializers.serialize("json", AccessToken.objects.all())

    def test_issuing_keeps_too_little_of_a_token_in_clear_to_guess_the_rest(self, connection):
        stored, token = AccessToken.objects.issue(connection)

        assert token.startswith(stored.hint)
        assert len(token) - len(stored.hint) >= 37  # of 43 characters with 6 bits each
        assert str(stored) == f"{stored.hint}…"

    def test_issuing_makes_tokens_that_people_and_secret_scanners_recognise(self, connection):
        _, token = AccessToken.objects.issue(connection)

        assert token.startswith("scim_")
        assert token.isascii()
        assert token.removeprefix("scim_").replace("-", "").replace("_", "").isalnum()

    def test_issuing_makes_another_token_each_time(self, connection):
        tokens = {AccessToken.objects.issue(connection)[1] for _ in range(100)}

        assert len(tokens) == 100

    def test_issuing_takes_further_values(self, connection):
        expires = timezone.now() + timedelta(days=1)

        stored, _ = AccessToken.objects.issue(
            connection, scopes=[Scope.READ], expires=expires, description="Okta, production"
        )

        stored.refresh_from_db()
        assert (stored.scopes, stored.description) == ([Scope.READ], "Okta, production")
        assert stored.expires is not None
        assert abs(stored.expires - expires) < timedelta(seconds=1)

    def test_issuing_gives_the_right_to_write_where_nothing_else_is_said(self, connection):
        stored, _ = AccessToken.objects.issue(connection)

        assert (stored.scopes, stored.expires, stored.revoked, stored.last_used) == (
            ["read", "write"],
            None,
            None,
            None,
        )


class TestUsability:
    def test_usability_of_a_token_lasts_as_long_as_nothing_is_against_it(
        self, connection, django_assert_num_queries
    ):
        stored, token = AccessToken.objects.issue(connection)

        with django_assert_num_queries(1):
            found = AccessToken.objects.usable(token)
            assert found == stored
            assert found.connection == connection

    def test_usability_of_a_token_ends_with_the_expiry(self, connection):
        _, token = AccessToken.objects.issue(connection, expires=timezone.now())

        assert AccessToken.objects.usable(token) is None

    def test_usability_of_a_token_ends_with_the_revocation(self, connection):
        stored, token = AccessToken.objects.issue(connection)

        stored.revoke()

        assert AccessToken.objects.usable(token) is None

    def test_usability_of_a_token_ends_with_the_connection(self, db):
        connection = ConnectionFactory.create()
        _, token = AccessToken.objects.issue(connection)

        connection.is_active = False
        connection.save()
        assert AccessToken.objects.usable(token) is None

        connection.delete()
        assert AccessToken.objects.usable(token) is None
        assert not AccessToken.objects.exists()

    @pytest.mark.parametrize("text", ["", "scim_", "unknown", "\0", "\ud800", "é", "x" * 100_000])
    def test_usability_of_a_token_is_none_of_what_is_no_token(self, connection, text):
        AccessToken.objects.issue(connection)

        assert AccessToken.objects.usable(text) is None

    def test_usability_of_a_token_is_none_of_the_stored_digest(self, connection):
        stored, _ = AccessToken.objects.issue(connection)

        assert AccessToken.objects.usable(stored.digest) is None

    def test_usability_of_a_token_is_exact_whatever_the_collation_of_the_database(self, connection):
        _, token = AccessToken.objects.issue(connection)

        for other in (token.upper(), token.lower(), f"{token} ", f" {token}"):
            assert AccessToken.objects.usable(other) is None


class TestScopes:
    @pytest.mark.parametrize(
        ("given", "asked", "allowed"),
        [
            (Scope.READ, Scope.READ, True),
            (Scope.READ, Scope.WRITE, False),
            (Scope.WRITE, Scope.READ, True),
            (Scope.WRITE, Scope.WRITE, True),
        ],
    )
    def test_scopes_of_writing_include_reading(self, given, asked, allowed):
        assert AccessToken(scopes=[given]).allows(asked) is allowed

    def test_scopes_that_nobody_knows_allow_nothing_but_reading(self):
        # Such as one that a later version wrote.
        assert not AccessToken(scopes=["admin"]).allows(Scope.WRITE)


class TestRevocation:
    def test_a_revocation_is_at_once_and_for_good(self, connection):
        stored, _ = AccessToken.objects.issue(connection)

        stored.revoke()

        stored.refresh_from_db()
        assert stored.revoked is not None
        assert abs(timezone.now() - stored.revoked) < timedelta(minutes=1)

    def test_a_revocation_keeps_its_first_time(self, connection):
        stored, _ = AccessToken.objects.issue(connection)
        stored.revoke()
        first = stored.revoked

        stored.revoke()

        stored.refresh_from_db()
        assert first is not None
        assert stored.revoked is not None
        assert abs(stored.revoked - first) < timedelta(milliseconds=1)

    def test_a_revocation_leaves_what_others_have_changed(self, connection):
        stored, _ = AccessToken.objects.issue(connection)
        AccessToken.objects.update(description="changed meanwhile")

        stored.revoke()

        stored.refresh_from_db()
        assert stored.description == "changed meanwhile"


class TestLastUse:
    def test_the_last_use_of_a_token_is_written_once_a_minute_at_most(
        self, connection, django_assert_num_queries
    ):
        stored, _ = AccessToken.objects.issue(connection)
        now = timezone.now()

        with django_assert_num_queries(1):
            stored.note_use(now)
        with django_assert_num_queries(0):
            stored.note_use(now + timedelta(seconds=59))
        with django_assert_num_queries(1):
            stored.note_use(now + timedelta(seconds=60))

        stored.refresh_from_db()
        assert stored.last_used is not None
        assert abs(stored.last_used - now - timedelta(seconds=60)) < timedelta(seconds=1)

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [("HR Sync/2.0", "HR Sync/2.0"), ("HR\0\x1b", "HR"), ("x" * 300, "x" * 200), ("", "")],
    )
    def test_the_last_use_of_a_token_has_what_the_client_calls_itself(self, connection, sent, kept):
        stored, _ = AccessToken.objects.issue(connection)

        stored.note_use(timezone.now(), sent)

        stored.refresh_from_db()
        assert stored.user_agent == kept


def test_two_tokens_cannot_have_the_same_digest(connection):
    stored, _ = AccessToken.objects.issue(connection)

    with pytest.raises(IntegrityError), transaction.atomic():
        AccessToken.objects.create(connection=connection, digest=stored.digest, hint="scim_x")


def test_the_newest_token_comes_first(connection):
    issued = [AccessToken.objects.issue(connection)[0] for _ in range(3)]

    assert list(AccessToken.objects.all()) == issued[::-1]
