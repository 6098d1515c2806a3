"""What is a secret, however it is written: by the schema, by its name, and by its form."""

from __future__ import annotations

import json
import logging

import pytest
from django.core import serializers
from django.utils.log import AdminEmailHandler
from hypothesis import example, given
from hypothesis import strategies as st

from django_scim.history.excerpts import excerpt
from django_scim.history.redaction import HINTS, REDACTED, URN, Redaction, decoded, says_secret
from django_scim.models import ProvisioningEvent
from tests.factories import UserFactory
from tests.messages import BULK_REQUEST, PATCH_OP
from tests.representations import path_of, user

SECRET = "hunter2-horse"
NAMES = Redaction(
    frozenset({"password", "badge"}), frozenset({"op", "path", "value", "name", "title", "operations"})
)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "password",
            "userPassword",
            "newPassword",
            "PASSWORD",
            "pass_word",
            "pass-word",
            "unicodePwd",
            "passwd",
        ),
        *(
            "token",
            "accessToken",
            "refresh_token",
            "clientSecret",
            "api-key",
            "APIKey",
            "privateKey",
            "pinCode",
        ),
        *("otpSeed", "passphrase", "credentials", "Authorization", "recoveryCodes", "ntHash"),
    ],
)
def test_a_name_says_that_it_is_of_a_secret(name):
    assert says_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "title",
        "secretary",
        "passport",
        "opinion",
        "compass",
        "authority",
        "keyboard",
        "spinal",
        "x509Certificates",
    ],
)
def test_a_name_that_only_has_such_letters_says_nothing(name):
    assert not says_secret(name)


DOCUMENTS = [
    {"userPassword": SECRET},
    {"pass_word": {"value": SECRET}},
    {"title": f'{{"password": "{SECRET}"}}'},
    {"title": f'{{"p\\u0061ssword": "{SECRET}"}}'},
    {"title": f"password={SECRET}"},
    {"title": f"<pin>{SECRET}</pin>"},
    {"title": f"--password {SECRET} --token={SECRET}"},
    {"title": f"p%2561ssword%3D{SECRET}"},
    {"title": f"\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44\uff1a{SECRET}"},
    {"title": f"https://barbara:{SECRET}@example.com/"},
    {"title": f"Bearer {SECRET * 3}"},
    {"title": f"scim_{SECRET * 3}"},
    {"name": "password", "value": SECRET},
    {"Name": "Api_Key", "Value": [SECRET], "title": SECRET},
    {"key": "password", "title": SECRET},
    {"attribute": ["urn:ietf:params:scim:schemas:core:2.0:User:password"], "value": {"title": SECRET}},
    {"whatever": SECRET},
    {f'password[value eq "{SECRET}"]': 1},
    {f"password.{SECRET}": 1},
    {"Operations": [["replace", "password", SECRET]]},
    {"Operations": [[["op", "add"], ["path", "password"], ["value", SECRET]]]},
    {"Operations": [{"op": "add"}, {"path": "password"}, {"value": SECRET}]},
    {"Operations": {"op": "add", "path": "password", "value": SECRET}},
    {"Operations": {"0": {"path": "password", "value": SECRET}}},
    {"Operations": [{"op": SECRET, "path": "password", "value": SECRET}]},
    {"Operations": [{"op": "add", "path": {"value": "password"}, "value": SECRET}]},
    {"Operations": [{"op": "add", "path": f'password eq "{SECRET}"', SECRET: SECRET, "value": 1}]},
    {"Operations": [{"op": "add", "path": f"password.{SECRET}", "value": 1}]},
    {"Operations": [{"op": "add", "value": [["password", SECRET]]}]},
    {"Operations": [{"op": "add", "value": {"name": "password", "value": SECRET}}]},
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=repr)
def test_a_secret_is_not_in_the_excerpt_however_it_is_written(document):
    assert SECRET not in json.dumps(excerpt(document, NAMES, 10_000))


def test_an_operation_on_a_secret_is_kept_by_its_op_and_its_path():
    operation = {"op": "Replace", "path": 'password[value eq "x"]', "value": "y", "other": "z"}

    assert excerpt(operation, NAMES, 10_000) == {"op": "Replace", "path": "password", "value": REDACTED}


@pytest.mark.parametrize(
    "target",
    [
        f"/Users?filter=password eq {SECRET}",
        f"/Users?filter=p%2561ssword%2520eq%2520%22{SECRET}%22",
        f"/Users?access_token={SECRET}",
        f"/Users/password={SECRET}",
        f"/Users/1%3Fpassword={SECRET}",
    ],
)
def test_a_target_is_kept_without_its_secrets(target):
    assert SECRET not in NAMES.target(target)


@pytest.fixture
def told(scim, caplog, settings):
    """Return all that a request has left: answer, history, and log lines."""
    settings.DJANGO_SCIM = {"RECORD_READS": True, "LOG_PERSONAL_DATA": True}
    caplog.set_level(logging.DEBUG)

    def everything(response):
        lines = [f"{each.getMessage()} {vars(each).get('scim_query')}" for each in caplog.records]
        events = serializers.serialize("json", ProvisioningEvent.objects.all())
        kept = [line for line in lines if "django_scim_provisioningevent" in line or not line.startswith("(")]
        return "\n".join([response.content.decode(), events, *kept])

    return everything


@pytest.mark.parametrize("document", DOCUMENTS, ids=repr)
def test_a_body_leaves_no_secret_anywhere(scim, told, document):
    row = UserFactory.create()

    for method, path, body in (
        ("POST", "/Users", document),
        ("PATCH", path_of(row), {"schemas": [PATCH_OP], **document}),
        ("POST", "/Users/.search", document),
    ):
        left = told(scim.request(method, path, body))

        assert SECRET not in left.replace(str(scim.connection), "")


@pytest.mark.parametrize(
    "path",
    [
        f"/Users?filter=password eq {SECRET}",
        f"/Users/none?filter=p%61ssword eq {SECRET}",
        f"/Users/password={SECRET}",
        f"/Nothing?token={SECRET}",
    ],
)
def test_a_path_of_a_bulk_operation_leaves_no_secret_anywhere(scim, told, path):
    operations = [
        {"method": "DELETE", "path": path},
        {"method": "PUT", "path": path, "data": user("barbara")},
    ]

    left = told(scim.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": operations}))

    assert SECRET not in left


@pytest.mark.parametrize("query", ["access_token={}", "x={}", 'filter=userName eq "{}"'])
def test_a_token_that_is_sent_in_the_query_too_is_told_nowhere(scim, told, query):
    left = told(scim.request("GET", f"/Users?{query.format(scim.token)}", **{"X-Request-ID": scim.token}))

    assert scim.token not in left


def test_an_error_of_a_value_says_nothing_of_the_value(scim, told):
    assert SECRET not in told(scim.post("/Users", user("barbara", password={"value": SECRET})))


class Mailer(AdminEmailHandler):
    """What mails errors to the administrators, with all frames; it keeps the mails instead."""

    def __init__(self) -> None:
        super().__init__(include_html=True)
        self.sent: list[str] = []

    def send_mail(self, subject, message, *args, **kwargs):
        self.sent += [subject, message, kwargs.get("html_message") or ""]


@pytest.mark.parametrize(
    ("method", "path", "payload"),
    [
        ("POST", "/Users", user("barbara", password=SECRET)),
        ("GET", f'/Users?filter=password eq "{SECRET}"&access_token={SECRET}', None),
    ],
)
def test_the_mail_of_an_error_has_no_secret_in_its_frames(scim, settings, method, path, payload):
    settings.DJANGO_SCIM = {"PERMISSION_CLASSES": ["tests.api.hosts.Broken"]}
    scim.client.raise_request_exception = False
    mailer = Mailer()
    loggers = [logging.getLogger(name) for name in ("django.request", "django_scim")]
    for logger in loggers:
        logger.addHandler(mailer)
    try:
        response = scim.request(method, path, payload)
    finally:
        for logger in loggers:
            logger.removeHandler(mailer)

    assert response.status_code == 500
    sent = "\n".join(mailer.sent)
    assert "Traceback" in sent
    assert SECRET not in sent
    assert scim.token not in sent


FORMS = ("bearer", "basic", "scim_", "eyJ", "ghp_", "sk_live_", "AKIA")
WORDS = st.sampled_from([*HINTS, *FORMS, "password", "badge", "is", "eq", "to"])
PARTS = WORDS | st.text("aZ09_.@ -:=%+$\\", max_size=12) | st.text(max_size=3)
TEXTS = st.lists(PARTS, max_size=6).map("".join)


@given(TEXTS)
@example("token is abc")
@example("eyJhbGciOiJI.eyJzdWIiOiIx")
def test_a_text_that_needs_no_closer_look_tells_no_secret(text):
    if NAMES.is_plain(text):
        assert not NAMES.tells(URN.sub("", decoded(text), 1))


@pytest.mark.parametrize("text", ["Ada Lovelace", "ada@example.com", "2c2f6fb8-11", "Engineers_3"])
def test_ordinary_texts_need_no_closer_look(text):
    assert NAMES.is_plain(text)
