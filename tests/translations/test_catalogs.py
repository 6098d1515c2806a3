"""Each catalog has every text of the sources, translated and compiled. CONTRIBUTING.md says how."""

from __future__ import annotations

import re
from gettext import GNUTranslations

import pytest

from tests.translations.catalogs import (
    EXTRACTOR,
    PACKAGE,
    PLURALS,
    catalog_of,
    is_extractor_there,
    key_of,
    path_of,
    refreshed,
    texts_of_sources,
)

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{\w*\}")
"""What is filled in: ``%(name)s``, ``%s`` and ``{name}``; ``%%`` is a percent sign."""


@pytest.fixture(scope="module", params=PLURALS)
def language(request):
    return request.param


@pytest.fixture(scope="module")
def catalog(language):
    return catalog_of(language)


@pytest.fixture(scope="module")
def texts():
    """The texts that the sources mark."""
    if not is_extractor_there():
        pytest.skip(f"{EXTRACTOR} is not installed, of the package gettext")
    return texts_of_sources()


def forms(entry):
    """Return the translations of an entry, each with the text that it is of."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    # One plural form may be for one and for many: what is filled in is the same in both texts.
    return [(entry.msgid_plural, form) for form in entry.msgstr_plural.values()]


def placeholders(text):
    return sorted(set(PLACEHOLDER.findall(text)))


def test_each_language_has_a_folder_and_each_folder_is_of_a_language():
    assert sorted(path.name for path in (PACKAGE / "locale").iterdir()) == sorted(PLURALS)


def test_a_catalog_has_exactly_the_texts_of_the_sources(catalog, texts):
    own, marked = {key_of(entry) for entry in catalog}, {key_of(entry) for entry in texts}

    assert own - marked == set()
    assert marked - own == set()


def test_a_catalog_is_written_as_the_tool_writes_it(catalog, language):
    assert path_of(language).read_text("utf-8") == str(refreshed(language, catalog))


def test_every_text_is_translated_and_none_is_doubtful(catalog):
    assert [entry.msgid for entry in catalog if not all(form for _, form in forms(entry))] == []
    assert [entry.msgid for entry in catalog if entry.fuzzy or entry.obsolete] == []


def test_every_plural_form_is_there(catalog, language):
    number = int(PLURALS[language].split(";")[0].removeprefix("nplurals="))

    plurals = [entry for entry in catalog if entry.msgid_plural]
    assert plurals
    assert [entry.msgid for entry in plurals if sorted(entry.msgstr_plural) != list(range(number))] == []


def test_what_is_filled_in_is_the_same_in_every_form(catalog):
    assert [
        (text, form)
        for entry in catalog
        for text, form in forms(entry)
        if placeholders(text) != placeholders(form)
    ] == []


def test_a_text_and_its_plural_are_filled_in_alike(catalog):
    plurals = [entry for entry in catalog if entry.msgid_plural]

    assert [
        entry.msgid for entry in plurals if placeholders(entry.msgid) != placeholders(entry.msgid_plural)
    ] == []


def test_a_translation_begins_and_ends_as_the_text_does(catalog):
    def edges(text):
        return text[:1].isspace(), text[-1:].isspace(), text.count("\n")

    assert [text for entry in catalog for text, form in forms(entry) if edges(text) != edges(form)] == []


def test_a_compiled_catalog_says_what_the_catalog_says(catalog, language):
    with path_of(language).with_suffix(".mo").open("rb") as file:
        found = vars(GNUTranslations(file))["_catalog"]

    expected = {"": found[""]}
    for entry in catalog:
        key = entry.msgid if entry.msgctxt is None else f"{entry.msgctxt}\4{entry.msgid}"
        if entry.msgid_plural:
            expected |= {(key, number): form for number, form in entry.msgstr_plural.items()}
        else:
            expected[key] = entry.msgstr
    assert found == expected
    assert f"Plural-Forms: {PLURALS[language]}" in found[""]
