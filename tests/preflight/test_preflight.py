"""``manage.py scim_preflight``: what it says, and that nothing of it stays."""

from __future__ import annotations

import json
from io import StringIO
from threading import Thread

import django
import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.db.models.signals import post_save
from django.test import override_settings

from django_scim.preflight.flows import FLOWS, PROVIDERS
from django_scim.preflight.running import preflight
from django_scim.signals import resource_created
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.preflight.broken import NAMED_BY_HAND, options
from tests.preflight.mailing import sent
from tests.registered import receiving
from tests.tables import all_rows

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """Run the command, and return what it prints."""
    out = StringIO()
    call_command("scim_preflight", *arguments, stdout=out, no_color=True)
    return out.getvalue()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_stock_project_works_with_each_provider(provider):
    report = preflight(provider)

    assert report.findings == []
    assert report.left_out == 0
    assert report.requests >= sum(len(FLOWS[name]["steps"]) for name in PROVIDERS[provider])


def test_a_project_with_accounts_and_groups_of_its_own_works_too():
    UserFactory.create_batch(3)
    GroupFactory.create_batch(3)

    assert preflight("okta").findings == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_broken", [False, True])
def test_nothing_stays_in_any_table_and_nothing_is_sent_after_a_commit(is_broken, settings):
    settings.DJANGO_SCIM = {"POLICIES": ["tests.preflight.broken.forbid"]} if is_broken else {}
    UserFactory.create(username="ada")
    connection = ConnectionFactory.create()
    before = all_rows()

    with receiving(resource_created) as received:
        reports = [preflight(provider, each) for provider in ("okta", "entra") for each in (None, connection)]

    assert any(report.requests for report in reports)
    assert received == []
    assert all_rows() == before


def test_mail_that_a_signal_sends_is_kept_back_and_counted():
    def welcome(instance, created, **kwargs):
        if created:
            mail.send_mail("Welcome", "Sign in", None, [instance.email])

    post_save.connect(welcome, sender=User)
    try:
        report = preflight("okta")
    finally:
        post_save.disconnect(welcome, sender=User)

    assert report.mails == 1
    assert "1 mail kept back" in str(report)
    assert mail.outbox == []


def test_a_provider_is_named_with_its_result():
    assert run("--as", "okta") == "Okta would work (21 requests)\n"


def test_without_a_name_each_provider_is_tried():
    printed = run()

    assert [line.partition(" would work")[0] for line in printed.splitlines()] == [
        FLOWS[names[0]]["provider"] for names in PROVIDERS.values()
    ]


def test_the_dialect_of_a_connection_says_which_provider_it_is():
    ConnectionFactory.create(name="Acme", dialect="entra")

    assert run("--connection", "Acme").startswith("Microsoft Entra ID would work")


def test_a_program_reads_json():
    (report,) = json.loads(run("--as", "google", "--format", "json"))

    assert report == {
        "provider": "Google Workspace",
        "passed": True,
        "requests": 15,
        "leftOut": 0,
        "mails": 0,
        "findings": [],
    }


def test_a_finding_in_json_says_what_would_fail_for_whom_and_what_to_change(settings, capsys):
    settings.DJANGO_SCIM = {"POLICIES": ["tests.preflight.broken.forbid"]}
    with pytest.raises(CommandError):
        call_command("scim_preflight", "--as", "google", "--format", "json")

    ((finding,),) = (report["findings"] for report in json.loads(capsys.readouterr().out))
    assert finding.items() >= {
        ("level", "failure"),
        ("provider", "Google Workspace"),
        ("phase", "create"),
        ("request", "POST /Users"),
        ("whom", "ada@example.com"),
        ("problem", "It is answered 403: no addresses for names."),
    }
    assert "POLICIES" in finding["remedy"]


def test_an_unknown_connection_is_refused_with_a_hint():
    ConnectionFactory.create(name="Acme")

    with pytest.raises(CommandError, match=r"There is no connection Acne\. Did you mean 'Acme'"):
        run("--connection", "Acne")


@pytest.mark.skipif(django.VERSION < (6, 1), reason="Django has MAILERS since 6.1")
def test_mail_of_each_mailer_is_kept_back_and_that_of_others_sent_with_their_options(settings):
    backend = "tests.preflight.mailing.Told"
    del settings.EMAIL_BACKEND
    settings.MAILERS = {
        "default": {"BACKEND": backend, "OPTIONS": {"told": "default"}},
        "news": {"BACKEND": backend, "OPTIONS": {"told": "news"}},
    }

    def welcome(instance, created, **kwargs):
        if created:
            for alias in settings.MAILERS:
                mail.EmailMessage("Welcome", to=[instance.email]).send(using=alias)
            thread = Thread(
                target=mail.EmailMessage("Order", to=["b@example.com"]).send, kwargs={"using": "news"}
            )
            thread.start()
            thread.join()

    post_save.connect(welcome, sender=User)
    try:
        report = preflight("google", is_alone=False)
    finally:
        post_save.disconnect(welcome, sender=User)

    assert report.mails >= 2
    assert {(told, message.subject) for told, message in sent} == {("news", "Order")}


# Connections


def test_addresses_are_of_the_domain_of_the_connection():
    connection = ConnectionFactory.create(domains=["acme.example"], dialect="okta")

    assert preflight("okta", connection).findings == []


def test_requests_come_from_the_networks_of_the_connection():
    connection = ConnectionFactory.create(networks=["203.0.113.0/24"], dialect="okta")

    assert preflight("okta", connection).findings == []


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"is_active": False}, "It is not active"),
        ({"dialect": ""}, "Its dialect is 'standard', which is not that of Okta."),
    ],
)
def test_what_is_to_be_changed_of_a_connection_is_a_note(attributes, problem):
    connection = ConnectionFactory.create(**{"dialect": "okta", **attributes})

    report = preflight("okta", connection)

    assert report.passed
    assert problem in str(report)


def test_a_paused_connection_is_tried_and_stays_paused():
    connection = ConnectionFactory.create(dialect="okta")
    connection.pause("too many")

    report = preflight("okta", connection)

    assert report.passed
    assert "It is paused" in str(report)
    connection.refresh_from_db()
    assert connection.paused_at is not None


# What stands in the way


def test_a_middleware_that_redirects_is_found():
    middleware = "tests.preflight.middleware.ask_for_a_login"
    with override_settings(MIDDLEWARE=[middleware]):
        report = preflight("okta")

    assert not report.passed
    assert str(report.findings[0].problem).startswith("It is answered 302, and not by SCIM")


def test_a_project_that_allows_no_host_is_told(settings):
    settings.ALLOWED_HOSTS = []

    (finding,) = preflight("okta").findings

    assert finding.problem == "ALLOWED_HOSTS is empty: each request is 400."


def test_an_answer_of_another_page_is_found():
    with override_settings(MIDDLEWARE=["tests.preflight.middleware.say_welcome"]):
        report = preflight("okta")

    assert str(report.findings[0].problem).startswith("It is answered 200, and not by SCIM")


def test_what_follows_from_a_refusal_says_so(settings):
    settings.DJANGO_SCIM = {"POLICIES": ["tests.preflight.broken.forbid_a_name"]}

    refused, following = preflight("entra").findings

    assert refused.problem == "It is answered 403: nobody is called so."
    assert following.attribute == "displayName"
    assert str(following.remedy).startswith("Mend first what was refused before")


def test_a_value_that_the_project_fills_by_itself_is_a_note(settings):
    settings.DJANGO_SCIM = options(attributes={"title": NAMED_BY_HAND})

    first, *_ = preflight("onelogin").findings

    assert first.problem == "`title` is not sent, and 'Bilbo Baggins' comes back."
    assert not first.is_failure


def test_urls_without_those_of_the_app_are_an_error(settings):
    settings.ROOT_URLCONF = "tests.admin.connections.urls_without_scim"

    with pytest.raises(CommandError, match=r"include\(\"django_scim.urls\"\)"):
        run("--as", "okta")


def test_a_project_without_groups_is_told_that_they_were_left_out(settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Group": None}}

    report = preflight("okta")

    assert report.passed
    assert [finding.problem for finding in report.findings] == [
        "The project does not serve /Groups: its requests were left out."
    ]
