"""What is public: one page lists it, the modules say the same, and the documentation uses nothing else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from django_scim.conf import ScimSettings
from django_scim.imports import import_path_or_module

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reference/public.md"
ROW = re.compile(r"^\| `(django_scim[\w.]*)` \| (.+?) \|", re.MULTILINE)
PUBLIC = {module: re.findall(r"`(\w+)`", names) for module, names in ROW.findall(PAGE.read_text("utf-8"))}
"""The names that the page lists, by their module."""

IN_SETTINGS = ("mappings", "schema", "dialects", "token_format")
"""The modules of which the page says that they can be imported in the settings file."""

BLOCK = re.compile(r"^( *)```python[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
DOTTED = re.compile(r"django_scim(\.[A-Za-z_]\w*)+")
OPTIONAL = {"django_scim.openapi.hooks": "drf_spectacular"}
NAMES_THAT_ARE_NO_MODULES = {"django_scim.access", "django_scim.request"}
"""The loggers."""


def sources() -> list[tuple[str, str]]:
    """Return the Python that a reader sees: the blocks of the pages, and the example project."""
    found = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for number, (indent, text) in enumerate(BLOCK.findall(page.read_text("utf-8"))):
            block = re.sub(f"^{indent}", "", text, flags=re.MULTILINE)
            found.append((f"{page.relative_to(ROOT)} {number}", block))
    for path in sorted((ROOT / "example_project").rglob("*.py")):
        found.append((str(path.relative_to(ROOT)), path.read_text("utf-8")))
    return found


SOURCES = sources()


def used(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a source takes from the app: the module and the name in it, or "" for the whole module."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if is_ours(module):
                for alias in names:
                    inner = f"{module}.{alias.name}"
                    yield (inner, "") if inner in PUBLIC else (module, alias.name)
            case ast.Import(names=names):
                yield from ((alias.name, "") for alias in names if is_ours(alias.name))
            case ast.Constant(value=str(path)) if DOTTED.fullmatch(path):
                if path not in NAMES_THAT_ARE_NO_MODULES and not is_permission(path):
                    yield (path, "") if path in PUBLIC else tuple(path.rsplit(".", 1))  # type: ignore[misc]


def is_ours(module: str) -> bool:
    return module.split(".")[0] == "django_scim"


def is_permission(path: str) -> bool:
    """Whether a text such as ``django_scim.view_record`` names a permission."""
    return re.fullmatch(r"django_scim\.(view|add|change|delete)_\w+", path) is not None


def is_public(module: str, name: str) -> bool:
    return module in PUBLIC and (not name or name in PUBLIC[module])


@pytest.fixture(params=PUBLIC)
def module(request) -> Any:
    """Each public module."""
    if (package := OPTIONAL.get(request.param)) and find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    return import_module(request.param)


def test_a_module_has_in_all_what_the_page_lists(module):
    assert sorted(module.__all__) == sorted(PUBLIC[module.__name__])
    assert len(PUBLIC) > 15


def test_each_name_is_there_and_has_a_docstring(module):
    for name in module.__all__:
        assert documented(module.__name__, name), f"{module.__name__}.{name}"


def documented(module: str, name: str) -> bool:
    """Whether a name has a docstring where it is defined."""
    value = getattr(import_module(module), name)
    if isinstance(value, type) or callable(value):
        return bool(vars(value).get("__doc__") if isinstance(value, type) else value.__doc__)
    source = import_module(module).__file__
    assert source is not None
    body = ast.parse(Path(source).read_text("utf-8")).body
    for node, following in zip(body, [*body[1:], None], strict=True):
        match node:
            case ast.ImportFrom(module=str(origin), names=names) if name in [each.name for each in names]:
                return documented(origin, name)
            case ast.Assign(targets=[ast.Name(id=found)]) | ast.AnnAssign(target=ast.Name(id=found)):
                if found == name:
                    return isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
    return False


def test_all_else_is_said_to_be_private():
    page = PAGE.read_text("utf-8")

    assert "**Everything else may change without notice.**" in page
    assert "may change without notice" in (import_module("django_scim").__doc__ or "")


def test_each_package_says_what_is_private_in_it():
    names = [path.parent.name for path in (ROOT / "django_scim").glob("*/__init__.py")]
    packages = [import_module(f"django_scim.{name}") for name in names]
    silent = [
        package.__name__
        for package in packages
        if package.__doc__ and package.__name__ not in PUBLIC and "rivate" not in package.__doc__
    ]

    assert silent == []


@pytest.mark.parametrize("text", [text for _, text in SOURCES], ids=[place for place, _ in SOURCES])
def test_the_documentation_uses_public_names_alone(text):
    private = [f"{module} {name}" for module, name in used(text) if not is_public(module, name)]

    assert private == []


def test_the_settings_name_public_defaults():
    values = [value for value in vars(ScimSettings()).values() if isinstance(value, str | tuple)]
    paths = [path for value in values for path in ([value] if isinstance(value, str) else value)]
    ours = [path for path in paths if is_ours(path)]

    assert ours
    assert [path for path in ours if not is_public(*path.rsplit(".", 1))] == []


@pytest.mark.parametrize("path", ["adapters.users.UserAdapter", "adapters.UserAdapter", "adapters"])
def test_adapters_can_be_named_in_two_ways(path):
    assert import_path_or_module(f"django_scim.{path}")


def test_what_adapters_do_not_have_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'UserAdaptor'"):
        _ = import_module("django_scim.adapters").UserAdaptor


@pytest.mark.parametrize("name", IN_SETTINGS)
def test_what_can_stand_in_the_settings_needs_no_apps(name):
    code = f"import django_scim.{name} as module; [getattr(module, name) for name in module.__all__]"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603

    assert done.returncode == 0, done.stderr


# The test itself


@pytest.mark.parametrize(
    "text",
    [
        "from django_scim.adapters.users import UserAdapter",
        "from django_scim.mappings import HostPath",
        "import django_scim.conf",
        "from django_scim import conf",
        'X = ["django_scim.deprovisioning.sessions.end_sessions"]',
    ],
)
def test_what_is_private_is_found_out(text):
    ((module, name),) = used(text)

    assert not is_public(module, name)


@pytest.mark.parametrize(
    "text",
    [
        "from django_scim.adapters import UserAdapter",
        "from django_scim import mappings",
        'X = "django_scim.urls"',
        'X = ["django_scim.deprovisioning.end_sessions"]',
    ],
)
def test_what_is_public_is_found(text):
    ((module, name),) = used(text)

    assert is_public(module, name)
