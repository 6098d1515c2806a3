"""The catalogs of translations: what the sources have, what the files have, and how one becomes the other.

The files have neither dates nor line numbers, so that a change of a text is all that a diff shows.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import polib

import django_scim

PACKAGE = Path(django_scim.__file__).parent

PLURALS = {
    "de": "nplurals=2; plural=(n != 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "ja": "nplurals=1; plural=0;",
    "pt_BR": "nplurals=2; plural=(n > 1);",
}
"""The languages, by the names of their folders, and when each has which plural."""

EXTRACTOR = "xgettext"
"""The program that finds the texts, of the package gettext."""


def is_extractor_there() -> bool:
    """Whether the texts of the sources can be found."""
    return shutil.which(EXTRACTOR) is not None


def path_of(language: str) -> Path:
    """Return the path of a catalog. The compiled one is beside it."""
    return PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po"


def catalog_of(language: str) -> polib.POFile:
    """Return the catalog of a language as its file has it."""
    return polib.pofile(str(path_of(language)), wrapwidth=0)


def key_of(entry: polib.POEntry) -> tuple[str | None, str, str]:
    """Return what an entry is found by: its context, its text, and its plural."""
    return entry.msgctxt, entry.msgid, entry.msgid_plural


def texts_of_sources() -> polib.POFile:
    """Return the texts that the package marks for translation, in the order of its files."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "django_scim"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("locale", "__pycache__", "*.json"))
        (copy / "locale").mkdir()
        options = ["--locale", "en", "--add-location", "file", "--no-wrap", "--verbosity", "0"]
        subprocess.run(  # noqa: S603
            [sys.executable, "-m", "django", "makemessages", *options],
            cwd=copy,
            # The settings of the tests cannot be imported from there, and are not needed.
            env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
            check=True,
            stderr=subprocess.PIPE,
        )
        return polib.pofile(str(copy / "locale" / "en" / "LC_MESSAGES" / "django.po"), wrapwidth=0)


def refreshed(language: str, texts: polib.POFile) -> polib.POFile:
    """Return the catalog of a language with exactly the given texts. What was translated stays so."""
    known = {}
    if path_of(language).exists():
        known = {key_of(entry): entry for entry in catalog_of(language) if not entry.obsolete}
    catalog = polib.POFile(wrapwidth=0)
    catalog.metadata = {
        "Project-Id-Version": "django_scim",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[language],
    }
    for entry in texts:
        old = known.get(key_of(entry))
        new = polib.POEntry(
            msgctxt=entry.msgctxt,
            msgid=entry.msgid,
            msgid_plural=entry.msgid_plural,
            flags=[flag for flag in entry.flags if flag != "fuzzy"],
            comment=entry.comment,
            occurrences=entry.occurrences,
        )
        if entry.msgid_plural:
            number = int(PLURALS[language].partition(";")[0].partition("=")[2])
            new.msgstr_plural = {
                position: old.msgstr_plural.get(position, "") if old else "" for position in range(number)
            }
        elif old:
            new.msgstr = old.msgstr
        if old:
            new.tcomment = old.tcomment
        catalog.append(new)
    return catalog


def compiled(catalog: polib.POFile) -> bytes:
    """Return a catalog as Python reads it."""
    binary: bytes = catalog.to_binary()
    return binary


def write(language: str, catalog: polib.POFile) -> None:
    """Write the file of a catalog, and the compiled one beside it."""
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog.save(str(path))
    path.with_suffix(".mo").write_bytes(compiled(catalog))
