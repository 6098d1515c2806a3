"""What a page says can be done as it says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.following import Follower, UncoveredBlock
from tests.docs.pages import ROOT, Block, blocks, pages
from tests.docs.shells import CommandFailed

TUTORIAL = ROOT / "docs/tutorial.md"
"""Has a test of its own, which begins with an empty folder."""

GIVEN = Path(__file__).resolve().parent / "given"


def name_of(page: Path) -> str:
    """Return the path of a page, as a test is named."""
    return str(page.relative_to(ROOT).with_suffix("")).removeprefix("docs/")


@pytest.fixture
def follower(project, tmp_path):
    with Follower(project.copy(tmp_path / "project", tmp_path / "nothing")) as follower:
        yield follower


def block(language: str, text: str, title: str = "") -> Block:
    """Return a block of a page."""
    return Block(ROOT / "README.md", 1, language, title, text)


@pytest.mark.parametrize("page", [page for page in pages() if page != TUTORIAL], ids=name_of)
def test_the_blocks_of_a_page_work(page, project, tmp_path):
    with Follower(project.copy(tmp_path / "project", GIVEN / name_of(page))) as follower:
        for each in blocks(page):
            try:
                follower.follow(each)
            except Exception as error:
                error.add_note(str(each))
                raise
        follower.finish()


@pytest.mark.parametrize(
    ("language", "title"), [("", ""), ("text", ""), ("toml", ""), ("python", "Something"), ("json", "Other")]
)
def test_a_block_without_a_rule_is_a_failure(follower, language, title):
    with pytest.raises(UncoveredBlock):
        follower.follow(block(language, "{}", title))


def test_an_indented_block_is_a_block_without_a_language(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Run:\n\n    rm -rf /\n\n- a list\n\n    ```shell\n    ls\n    ```\n", "utf-8")

    assert [(found.language, found.text) for found in blocks(page)] == [("", "rm -rf /\n"), ("shell", "ls\n")]


def test_a_command_that_fails_is_a_failure(follower):
    with pytest.raises(CommandFailed, match="unrecognized arguments: --no-such-option"):
        follower.follow(block("shell", "python manage.py check --no-such-option\necho done"))


def test_settings_that_are_wrong_are_a_failure(follower):
    follower.follow(
        block(
            "python",
            'DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"title": "no_such"}}}}',
            "settings.py",
        )
    )
    with pytest.raises(AssertionError, match=r"django_scim\.E002"):
        follower.finish()


def test_a_name_that_is_not_defined_is_a_failure(follower):
    follower.follow(block("python", "def later():\n    return Undefined\n", "staff/scim.py"))
    with pytest.raises(AssertionError, match="F821"):
        follower.finish()


def test_an_answer_that_is_another_is_a_failure(follower):
    follower.follow(block("http", "GET /scim/v2/Users"))
    with pytest.raises(AssertionError, match="totalResults is 0"):
        follower.follow(block("http", 'HTTP/1.1 200 OK\n\n{"totalResults": 1}'))


def test_json_that_is_no_message_is_a_failure(follower):
    document = (
        '{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "none"}]}'
    )
    with pytest.raises(ValueError, match="op"):
        follower.follow(block("json", document))
