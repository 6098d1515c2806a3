"""Brings the catalogs up to date with the sources, and compiles them: ``python -m tests.translations``.

With ``--compile``, the texts of the sources are not looked at: that takes no program of the package gettext.
"""

from __future__ import annotations

import sys

from tests.translations.catalogs import (
    EXTRACTOR,
    PLURALS,
    catalog_of,
    is_extractor_there,
    refreshed,
    texts_of_sources,
    write,
)


def main(*arguments: str) -> int:
    """Write the catalogs, and say how much of each is still to be translated."""
    is_compiling = "--compile" in arguments
    if not is_compiling and not is_extractor_there():
        sys.stderr.write(f"{EXTRACTOR} is missing: install gettext, or compile alone by --compile\n")
        return 1
    texts = None if is_compiling else texts_of_sources()
    for language in PLURALS:
        catalog = catalog_of(language) if texts is None else refreshed(language, texts)
        write(language, catalog)
        left = len(catalog) - len(catalog.translated_entries())
        sys.stdout.write(f"{language}: {len(catalog)} texts, {left} to be translated\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
