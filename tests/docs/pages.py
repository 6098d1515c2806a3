"""The pages of the documentation, and the code blocks in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent.parent
INFO = re.compile(r'(?P<language>[\w-]*)(?:\s+title="(?P<title>[^"]*)")?\s*')


@dataclass(frozen=True)
class Block:
    """A code block: a fenced one with its language and title, or an indented one, which has neither."""

    page: Path
    line: int
    language: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Return the pages with code blocks, the README first."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in found if any(blocks(page))]


def blocks(page: Path) -> Iterator[Block]:
    """Yield the code blocks of a page, also those in lists.

    :raises ValueError: If the words behind a fence are not a language and a title.
    """
    for token in MarkdownIt().parse(page.read_text("utf-8")):
        if token.type not in ("fence", "code_block"):
            continue
        line = token.map[0] + 1 if token.map else 0
        info = INFO.fullmatch(token.info)
        if info is None:
            raise ValueError(f"{page.relative_to(ROOT)}:{line}: '{token.info}' is no language with a title")
        yield Block(page, line, info["language"], info["title"] or "", token.content)
