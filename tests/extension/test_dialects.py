"""Rules and dialects of a host: who has them, and what becomes of one that fails."""

from __future__ import annotations

import logging

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.urls import reverse

from django_scim.dialects import Stage
from django_scim.dialects.registry import STANDARD, dialect_choices, dialect_of
from django_scim.models import ProvisioningEvent
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.operations.patch_operations import replace
from tests.representations import path_of, user

RULES = "tests.extension.rules"


@pytest.fixture
def hr(db, settings):
    """The HR system, with the rules of its dialect and those of everybody."""
    settings.DJANGO_SCIM = {"DIALECT_RULES": [RULES], "DIALECTS": [f"{RULES}.HR_SYSTEM"]}
    return ScimClient(ConnectionFactory.create(dialect="hr"))


@pytest.fixture
def broken(db, settings):
    """A client whose dialect has rules that fail."""
    settings.DJANGO_SCIM = {"DIALECTS": [f"{RULES}.BROKEN", f"{RULES}.BROKEN_OPERATION"]}
    return ScimClient(ConnectionFactory.create(dialect="broken"))


class TestARuleOfEveryConnection:
    @pytest.mark.parametrize("named", [RULES, f"{RULES}.states_in_words"], ids=["module", "function"])
    def test_is_applied_once_the_settings_name_it(self, scim, settings, named):
        assert scim.post("/Users", user("before", active="left")).status_code == 400

        settings.DJANGO_SCIM = {"DIALECT_RULES": [named]}

        assert scim.post("/Users", user("after", active="left")).json()["active"] is False

    def test_is_in_force_for_each_dialect_too(self, db, settings):
        settings.DJANGO_SCIM = {"DIALECT_RULES": [RULES]}
        entra = ScimClient(ConnectionFactory.create(dialect="entra"))

        assert entra.post("/Users", user(active="left")).json()["active"] is False

    def test_reads_queries(self, scim, settings):
        settings.DJANGO_SCIM = {"DIALECT_RULES": [f"{RULES}.name_of_the_login"]}
        UserFactory.create(username="bjensen")

        for response in (
            scim.get("/Users", {"filter": 'login eq "bjensen"'}),
            scim.get("/", {"filter": 'login eq "bjensen"'}),
        ):
            assert response.json()["totalResults"] == 1

    def test_leaves_with_the_settings(self, settings):
        before = STANDARD.rules(Stage.VALUE)
        settings.DJANGO_SCIM = {"DIALECT_RULES": [RULES]}
        assert len(STANDARD.rules(Stage.VALUE)) == len(before) + 1

        settings.DJANGO_SCIM = {}

        assert STANDARD.rules(Stage.VALUE) == before

    def test_that_a_module_keeps_for_dialects_is_not_applied(self, scim, settings):
        settings.DJANGO_SCIM = {"DIALECT_RULES": [RULES]}

        assert scim.post("/Users", user(title="Guide")).status_code == 201

    def test_that_is_named_twice_is_applied_once(self, settings):
        settings.DJANGO_SCIM = {"DIALECT_RULES": [RULES, f"{RULES}.states_in_words"]}
        twice = STANDARD.rules(Stage.VALUE)
        settings.DJANGO_SCIM = {"DIALECT_RULES": [RULES]}

        assert len(STANDARD.rules(Stage.VALUE)) == len(twice)


class TestADialect:
    def test_has_the_rules_of_every_connection_and_its_own(self, hr):
        row = UserFactory.create(first_name="Bea")

        response = hr.patch(path_of(row), replace("firstName", "Barbara"), replace("active", "left"))

        assert response.status_code == 200
        row.refresh_from_db()
        assert (row.first_name, row.is_active) == ("Barbara", False)

    def test_reads_queries_by_its_own_rules(self, hr):
        UserFactory.create(first_name="Barbara")
        UserFactory.create(first_name="Bea")

        for path in ("/Users", "/"):
            found = hr.get(path, {"filter": 'firstName eq "Barbara"'}).json()
            assert found["totalResults"] == 1

    def test_has_no_part_in_the_requests_of_others(self, hr, scim):
        row = UserFactory.create(first_name="Bea")

        scim.patch(path_of(row), replace("firstName", "Barbara"))

        row.refresh_from_db()
        assert row.first_name == "Bea"

    def test_may_refuse_in_words_of_its_own(self, hr):
        response = hr.post("/Users", user(title="Guide"))

        assert assert_scim_error(response, 400, "invalidValue") == "titles are not ours to keep"
        assert not User.objects.exists()

    def test_can_be_chosen_without_a_migration(self, hr, admin_client):
        hr.connection.full_clean()
        assert ("hr", "HR system") in dialect_choices()
        page = admin_client.get(reverse("admin:django_scim_connection_add"))
        assert '<option value="hr">HR system</option>' in page.content.decode()

        call_command("makemigrations", "--check", "--dry-run", "django_scim", verbosity=0)

    def test_that_the_settings_no_longer_name_is_the_standard_one(self, hr, settings):
        settings.DJANGO_SCIM = {}

        assert dialect_of("hr") is STANDARD
        assert hr.post("/Users", user(title="Guide")).status_code == 201
        with pytest.raises(ValidationError, match="dialect"):
            hr.connection.full_clean()


class TestARuleThatFails:
    def test_refuses_the_write_and_is_named(self, broken, caplog):
        with caplog.at_level(logging.ERROR, "django_scim.request"):
            response = broken.post("/Users", user("bjensen"))

        detail = assert_scim_error(response, 400, "invalidSyntax")
        assert detail == "the rule 'broken_body' of this server cannot read the request"
        assert not User.objects.exists()
        assert ProvisioningEvent.objects.get().detail == detail
        (record,) = caplog.records
        assert record.getMessage() == f"The rule {RULES}.broken_body failed"
        assert record.exc_info is not None

    def test_refuses_the_query(self, broken, caplog):
        response = broken.get("/Users", {"filter": 'userName eq "bjensen"'})

        assert "'broken_filter'" in assert_scim_error(response, 400, "invalidSyntax")
        assert "has returned NoneType" in caplog.text

    @pytest.mark.parametrize(
        ("dialect", "name"), [("broken", "broken_split"), ("broken-operation", "broken_operation")]
    )
    def test_by_what_it_returns_refuses_the_patch(self, broken, dialect, name):
        row = UserFactory.create()
        client = ScimClient(ConnectionFactory.create(dialect=dialect))

        response = client.patch(path_of(row), replace("title", "Guide"))

        assert f"'{name}'" in assert_scim_error(response, 400, "invalidSyntax")

    def test_ends_its_operation_of_a_bulk_job_alone(self, broken):
        row = UserFactory.create()
        operations = [
            {"method": "POST", "path": "/Users", "bulkId": "1", "data": user("bjensen")},
            {"method": "DELETE", "path": path_of(row)},
        ]

        response = broken.post("/Bulk", {"schemas": [], "Operations": operations})

        assert [each["status"] for each in response.json()["Operations"]] == ["400", "204"]


class TestSystemChecks:
    @pytest.mark.parametrize(
        ("option", "path", "identifier", "text"),
        [
            ("DIALECT_RULES", f"{RULES}.no_such", "E007", "has no 'no_such'"),
            ("DIALECT_RULES", "no_such_module", "E007", "is no dotted path"),
            ("DIALECT_RULES", "tests.no_such_module.rule", "E007", "cannot be imported"),
            ("DIALECT_RULES", f"{RULES}.no_rule", "E007", "is no rule for every connection"),
            ("DIALECT_RULES", f"{RULES}.broken_body", "E007", "is no rule for every connection"),
            ("DIALECT_RULES", "tests.factories", "E007", "is no rule for every connection"),
            ("DIALECTS", f"{RULES}.no_rule", "E007", "is no dialect"),
            ("DIALECTS", f"{RULES}.NO_NAME", "E050", "has to match"),
            ("DIALECTS", f"{RULES}.LONG_NAME", "E050", "has to match"),
            ("DIALECTS", f"{RULES}.NO_RULES", "E050", "which is no rule"),
            ("DIALECTS", f"{RULES}.SECOND_ENTRA", "E050", "there is a dialect 'entra' already"),
        ],
    )
    def test_name_what_is_wrong(self, settings, option, path, identifier, text):
        settings.DJANGO_SCIM = {option: [path]}

        (message, *_) = run_checks(tags=["django_scim"])

        assert message.id == f"django_scim.{identifier}"
        assert message.msg.startswith(f'DJANGO_SCIM["{option}"]: ')
        assert text in message.msg

    def test_have_nothing_to_say_of_what_is_right(self, settings):
        settings.DJANGO_SCIM = {"DIALECT_RULES": [RULES], "DIALECTS": [f"{RULES}.HR_SYSTEM"]}

        assert run_checks(tags=["django_scim"]) == []

    def test_are_what_a_server_stops_with_that_starts_without_them(self, settings):
        settings.DJANGO_SCIM = {"DIALECT_RULES": [f"{RULES}.no_such"]}

        with pytest.raises(ImproperlyConfigured, match="has no 'no_such'"):
            STANDARD.rules(Stage.VALUE)
