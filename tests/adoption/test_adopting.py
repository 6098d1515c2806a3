"""``manage.py scim_adopt``: accounts that were there before SCIM."""

from __future__ import annotations

import io
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from django_scim.adoption import claims as shared
from django_scim.models import Link, ProvisioningEvent, Record, UniqueValue
from django_scim.resources.resource_type import BATCH
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.hosts.small.models import Person, Profile
from tests.operations.patch_operations import replace
from tests.representations import id_of, path_of, user

pytestmark = pytest.mark.django_db

EXTERNAL = ("--external-id", "last_name")
"""A host that keeps each externalId where others keep the family name."""


@pytest.fixture(autouse=True)
def okta(connection):
    """The identity provider that the accounts are adopted for."""
    connection.name = "Okta"
    connection.save()
    return connection


def run(*arguments, **options):
    """Run the command for Okta; return the report."""
    out = StringIO()
    call_command("scim_adopt", "Okta", *arguments, stdout=out, **options)
    return out.getvalue()


def counts(report):
    """Return the counts at the beginning of a report, by their label."""
    lines = (line.rpartition("  ") for line in report.splitlines())
    return {label.strip(): int(count) for label, _, count in lines if count.isdecimal()}


def stored():
    """Return all that an adoption writes."""
    return (
        sorted(Record.objects.values_list("pk", "revision", "last_modified")),
        sorted(Link.objects.values_list("record", "connection", "external_id")),
        sorted(UniqueValue.objects.values_list("record", "attribute", "digest")),
    )


class TestAccount:
    def test_an_adopted_account_gets_the_external_id_of_its_column(self, scim):
        account = UserFactory.create(last_name="00u1")

        run(*EXTERNAL)

        assert scim.get(path_of(account)).json()["externalId"] == "00u1"

    def test_an_adopted_account_is_found_by_its_external_id(self, scim):
        account = UserFactory.create(last_name="00u1")
        UserFactory.create(last_name="00U1")

        run(*EXTERNAL)

        (found,) = scim.get("/Users", {"filter": 'externalId eq "00u1"'}).json()["Resources"]
        assert found["id"] == id_of(account)

    def test_an_adopted_account_without_an_external_id_is_recorded(self):
        UserFactory.create(last_name="")

        report = run(*EXTERNAL)

        assert (Record.objects.count(), Link.objects.count()) == (1, 0)
        assert counts(report)["Recorded"] == 1

    def test_an_adopted_account_is_recorded_where_no_column_is_named(self):
        UserFactory.create()

        run()

        assert (Record.objects.count(), Link.objects.count()) == (1, 0)

    def test_an_adopted_account_looks_to_others_as_it_did(self, scim):
        account = UserFactory.create(last_name="00u1")
        before = scim.get(path_of(account)).json()

        run()

        assert scim.get(path_of(account)).json() == before

    def test_an_adopted_account_keeps_what_the_identity_provider_has_stored(self, scim):
        created = scim.post("/Users", user("babs", title="Guide", name={"familyName": "00u1"})).json()

        run(*EXTERNAL)

        found = scim.get(f"/Users/{created['id']}").json()
        assert (found["title"], found["externalId"]) == ("Guide", "00u1")

    def test_an_adopted_account_can_be_changed_by_its_identity_provider(self, scim):
        account = UserFactory.create(username="babs", last_name="00u1")
        run(*EXTERNAL)

        response = scim.put(path_of(account), user("Babs", externalId="00u2"))

        assert (response.status_code, response.json()["externalId"]) == (200, "00u2")

    def test_an_adopted_account_has_an_external_id_for_its_connection_alone(self):
        account = UserFactory.create(last_name="00u1")

        run(*EXTERNAL)

        other = ScimClient(ConnectionFactory.create())
        assert "externalId" not in other.get(path_of(account)).json()

    def test_an_adopted_account_is_not_adopted_for_another_connection(self):
        UserFactory.create(last_name="00u1")
        ConnectionFactory.create(name="Entra ID")
        run(*EXTERNAL)
        before = stored()

        out = StringIO()
        call_command("scim_adopt", "Entra ID", "--external-id", "email", stdout=out)

        assert "another connection manages it" in out.getvalue()
        assert stored() == before

    @pytest.mark.parametrize("is_dry", [True, False])
    def test_an_adopted_account_may_be_handed_over_to_another_connection(self, is_dry):
        account = UserFactory.create(last_name="00u1", is_staff=True)
        by_hand = UserFactory.create(last_name="by hand")
        other = ScimClient(ConnectionFactory.create(name="Entra ID"))
        run(*EXTERNAL, "--with-power", "--filter", "is_staff=True")

        command = ["scim_adopt", "Entra ID", "--from", "Okta", "--external-id", "email"]
        call_command(*command, *["--dry-run"] * is_dry, stdout=StringIO())

        found = other.get(path_of(account)).json()
        assert found.get("externalId") == (None if is_dry else account.email)
        owner = "Okta" if is_dry else "Entra ID"
        assert str(Record.objects.get().managed_by) == owner
        assert other.get(path_of(by_hand)).status_code == 200
        assert other.patch(path_of(account), replace("title", "x")).status_code == (403 if is_dry else 200)

    def test_an_account_with_power_is_adopted_if_that_is_said(self):
        UserFactory.create(username="staff", is_staff=True)

        assert "it has power in the project" in run()
        assert not Record.objects.exists()
        assert counts(run("--with-power"))["Recorded"] == 1
        assert Record.objects.get().is_handed_over

    def test_an_account_is_not_adopted_by_a_connection_that_adopts_nothing(self):
        ConnectionFactory.create(name="Google", adoption="own")

        with pytest.raises(CommandError, match="Google adopts nothing"):
            call_command("scim_adopt", "Google")

    def test_an_adopted_account_may_be_adopted_anew_after_its_hand_over(self):
        account = UserFactory.create(last_name="00u1")
        other = ScimClient(ConnectionFactory.create(name="Entra ID"))
        run(*EXTERNAL)

        call_command("scim_adopt", "Entra ID", "--from", "Okta", "--external-id", "email", stdout=StringIO())

        assert other.get(path_of(account)).json()["externalId"] == account.email
        assert Record.objects.count() == 1

    def test_an_adopted_account_may_have_its_external_id_in_a_row_beside_it(self, scim, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.adoption.adapters.PersonAdapter"}}}
        person = Person.objects.create(login="babs")
        Profile.objects.create(person=person, title="00u1")
        Person.objects.create(login="ada")
        Record.objects.all().delete()  # The people were there before the app.

        report = run("--external-id", "profile__title")

        assert scim.get(path_of(person)).json()["externalId"] == "00u1"
        assert counts(report)["Recorded"] == 2


class TestGroup:
    def test_a_group_is_adopted_where_its_type_is_named(self, scim):
        group = GroupFactory.create(name="Tour Guides")
        UserFactory.create()

        run("--resource-type", "Group", "--external-id", "name")

        assert scim.get(path_of(group)).json()["externalId"] == "Tour Guides"
        assert Record.objects.get().resource_type == "Group"


class TestUserName:
    def test_a_user_name_is_refused_to_others_from_then_on(self, scim):
        UserFactory.create(username="Babs")
        run()

        value = UniqueValue.objects.get()
        assert (value.attribute, value.record) == ("userName", Record.objects.get())
        response = scim.post("/Users", user("bABS"))
        assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")

    def test_a_user_name_that_two_have_is_nobodys_alone(self, scim):
        if database.vendor == "mysql":
            pytest.skip("The unique index of the host refuses the second.")
        for name in ("Babs", "babs", "ada"):
            UserFactory.create(username=name)

        report = run()

        assert counts(report)["Recorded"] == 3
        assert "Adopted, but not alone with its userName: Babs (" in report
        assert UniqueValue.objects.count() == 1

    def test_a_user_name_that_two_had_is_taken_once_one_is_renamed(self):
        if database.vendor == "mysql":
            pytest.skip("The unique index of the host refuses the second.")
        first = UserFactory.create(username="Babs")
        UserFactory.create(username="babs")
        run()
        User.objects.filter(pk=first.pk).update(username="barbara")

        report = run()

        assert UniqueValue.objects.count() == 2
        assert "not alone" not in report

    def test_a_user_name_that_another_has_claimed_stays_with_it(self, scim):
        if database.vendor == "mysql":
            pytest.skip("The unique index of the host refuses the second.")
        scim.post("/Users", user("babs"))
        claimed = UniqueValue.objects.get()
        UserFactory.create(username="BABS")

        report = run()

        assert UniqueValue.objects.get() == claimed
        assert "not alone with its userName: BABS (" in report

    def test_a_user_name_that_the_host_has_changed_is_claimed_anew(self, scim):
        account = UserFactory.create(username="babs")
        run()
        User.objects.filter(pk=account.pk).update(username="barbara")
        before = UniqueValue.objects.get().digest

        run()

        assert UniqueValue.objects.get().digest != before
        assert scim.post("/Users", user("babs")).status_code == 201

    def test_a_user_name_that_moved_from_one_account_to_another_is_taken_over(self):
        first, second = UserFactory.create(username="babs"), UserFactory.create(username="ada")
        run()
        User.objects.filter(pk=first.pk).update(username="gone")
        User.objects.filter(pk=second.pk).update(username="babs")
        User.objects.filter(pk=first.pk).update(username="ada")

        report = run()

        digests = UniqueValue.objects.order_by("record__integer_key").values_list("digest", flat=True)
        assert len(set(digests)) == 2
        assert "not alone" not in report
        assert counts(run())["Already there"] == 2


class TestSkipped:
    def test_a_superuser_is_skipped(self, scim):
        root = User.objects.create_superuser("root", last_name="00u1")

        report = run(*EXTERNAL)

        assert not Record.objects.exists()
        assert f"Skipped, since it is protected, and SCIM may only read it: root ({root.pk})" in report

    def test_an_account_that_scim_has_deleted_is_skipped(self, scim):
        account = UserFactory.create(last_name="00u1")
        scim.delete(path_of(account))

        report = run(*EXTERNAL)

        assert not Link.objects.exists()
        assert "it was deleted by SCIM" in report

    def test_all_accounts_that_have_one_external_id_are_skipped(self):
        for _ in range(2):
            UserFactory.create(last_name="same")
        UserFactory.create(last_name="Same")

        report = run(*EXTERNAL)

        assert [link.external_id for link in Link.objects.all()] == ["Same"]
        assert "Skipped, since several have its externalId: user" in report
        assert counts(report) | {"Selected": 3, "Recorded": 1, "Skipped": 2} == counts(report)

    def test_an_account_whose_external_id_another_resource_has_is_skipped(self, scim):
        scim.post("/Users", user("babs", externalId="00u1"))
        UserFactory.create(last_name="00u1")

        report = run(*EXTERNAL, "--filter", "last_name=00u1")

        assert Link.objects.count() == 1
        assert "another resource has its externalId already" in report

    def test_an_account_that_the_identity_provider_knows_by_another_external_id_is_skipped(self, scim):
        created = scim.post("/Users", user("babs", externalId="new", name={"familyName": "old"})).json()

        report = run(*EXTERNAL)

        assert scim.get(f"/Users/{created['id']}").json()["externalId"] == "new"
        assert "the connection has given it another externalId since" in report

    def test_an_account_whose_external_id_is_too_long_is_skipped(self, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.adoption.adapters.WideAdapter"}}}
        ProvisioningEvent.objects.create(request_id="babs", detail="x" * 501, status=200)
        ProvisioningEvent.objects.create(request_id="ada", detail="y" * 500, status=200)

        report = run("--external-id", "detail")

        assert Link.objects.get().external_id == "y" * 500
        assert "Skipped, since its externalId is too long: babs (" in report

    def test_skipped_accounts_are_named_up_to_ten(self):
        for number in range(12):
            User.objects.create_superuser(f"root{number}")

        assert "root9 (" in run()
        assert ", and 2 more" in run()


class TestSecondRun:
    def test_a_second_adoption_changes_nothing_and_says_so(self):
        for number in range(3):
            UserFactory.create(last_name=f"00u{number}")
        run(*EXTERNAL)
        before = stored()

        report = run(*EXTERNAL)

        assert stored() == before
        assert counts(report) == {
            "Selected": 3,
            "Recorded": 0,
            "With an externalId": 0,
            "Given an id": 0,
            "Already there": 3,
            "Skipped": 0,
        }

    def test_a_second_adoption_adopts_what_has_come_since(self):
        UserFactory.create(last_name="00u1")
        run(*EXTERNAL)
        UserFactory.create(last_name="00u2")

        report = run(*EXTERNAL)

        assert (counts(report)["Recorded"], counts(report)["Already there"]) == (1, 1)

    def test_a_second_adoption_adds_the_external_id_to_what_was_recorded_without(self, scim):
        account = UserFactory.create(last_name="00u1")
        run()

        report = run(*EXTERNAL)

        assert scim.get(path_of(account)).json()["externalId"] == "00u1"
        assert (counts(report)["Recorded"], counts(report)["With an externalId"]) == (0, 1)


class TestDryRun:
    def test_a_dry_run_of_an_adoption_reports_the_same_and_writes_nothing(self, scim):
        User.objects.create_superuser("root")
        scim.post("/Users", user("babs", externalId="00u1"))
        for name in ("00u1", "00u2", "00u3", "00u3"):
            UserFactory.create(last_name=name)
        before = stored()

        foretold = run(*EXTERNAL, "--dry-run")

        assert stored() == before
        assert foretold == run(*EXTERNAL) + "Nothing was changed: this was a dry run.\n"

    def test_a_dry_run_of_an_adoption_foretells_a_user_name_that_is_taken_over(self):
        first, second = UserFactory.create(username="babs"), UserFactory.create(username="ada")
        run()
        User.objects.filter(pk=first.pk).update(username="gone")
        User.objects.filter(pk=second.pk).update(username="babs")

        assert run("--dry-run") == run() + "Nothing was changed: this was a dry run.\n"


class TestFilter:
    @pytest.mark.parametrize(
        ("lookups", "expected"),
        [
            (["is_active=True"], {"babs", "ada"}),
            (["is_active=False"], {"old"}),
            (["email__endswith=@example.org"], {"ada"}),
            (["username__in=ada,old"], {"ada", "old"}),
            (["last_login__isnull=False"], set()),
            (["is_active=True", "username=babs"], {"babs"}),
            (["groups__name__startswith=Tour"], {"babs"}),
            (["email=a=b@example.com"], set()),
        ],
    )
    def test_a_filter_selects_the_accounts_to_adopt(self, lookups, expected):
        babs = UserFactory.create(username="babs")
        UserFactory.create(username="ada", email="ada@example.org")
        UserFactory.create(username="old", is_active=False)
        babs.groups.set([GroupFactory.create(name="Tour Guides"), GroupFactory.create(name="Tourists")])

        run(*(argument for lookup in lookups for argument in ("--filter", lookup)))

        recorded = User.objects.filter(
            pk__in=Record.objects.filter(resource_type="User").values("integer_key")
        )
        assert set(recorded.values_list("username", flat=True)) == expected

    @pytest.mark.parametrize(
        ("lookup", "reason"),
        [
            ("username", "not of the form lookup=value"),
            ("=x", "not of the form lookup=value"),
            ("shoe_size=43", "Cannot resolve keyword 'shoe_size'"),
            ("is_active=perhaps", "“perhaps” value must be either True or False"),
            ("last_login__isnull=perhaps", "the value is True or False"),
            ("date_joined__gt=yesterday", "“yesterday” value has an invalid format"),
            ("id=many", "expected a number but got 'many'"),
        ],
    )
    def test_a_filter_of_scim_adopt_that_is_wrong_is_an_error_that_says_why(self, lookup, reason):
        with pytest.raises(CommandError, match=reason):
            run("--filter", lookup)


class TestWrongArgument:
    def test_an_unknown_connection_is_a_wrong_argument(self):
        with pytest.raises(CommandError, match=r"There is no connection Octa\. Did you mean 'Okta'\?"):
            call_command("scim_adopt", "Octa")

    def test_an_unknown_resource_type_is_a_wrong_argument(self):
        with pytest.raises(CommandError, match=r"There is no resource type Account\."):
            run("--resource-type", "Account")

    def test_an_unknown_column_is_a_wrong_argument(self):
        with pytest.raises(
            CommandError, match=r"'lastname' is no column of auth\.User\. Did you mean 'last_name'"
        ):
            run("--external-id", "lastname")

    @pytest.mark.parametrize(
        ("path", "reason"),
        [
            ("groups__name", "'groups' of auth.User does not lead to one row"),
            ("logentry__id", "'logentry' of auth.User does not lead to one row"),
            ("profile__number", "User has no field named 'profile'"),
            ("username__number", "'username' of auth.User does not lead to one row"),
        ],
    )
    def test_a_column_across_a_relation_that_leads_to_no_one_row_is_a_wrong_argument(self, path, reason):
        with pytest.raises(CommandError) as error:
            run("--external-id", path)

        assert str(error.value) == f"'{path}' is no column of auth.User. {reason}."

    def test_a_column_that_cannot_hold_external_ids_is_a_wrong_argument(self, monkeypatch):
        monkeypatch.setattr(shared, "MAX_SHARED", 2)
        for number in range(6):
            UserFactory.create(last_name=f"Jensen{number % 3}")

        with pytest.raises(
            CommandError, match="More than 2 values of 'last_name' are of several accounts each"
        ):
            run(*EXTERNAL)
        assert not Record.objects.exists()


class TestManyAccounts:
    COUNT = BATCH + 10

    @pytest.fixture(autouse=True)
    def many(self):
        """More accounts than fit into one batch."""
        rows = range(self.COUNT)
        User.objects.bulk_create(UserFactory.build(username=f"u{row}", last_name=f"x{row}") for row in rows)

    def test_many_accounts_are_all_adopted(self):
        report = run(*EXTERNAL)

        assert counts(report)["With an externalId"] == self.COUNT
        assert Link.objects.count() == Record.objects.count() == UniqueValue.objects.count() == self.COUNT

    def test_a_batch_of_many_accounts_takes_as_many_queries_as_one_account(self):
        with CaptureQueriesContext(database) as few:
            run(*EXTERNAL, "--filter", "username__in=u1,u2")
        with CaptureQueriesContext(database) as many:
            run(*EXTERNAL)

        # SQLite has a limit on the variables of a statement, and so inserts in several.
        inserts = [query for query in (*few, *many) if query["sql"].startswith("INSERT")]
        assert len(many) - len(few) < 20 + len(inserts)

    def test_many_accounts_are_counted_at_a_terminal(self):
        terminal = Terminal()

        run(*EXTERNAL, stderr=terminal)

        shown = terminal.getvalue()
        assert f"{BATCH}\r[" in shown
        assert shown.endswith(f"[{'#' * 40}] 100% {self.COUNT}\n")

    def test_many_accounts_are_not_counted_in_a_log_file(self):
        log = StringIO()

        run(*EXTERNAL, stderr=log)

        assert log.getvalue() == ""


class Terminal(io.StringIO):
    """What somebody is watching."""

    def isatty(self) -> bool:
        return True
