"""The ``DJANGO_SCIM`` setting: its defaults, what may be in it, and what a wrong value becomes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from django_scim.conf import ScimSettings, check_settings, get_settings
from tests.factories import UserFactory

RIGHT: dict[str, Any] = {
    "RESOURCES": {
        "User": {"delete": "hard", "attributes": {"title": "last_name"}},
        "Group": None,
        "Device": {"adapter": "tests.hosts.small.adapters.DeviceAdapter"},
    },
    "AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
    "THROTTLE_CLASSES": ("rest_framework.throttling.AnonRateThrottle",),
    "PERMISSION_CLASSES": [],
    "DEFAULT_PAGE_SIZE": 5,
    "MAX_RESULTS": 10,
    "DOCUMENTATION_URI": "https://example.com/scim",
}


def test_a_project_without_the_setting_has_the_default_options(settings):
    del settings.DJANGO_SCIM

    assert get_settings() == ScimSettings()
    assert check_settings() == []


def test_an_option_that_is_set_takes_the_place_of_the_default(settings):
    settings.DJANGO_SCIM = RIGHT

    assert check_settings() == []
    for name, value in RIGHT.items():
        assert getattr(get_settings(), name) == value
    assert get_settings().MAX_PATCH_OPERATIONS == ScimSettings.MAX_PATCH_OPERATIONS


def test_the_setting_is_read_anew_when_a_test_overrides_it(settings, scim):
    UserFactory.create_batch(3)
    assert scim.get("/Users").json()["itemsPerPage"] == 3

    settings.DJANGO_SCIM = {"DEFAULT_PAGE_SIZE": 2}
    assert scim.get("/Users").json()["itemsPerPage"] == 2

    settings.DJANGO_SCIM = {"MAX_RESULTS": 1}
    assert scim.get("/Users", {"count": "50"}).json()["itemsPerPage"] == 1


def test_options_cannot_be_changed_by_accident():
    with pytest.raises(AttributeError):
        get_settings().MAX_RESULTS = 5  # type: ignore[misc]


@pytest.mark.parametrize("name", [option.name for option in fields(ScimSettings)])
@pytest.mark.parametrize("value", ["", -1, -1.5, [3], b"bytes"], ids=repr)
def test_an_option_of_a_wrong_type_is_reported_and_the_default_is_in_force(settings, name, value):
    """None of these values is right for any option."""
    settings.DJANGO_SCIM = {name: value}
    (error,) = check_settings()

    assert error.id == "django_scim.E006"
    assert f'DJANGO_SCIM["{name}"]' in error.msg
    assert get_settings() == ScimSettings()


@pytest.mark.parametrize("name", [key for key, kind in get_type_hints(ScimSettings).items() if kind is int])
@pytest.mark.parametrize("value", ["many", "10", True, None, 0, -5, 2.0])
def test_a_limit_in_the_settings_is_a_whole_number_over_zero(settings, name, value):
    settings.DJANGO_SCIM = {name: value}
    (error,) = check_settings()

    assert error.msg == f'DJANGO_SCIM["{name}"] is {value!r}, but has to be a whole number over 0.'


def test_a_string_in_the_settings_is_no_list_of_strings(settings):
    settings.DJANGO_SCIM = {"AUTHENTICATION_CLASSES": "rest_framework.authentication.BasicAuthentication"}
    (error,) = check_settings()

    assert "but has to be a list of strings" in error.msg
    assert get_settings().AUTHENTICATION_CLASSES == ScimSettings.AUTHENTICATION_CLASSES


@pytest.mark.parametrize("value", [None, [], "RESOURCES", 3, {"RESOURCES"}])
def test_a_setting_that_is_no_dictionary_is_reported(settings, value):
    settings.DJANGO_SCIM = value
    (error,) = check_settings()

    assert error.id == "django_scim.E006"
    assert "has to be a dictionary" in error.msg
    assert get_settings() == ScimSettings()


@pytest.mark.parametrize(
    ("configured", "message", "hint"),
    [
        ({"MAX_RESULT": 5}, "DJANGO_SCIM has no option 'MAX_RESULT'.", "Did you mean 'MAX_RESULTS'?"),
        ({"resources": {}}, "DJANGO_SCIM has no option 'resources'.", "Did you mean 'RESOURCES'?"),
        ({3: 4}, "DJANGO_SCIM has no option '3'.", None),
        (
            {"RESOURCES": {"User": {"atributes": {}}}},
            """DJANGO_SCIM["RESOURCES"]["User"] has no option 'atributes'.""",
            "Did you mean 'attributes'?",
        ),
        (
            {"RESOURCES": {"Group": {"ID_FIELD": "x"}}},
            """DJANGO_SCIM["RESOURCES"]["Group"] has no option 'ID_FIELD'.""",
            "Did you mean 'id_field'?",
        ),
    ],
)
def test_an_unknown_option_is_reported_with_the_nearest_one(settings, configured, message, hint):
    settings.DJANGO_SCIM = configured
    (error,) = check_settings()

    assert (error.id, error.msg) == ("django_scim.E005", message)
    assert str(error.hint).startswith(hint or "There are: ")
    assert get_settings() == ScimSettings()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"delete": "sfot"},
            """DJANGO_SCIM["RESOURCES"]["User"]["delete"] is 'sfot', but has to be 'soft' or 'hard'.""",
        ),
        (
            {"delete": None},
            """DJANGO_SCIM["RESOURCES"]["User"]["delete"] is None, but has to be 'soft' or 'hard'.""",
        ),
        (
            {"delete": ["soft"]},
            """DJANGO_SCIM["RESOURCES"]["User"]["delete"] is ['soft'], but has to be 'soft' or 'hard'.""",
        ),
        (
            {"adapter": 3},
            """DJANGO_SCIM["RESOURCES"]["User"]["adapter"] is 3, but has to be a string.""",
        ),
        (
            {"attributes": ["title"]},
            """DJANGO_SCIM["RESOURCES"]["User"]["attributes"] is ['title'], but has to be a dictionary.""",
        ),
        (
            {"id_field": 1},
            """DJANGO_SCIM["RESOURCES"]["User"]["id_field"] is 1, but has to be a string or None.""",
        ),
    ],
)
def test_a_wrong_option_of_a_resource_type_is_reported(settings, options, message):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {**options}}}
    (error,) = check_settings()

    assert (error.id, error.msg) == ("django_scim.E006", message)


def test_the_misspelled_way_to_delete_is_corrected(settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"delete": "sfot"}}}
    (error,) = check_settings()

    assert error.hint == "Did you mean 'soft'?"


def test_the_right_options_beside_a_wrong_one_are_in_force(settings):
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"delete": "hard", "id_field": 3}},
        "MAX_RESULTS": 7,
        "DEFAULT_PAGE_SIZE": "five",
    }

    assert get_settings().MAX_RESULTS == 7
    assert get_settings().DEFAULT_PAGE_SIZE == 100
    assert get_settings().RESOURCES == {"User": {"delete": "hard"}}


def test_each_mistake_in_the_settings_is_reported(settings):
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"delete": "sfot", "x": 1}, "Group": 3},
        "MAX_RESULTS": "many",
        "Y": 2,
    }

    assert (
        sorted(str(error.id) for error in check_settings())
        == ["django_scim.E005"] * 2 + ["django_scim.E006"] * 3
    )
