"""``manage.py scim_connection``: what the admin does with connections, where there is none."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from django_scim.models import AccessToken, Connection, Record
from django_scim.signals import connection_paused
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.hosts.small.models import Company
from tests.operations.patch_operations import DEACTIVATE
from tests.registered import receiving
from tests.representations import path_of, user

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """Run the command, and return what it prints."""
    out = StringIO()
    call_command("scim_connection", *arguments, stdout=out, no_color=True)
    return out.getvalue()


@pytest.fixture
def okta(db):
    """A connection."""
    return ConnectionFactory.create(name="Okta")


@pytest.fixture
def answering(monkeypatch):
    """Return what answers the questions of the command."""

    def answer(text):
        monkeypatch.setattr("builtins.input", lambda _: text)

    return answer


class TestCreate:
    def test_a_new_connection_has_all_that_is_given(self):
        company = Company.objects.create(name="Acme")

        run(
            *("create", "Acme", "--dialect", "okta", "--tenant", f"small.company:{company.pk}"),
            *("--domain", "@Acme.example", "--domain", "acme.example", "--network", "192.0.2.7/32"),
            *("--notify", "ada@acme.example", "--notify", "it@acme.example"),
            *("--adoption", "own", "--deprovisioning-limit", "10", "--inactive"),
        )

        made = Connection.objects.get()
        assert made.name == "Acme"
        assert made.tenant == company
        assert (made.dialect, made.domains, made.networks) == ("okta", ["acme.example"], ["192.0.2.7"])
        assert made.notify == ["ada@acme.example", "it@acme.example"]
        assert (made.adoption, made.deprovisioning_limit, made.is_active) == ("own", 10, False)

    def test_a_new_connection_without_more_has_what_the_admin_gives(self):
        run("create", "Acme")

        made = Connection.objects.get()
        assert (made.dialect, made.adoption, made.is_active, made.domains) == ("", "matching", True, [])

    def test_a_new_connection_has_its_base_url_told_and_to_get_a_token_next(self, settings):
        settings.ALLOWED_HOSTS = ["app.example.com"]

        assert run("create", "Acme Inc") == (
            "Created the connection Acme Inc.\n"
            "Base URL: https://app.example.com/scim/v2\n"
            "Next: Make a token: scim_token 'Acme Inc'\n"
        )

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("create",), "required: NAME"),
            (("create", ""), "name: This field cannot be blank"),
            (("create", "Okta"), "name: Connection with this Name already exists"),
            (("create", "A", "--dialect", "okra"), "invalid choice: 'okra'"),
            (("create", "A", "--domain", "not a domain"), "not a domain is no domain such as example.com"),
            (("create", "A", "--network", "192.0.2.1/24"), "give the network as 192.0.2.0/24"),
            (("create", "A", "--network", "home"), "home is no address and no network"),
            (("create", "A", "--tenant", "small.Compny:1"), "Did you mean 'small.Company'"),
            (("create", "A", "--tenant", "small"), "small is no model"),
            (("create", "A", "--tenant", "small.Company"), "no small.Company with the primary key ''"),
            (
                ("create", "A", "--tenant", "small.Company:soon"),
                "no small.Company with the primary key 'soon'",
            ),
            (("create", "A", "--deprovisioning-limit", "many"), "'many' is no number, and not 'none'"),
            (("create", "A", "--deprovisioning-limit", "9" * 12), "is no number"),
            (("create", "A", "--active", "--inactive"), "not allowed with argument"),
            (("change", "Okta"), "Say what is to be changed"),
            (("show", "Okra"), "There is no connection Okra. Did you mean 'Okta'?"),
            (("pause", "Okta"), "required: --reason"),
            (("resume", "Okta"), "Okta is not paused"),
            (("history", "Okta", "--since", "soon"), "soon is no time such as"),
            (("history", "Okta", "--limit", "0"), "'0' is not a number from 1 to 100000"),
            (("hand-over", "Okta", "--to", "Okta"), "cannot hand anything over to itself"),
            ((), "required: ACTION"),
            (("destroy", "Okta"), "invalid choice: 'destroy'"),
        ],
        ids=lambda value: " ".join(value)[:50] if isinstance(value, tuple) else "",
    )
    def test_what_cannot_be_is_an_error_that_names_it_and_leaves_nothing(self, okta, arguments, message):
        with pytest.raises(CommandError) as error:
            run(*arguments)

        assert message in str(error.value)
        assert Connection.objects.count() == 1

    def test_an_error_of_the_database_is_no_traceback(self, monkeypatch):
        def fail(*arguments, **options):
            raise DatabaseError("no such table")

        monkeypatch.setattr(Connection, "save", fail)

        with pytest.raises(CommandError, match="no such table"):
            run("create", "Acme")


class TestChange:
    def test_a_change_touches_nothing_but_what_is_given(self, okta):
        Connection.objects.update(domains=["acme.example"], deprovisioning_limit=5)

        run("change", "Okta", "--dialect", "entra", "--rename", "Entra ID")

        okta.refresh_from_db()
        assert (okta.name, okta.dialect) == ("Entra ID", "entra")
        assert (okta.domains, okta.deprovisioning_limit) == (["acme.example"], 5)

    def test_a_change_to_none_takes_what_there_is_away(self, okta):
        company = Company.objects.create(name="Acme")
        run("change", "Okta", "--tenant", f"small.Company:{company.pk}", "--dialect", "okta")
        Connection.objects.update(domains=["a.example"], networks=["192.0.2.1"], deprovisioning_limit=5)
        Connection.objects.update(notify=["ada@acme.example"])

        none = ("--domain", "none", "--network", "none", "--notify", "none", "--deprovisioning-limit", "none")
        run("change", "Okta", *none, "--tenant", "none", "--dialect", "standard")

        okta.refresh_from_db()
        assert (okta.domains, okta.networks, okta.deprovisioning_limit) == ([], [], None)
        assert okta.notify == []
        assert (okta.tenant, okta.dialect) == (None, "")

    def test_a_change_refuses_every_request_of_a_connection_and_answers_them_again(self, scim):
        run("change", scim.connection.name, "--inactive")
        assert scim.get("/Users").status_code == 401

        run("change", scim.connection.name, "--active")
        assert scim.get("/Users").status_code == 200

    def test_a_change_keeps_a_pause_that_begins_at_the_same_time(self, okta, monkeypatch):
        monkeypatch.setattr(
            "django_scim.management.commands.scim_connection.require_valid",
            lambda connection: Connection.objects.get(pk=connection.pk).pause("too much"),
        )

        run("change", "Okta", "--dialect", "okta")

        okta.refresh_from_db()
        assert okta.pause_reason == "too much"


class TestShow:
    def test_a_connection_is_shown_with_its_base_url_and_tokens(self, okta, settings):
        settings.ALLOWED_HOSTS = ["app.example.com"]
        stored, token = AccessToken.objects.issue(okta, description="by Ada")

        printed = run("show", "Okta")

        assert "  base URL: https://app.example.com/scim/v2\n" in printed
        assert f"  token: {stored} (by Ada): read, write; usable; last used never\n" in printed
        assert token not in printed

    def test_a_host_that_no_setting_names_is_left_to_the_reader(self, okta, settings):
        settings.ALLOWED_HOSTS = ["*", ".example.com"]

        assert "https://<host>/scim/v2" in run("show", "Okta")

    def test_a_connection_that_was_not_used_yet_says_what_is_next(self, okta, settings):
        settings.ALLOWED_HOSTS = ["app.example.com"]
        AccessToken.objects.issue(okta)

        steps = [line for line in run("show", "Okta").splitlines() if line.startswith("Next: ")]

        assert steps[:2] == [
            "Next: Try what the identity provider will send: scim_preflight --connection Okta",
            "Next: Look whether it can reach the project: scim_doctor https://app.example.com/scim/v2",
        ]
        assert steps[2].startswith("Next: Enter the base URL and the token at the identity provider")

    def test_a_connection_that_works_has_nothing_next(self, scim):
        scim.get("/Users")

        printed = run("show", scim.connection.name)

        assert "Next" not in printed
        assert "last request: never" not in printed

    @pytest.mark.parametrize(
        ("attributes", "step"),
        [
            ({"is_active": False}, "--active"),
            ({"paused_at": "2026-03-01T00:00:00Z"}, "scim_connection resume Okta"),
        ],
    )
    def test_a_connection_that_is_stopped_says_how_to_start_it(self, okta, attributes, step):
        Connection.objects.update(**attributes)

        assert step in run("show", "Okta")

    def test_routes_without_those_of_the_app_are_told(self, okta, settings):
        settings.ROOT_URLCONF = "tests.admin.connections.urls_without_scim"

        printed = run("show", "Okta")

        assert "base URL: not known" in printed
        assert 'include("django_scim.urls")' in printed

    @pytest.mark.urls("tests.api.urls_of_tenants")
    def test_an_address_that_names_a_tenant_asks_for_one(self, okta, settings):
        settings.DJANGO_SCIM = {"TENANT_IN_ADDRESS": {"org": "name"}}
        assert "scim_connection change Okta --tenant MODEL:KEY" in run("show", "Okta")

        acme = Company.objects.create(name="acme")
        run("change", "Okta", "--tenant", f"small.Company:{acme.pk}")

        assert "/orgs/acme/scim/v2" in run("show", "Okta")

    def test_a_program_reads_json_of_one_and_of_all(self, okta):
        AccessToken.objects.issue(okta)

        shown = json.loads(run("show", "Okta", "--json"))

        assert shown["name"] == "Okta"
        assert shown["tokens"][0]["scopes"] == ["read", "write"]
        assert json.loads(run("list", "--json")) == [shown]

    def test_all_connections_are_listed_with_their_state(self, okta):
        ConnectionFactory.create(name="Entra ID", is_active=False)

        assert run("list") == "Entra ID: not active: all of its requests are refused\nOkta: active\n"


class TestRehearsal:
    def test_a_rehearsal_begins_and_ends(self, okta):
        assert "is in rehearsal" in run("rehearse", "Okta")
        assert run("list").startswith("Okta: in rehearsal since ")

        assert "is live" in run("go-live", "Okta")

        assert run("list") == "Okta: active\n"

    def test_a_connection_is_made_in_rehearsal(self):
        run("create", "Okta", "--rehearse")

        assert Connection.objects.get().rehearsal_since is not None

    def test_a_connection_that_is_live_does_not_go_live(self, okta):
        with pytest.raises(CommandError, match="Okta is in no rehearsal"):
            run("go-live", "Okta")


class TestPause:
    def test_a_pause_stops_writes_and_is_told(self, scim, django_capture_on_commit_callbacks):
        with receiving(connection_paused) as told, django_capture_on_commit_callbacks(execute=True):
            run("pause", scim.connection.name, "--reason", "Maintenance")

        assert scim.post("/Users", user()).json()["detail"] == "provisioning is paused: Maintenance"
        assert len(told) == 1

    def test_a_pause_keeps_the_one_that_there_is(self, okta):
        okta.pause("too much")

        with pytest.raises(CommandError, match=r"paused since .*: too much"):
            run("pause", "Okta", "--reason", "Maintenance")

    def test_resuming_names_who_was_hurt_and_who_was_next_and_asks(self, answering):
        scim = ScimClient(ConnectionFactory.create(name="Okta", deprovisioning_limit=1))
        for name in ("ada", "bob"):
            scim.patch(path_of(UserFactory.create(username=name)), DEACTIVATE)
        out = StringIO()
        answering("n")

        with pytest.raises(CommandError, match="Nothing was changed"):
            call_command("scim_connection", "resume", "Okta", stdout=out)

        hurt, refused = out.getvalue().split("Refused since:")
        assert "modify User ada" in hurt
        assert "modify User bob" in refused
        assert Connection.objects.get().paused_at is not None

    @pytest.mark.parametrize("arguments", [(), ("--no-input",)])
    def test_a_connection_is_resumed_once_that_is_confirmed(self, okta, answering, arguments):
        okta.pause("too much")
        answering("yes")

        assert "Okta is resumed." in run("resume", "Okta", *arguments)

        okta.refresh_from_db()
        assert okta.paused_at is None

    def test_where_nobody_can_be_asked_the_argument_is_named(self, okta, monkeypatch):
        def end(question):
            raise EOFError

        okta.pause("too much")
        monkeypatch.setattr("builtins.input", end)

        with pytest.raises(CommandError, match="--no-input"):
            run("resume", "Okta")


class TestHistory:
    @pytest.fixture
    def scim(self, okta):
        """A client that has made two users, and was refused."""
        scim = ScimClient(okta)
        for name in ("ada", "bob"):
            scim.post("/Users", user(name))
        scim.post("/Users", user("bob"))
        return scim

    def test_the_history_is_printed_the_last_first(self, scim):
        refused, bob, ada = run("history", "Okta").splitlines()

        assert "success 201  create User ada" in ada
        assert "success 201  create User bob" in bob
        assert "refused 409  create User bob: " in refused

    def test_the_history_of_others_is_left_out(self, scim):
        ConnectionFactory.create(name="Entra ID")

        assert run("history", "Entra ID") == ""

    @pytest.mark.parametrize(
        ("arguments", "number"),
        [
            (("--outcome", "refused"), 1),
            (("--operation", "modify"), 0),
            (("--search", "ada"), 1),
            (("--limit", "2"), 2),
            (("--since", "1h"), 3),
            (("--since", "2999-01-01"), 0),
        ],
    )
    def test_the_history_can_be_narrowed(self, scim, arguments, number):
        assert len(run("history", "Okta", *arguments).splitlines()) == number

    def test_a_program_reads_json_lines(self, scim):
        events = [json.loads(line) for line in run("history", "Okta", "--json").splitlines()]

        assert [event["status"] for event in events] == [409, 201, 201]
        assert events[0]["scimType"] == "uniqueness"


class TestEnd:
    def test_what_a_connection_manages_is_handed_over(self, scim):
        scim.post("/Users", user("ada"))
        successor = ConnectionFactory.create(name="Entra ID")

        assert "Entra ID manages 1 resources more" in run(
            "hand-over", scim.connection.name, "--to", "Entra ID"
        )
        assert Record.objects.get().managed_by == successor

    def test_a_connection_is_deleted_and_its_resources_stay(self, scim):
        scim.post("/Users", user("ada"))

        run("delete", scim.connection.name, "--no-input")

        assert not Connection.objects.exists()
        assert not AccessToken.objects.exists()
        assert User.objects.get().username == "ada"

    def test_a_connection_is_not_deleted_unless_somebody_confirms(self, okta, answering):
        answering("")

        with pytest.raises(CommandError, match="Nothing was changed"):
            run("delete", "Okta")

        assert Connection.objects.exists()
