"""The deployed zip is complete, lean and reproducible: nothing of the checkout or of site-packages helps it out."""

import json
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

from tests.drift.conftest import build_zip

HANDLERS = ("producer", "claim", "send", "sweeper", "feedback")
MODULES_AT_MOST = 900
"""Imported by one handler, boto3 included; each adds to a cold start. A web framework or a settings library would
break it.
"""
PROBE = """
import sys
sys.path.insert(0, {zip!r})
import importlib
before = set(sys.modules)
module = importlib.import_module("handlers.{handler}")
assert callable(module.handler)
import json
modules = {{name: getattr(sys.modules[name], "__file__", None) for name in sorted(set(sys.modules) - before)}}
print(json.dumps(modules))
"""


@cache
def imported(folder: Path, handler: str) -> dict[str, str | None]:
    """Modules that a handler imports, with their files, in an interpreter that knows the zip and the standard library."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", PROBE.format(zip=str(folder), handler=handler)],
        cwd=folder.parent,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    modules: dict[str, str | None] = json.loads(done.stdout)
    return modules


@pytest.fixture(scope="module")
def unpacked(deployed_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("var") / "task"
    with zipfile.ZipFile(deployed_zip) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.parametrize("handler", HANDLERS)
def test_each_handler_imports_from_the_zip_and_the_standard_library_alone(unpacked: Path, handler: str) -> None:
    library = Path(sys.base_prefix).resolve()
    modules = imported(unpacked, handler)
    files = [Path(file).resolve() for file in modules.values() if file]
    outside = [
        file for file in files if not file.is_relative_to(unpacked.resolve()) and not file.is_relative_to(library)
    ]
    assert outside == []
    assert not [file for file in files if "site-packages" in file.parts]
    assert len(modules) < MODULES_AT_MOST


def test_only_the_producer_imports_pyathena(unpacked: Path) -> None:
    """The others are called more often and start faster without it."""
    assert [handler for handler in HANDLERS if "pyathena" in imported(unpacked, handler)] == ["producer"]


def test_the_same_input_gives_the_same_bytes(deployed_zip: Path, tmp_path: Path) -> None:
    assert build_zip(tmp_path / "again.zip").read_bytes() == deployed_zip.read_bytes()


def test_what_is_not_for_lambda_is_not_in_it(deployed_zip: Path) -> None:
    names = zipfile.ZipFile(deployed_zip).namelist()
    assert "mail/usage/query.sql" in names
    assert "mail/stages.yml" not in names
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"tests", "local", "bench", "deploy", "docs", "node_modules", "pytest", "moto", "hypothesis"}
    parts = {part for name in names for part in name.split("/")}
    assert not parts & {"__pycache__", "fakes"}
    assert not [name for name in names if name.endswith((".so", ".pyc"))]


def test_every_aws_service_that_wiring_uses_has_its_model_in_it(deployed_zip: Path) -> None:
    names = zipfile.ZipFile(deployed_zip).namelist()
    models = {name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 2}
    assert {"athena", "dynamodb", "lambda", "s3", "sesv2", "stepfunctions"} <= models
    assert len(models) < 10
