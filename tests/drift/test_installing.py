"""pyproject.toml ↔ requirements-dev.txt ↔ what the command imports: installed alone it has all that it needs."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.drift.documents import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NEEDED = {str(canonicalize_name(one.name)): one for one in map(Requirement, PROJECT["project"]["dependencies"])}
SHIPPED: list[str] = PROJECT["tool"]["uv"]["build-backend"]["module-name"]
OF_BOTO3 = {"botocore"}
"""What comes with a package that is named, in a version that fits it."""


def pinned() -> dict[str, str]:
    """Version by name, as `make lock` has written it."""
    lines = [line.split(";")[0].strip() for line in (ROOT / "requirements-dev.txt").read_text().splitlines()]
    pins = [line.partition("==") for line in lines if "==" in line and not line.startswith("#")]
    return {str(canonicalize_name(name.partition("[")[0])): version for name, _, version in pins}


def imported() -> set[str]:
    """Packages of others that the shipped modules import, also those that are for types or for one function only."""
    found: set[str] = set()
    for module in SHIPPED:
        for path in (ROOT / module).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    found.update(one.name.partition(".")[0] for one in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module.partition(".")[0])
    return {one for one in found if one not in sys.stdlib_module_names and not one.startswith("mypy_boto3")}


@pytest.mark.parametrize("name", NEEDED)
def test_what_is_tested_here_is_what_is_installed_elsewhere(name: str) -> None:
    """`make lock` may have taken a version that pyproject.toml does not allow yet."""
    assert pinned()[name] in NEEDED[name].specifier


def test_all_that_it_imports_is_named() -> None:
    distributions = packages_distributions()
    others = imported() - set(SHIPPED) - OF_BOTO3
    assert {canonicalize_name(distributions[one][0]) for one in others} <= set(NEEDED)


def test_its_imports_are_found() -> None:
    assert {"boto3", "cyclopts", "pyathena", "rich"} <= imported()


def test_it_is_built_anew_when_any_of_its_files_has_changed() -> None:
    keys = {key["file"] for key in PROJECT["tool"]["uv"]["cache-keys"]}
    assert keys == {"pyproject.toml", *(f"{module}/**" for module in SHIPPED)}
