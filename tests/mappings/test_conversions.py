"""``Locale`` and ``Convert``: language tags, and values that only the project's own functions know."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from hypothesis import given
from hypothesis import strategies as st

from django_scim.mappings import Column, Convert, DefaultValue, Locale
from django_scim.mappings.locale import canonical_tag
from tests.hosts.small.models import Worker
from tests.mappings.workers import attribute, found, names, refusal, serve
from tests.representations import path_of, user


def from_badge(stored):
    """Return the number on a badge."""
    return stored.removeprefix("B-")


def to_badge(value):
    """Return what the column holds for a number."""
    if not value.isdigit():
        raise ValueError("a badge has a number")
    return f"B-{value}"


BADGE = Convert(read=from_badge, write=to_badge)

# Language tags


@pytest.mark.parametrize("sent", ["en-US", "en_US", "EN-us", "en_us"])
@pytest.mark.parametrize(
    ("column", "conversion", "stored"),
    [
        ("language", Locale(), "en-us"),
        ("language", Locale("en_US"), "en_US"),
        ("language", Locale("en-US"), "en-US"),
        ("language", Locale("en_us"), "en_us"),
        ("site_language", Locale(), "en_us"),
    ],
)
def test_a_tag_is_stored_as_the_column_spells_it_and_read_as_scim_does(
    scim, settings, sent, column, conversion, stored
):
    serve(settings, locale=Column(column, convert=conversion))
    created = scim.post("/Users", user("anna", locale=sent)).json()

    worker = Worker.objects.get()
    assert (created["locale"], getattr(worker, column)) == ("en-US", stored)
    assert found(scim, f'locale eq "{sent}"') == ["anna"]
    version = created["meta"]["version"]
    assert scim.put(path_of(worker), user("anna", locale=created["locale"])).headers["ETag"] == version


@pytest.mark.parametrize(
    ("column", "sent", "reason"),
    [
        ("language", "not a tag", "'not a tag' is no language tag such as en-US"),
        ("language", "en-US-x-0123456789", "'en-US-x-0123456789' is no language tag such as en-US"),
        ("site_language", "de", "'de' is none of: en, en-US, zh-Hans, pt-BR"),
        ("site_language", "en-GB", "'en-GB' is none of: en, en-US, zh-Hans, pt-BR"),
    ],
)
def test_what_is_no_tag_or_no_choice_is_refused_by_the_name_of_the_attribute(
    scim, settings, column, sent, reason
):
    serve(settings, locale=Column(column, convert=Locale()))

    assert refusal(scim.post("/Users", user("anna", locale=sent))) == (
        400,
        "invalidValue",
        f"locale (column {column}): {reason}",
    )


def test_a_tag_is_filtered_and_sorted_as_it_is_read(scim, settings):
    serve(settings, locale=Column("language", convert=Locale()))
    for name, language in [("anna", "pt_BR"), ("bert", "EN-us"), ("cleo", "en_GB"), ("dora", "")]:
        Worker.objects.create(username=name, language=language)

    assert found(scim, 'locale sw "en"') == ["bert", "cleo"]
    assert found(scim, 'locale sw "EN_"') == ["bert", "cleo"]
    assert found(scim, 'locale co "-b"') == ["anna"]
    assert found(scim, 'locale ne "en-US"') == ["anna", "cleo", "dora"]
    assert found(scim, 'locale gt "en-GB"') == ["anna", "bert"]
    assert found(scim, "locale pr") == ["anna", "bert", "cleo"]
    assert names(scim, sortBy="locale") == ["cleo", "bert", "anna", "dora"]


def test_the_schema_has_the_tags_of_the_choices(scim, settings):
    serve(settings, locale=Column("site_language", convert=Locale()))

    assert attribute(scim, "locale")["canonicalValues"] == ["en", "en-US", "zh-Hans", "pt-BR"]


def test_a_stored_tag_may_be_any_text(scim, settings):
    serve(settings, locale=Column("language", convert=Locale()))
    worker = Worker.objects.create(username="anna", language="C.UTF-8")

    assert scim.get(path_of(worker)).json()["locale"] == "c.utf-8"
    assert found(scim, 'locale eq "C.UTF-8"') == ["anna"]


@given(st.from_regex(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}", fullmatch=True))
def test_a_tag_means_the_same_in_any_spelling(text):
    tag = canonical_tag(text)

    assert tag.lower() == text.lower().replace("_", "-")
    spellings = (tag, text.upper(), text.lower().replace("-", "_"))
    assert {canonical_tag(spelling) for spelling in spellings} == {tag}


# Functions of the project


@pytest.fixture
def badges(settings):
    """Serve workers with the number of a badge."""
    serve(settings, nickName=Column("badge", convert=BADGE))


def test_functions_read_and_write(scim, badges):
    created = scim.post("/Users", user("anna", nickName="17")).json()
    worker = Worker.objects.get()
    assert (created["nickName"], worker.badge) == ("17", "B-17")

    scim.patch(path_of(worker), {"op": "replace", "path": "nickName", "value": "18"})
    worker.refresh_from_db()
    assert worker.badge == "B-18"

    assert "nickName" not in scim.put(path_of(worker), user("anna")).json()
    worker.refresh_from_db()
    assert worker.badge == ""


def test_a_value_that_a_function_refuses_is_invalid(scim, badges):
    response = scim.post("/Users", user("anna", nickName="x"))

    assert refusal(response) == (400, "invalidValue", "nickName (column badge): a badge has a number")
    assert not Worker.objects.exists()


@pytest.mark.parametrize("error", [KeyError, TypeError, IndexError, OverflowError, ZeroDivisionError])
def test_a_function_that_fails_at_a_value_refuses_it(scim, settings, error):
    def fail(value):
        raise error("the password of the database is swordfish")

    serve(settings, nickName=Column("badge", convert=Convert(read=str, write=fail)))
    response = scim.post("/Users", user("anna", nickName="x"))

    assert refusal(response) == (
        400,
        "invalidValue",
        "nickName (column badge): 'x' has no place in the project",
    )
    assert found(scim, 'nickName eq "x"') == []


def test_a_value_that_is_too_long_once_it_is_converted_is_invalid(scim, badges):
    assert refusal(scim.post("/Users", user("anna", nickName="1" * 30)))[:2] == (400, "invalidValue")


def test_a_function_may_find_nothing_in_what_is_stored(scim, settings):
    serve(settings, nickName=Column("badge", convert=Convert(read={"B-1": "one"}.__getitem__, write=str)))
    worker = Worker.objects.create(username="anna", badge="B-2")

    assert "nickName" not in scim.get(path_of(worker)).json()


def test_equality_is_of_what_would_be_stored(scim, badges):
    Worker.objects.create(username="anna", badge="B-17")
    Worker.objects.create(username="bert", badge="b-17")
    Worker.objects.create(username="cleo")

    assert found(scim, 'nickName eq "17"') == ["anna"]
    assert found(scim, 'nickName ne "17"') == ["bert", "cleo"]
    assert found(scim, 'nickName eq "x"') == []
    assert found(scim, "nickName pr") == ["anna", "bert"]
    assert found(scim, "nickName eq null") == ["cleo"]


@pytest.mark.parametrize("operator", ["co", "sw", "ew", "gt", "ge", "lt", "le"])
def test_what_the_database_cannot_know_is_an_invalid_filter(scim, badges, operator):
    status, kind, detail = refusal(scim.get("/Users", {"filter": f'nickName {operator} "1"'}))

    assert (status, kind) == (400, "invalidFilter")
    assert f"it can be compared by eq, ne and pr, not by '{operator}'" in detail


@pytest.mark.parametrize("mapping", [Column("badge", convert=BADGE), DefaultValue("badge", convert=BADGE)])
def test_what_the_database_cannot_know_is_nothing_to_sort_by(scim, settings, mapping):
    key = "nickName" if isinstance(mapping, Column) else "ims"
    serve(settings, **{key: mapping})

    assert refusal(scim.get("/Users", {"sortBy": key}))[:2] == (400, "invalidPath")


def test_a_unique_column_is_unique_in_its_own_form(scim, settings):
    convert = Convert(read=str.upper, write=str.lower)
    serve(settings, userName=Column("username", convert=convert))

    assert scim.post("/Users", user("ANNA")).json()["userName"] == "ANNA"
    assert Worker.objects.get().username == "anna"
    assert refusal(scim.post("/Users", user("Anna")))[:2] == (409, "uniqueness")


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        (Column("grade", convert=Locale()), "a language tag is text"),
        (Column("language", convert=Locale("us")), "'us' is none of the styles en-us, en_us, en-US, en_US"),  # type: ignore[arg-type]
        (Column("badge", convert=Convert(read=str, write=None)), "its 'write' cannot be called"),  # type: ignore[arg-type]
        (Column("badge", convert=Locale), "Locale'> is no instance of Choices, Convert or Locale"),  # type: ignore[arg-type]
    ],
)
def test_a_system_check_reports_a_conversion_that_cannot_be(settings, mapping, reason):
    serve(settings, locale=mapping)
    (message,) = [message for message in run_checks(tags=["django_scim"]) if message.id == "django_scim.E012"]

    assert message.msg.endswith(f"{reason}.")


@pytest.mark.parametrize("attribute", ["locale", "preferredLanguage"])
@pytest.mark.parametrize("sent", ["en-US", "en_US", "EN-us", "en_us"])
def test_a_column_with_choices_of_tags_takes_the_spelling_of_the_provider(scim, settings, attribute, sent):
    serve(settings, **{attribute: "site_language"})

    created = scim.post("/Users", user("anna", **{attribute: sent}))

    assert created.status_code == 201, created.content
    assert created.json()[attribute] == "en-US"
    assert Worker.objects.get().site_language == "en_us"
    assert found(scim, f'{attribute} eq "{sent}"') == ["anna"]


def test_a_column_with_choices_of_tags_takes_no_other_tag(scim, settings):
    serve(settings, locale="site_language")

    assert scim.post("/Users", user("anna", locale="de-DE")).status_code == 400
