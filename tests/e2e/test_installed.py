"""`uvx --from . onlyonce`: the command as a package of its own, built from a checkout and run far away from it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack.deployment import Deployment
from local.stack.embedded_aws import ROOT
from local.stack.isolation import isolated
from local.stack.stage_settings import STAGE

PARTS = ("ops", "shared", "mail")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No more of it than the package is made of."""
    folder = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def onlyonce(checkout: Path, away: Path, *words: str, url: str = "") -> str:
    """What it prints. With `url` it speaks to the embedded AWS alone, and to no registry."""
    uv = [sys.executable, "-m", "uv", "tool", "run", *(["--offline"] if url else []), "--from", str(checkout)]
    done = subprocess.run(
        [*uv, "onlyonce", *words], cwd=away, env=isolated(os.environ, url) if url else {**os.environ},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_built_and_run_away_from_the_checkout(
    checkout: Path, tmp_path: Path, fresh_deployment: Deployment
) -> None:
    assert "Commands:" in onlyonce(checkout, tmp_path, "--help")
    assert f"onlyonce-{STAGE} on {fresh_deployment.url}" in onlyonce(
        checkout, tmp_path, "status", "--stage", STAGE, url=fresh_deployment.url
    )


def test_a_change_in_the_checkout_is_taken_up(checkout: Path, tmp_path: Path) -> None:
    """uv keeps what it has built until one of the files has changed that pyproject.toml names."""
    before = onlyonce(checkout, tmp_path, "--help")
    main = checkout / "ops" / "main.py"
    main.write_text(main.read_text().replace('_ABOUT = "What a person does', '_ABOUT = "All that a person does'))
    assert "What a person does" in before
    assert "All that a person does" in onlyonce(checkout, tmp_path, "--help")


def test_the_package_has_the_mail_and_not_the_settings(checkout: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "uv", "build", "--wheel", "--out-dir", str(tmp_path), str(checkout)]
    subprocess.run(build, capture_output=True, check=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    unpacked = tmp_path / "wheel"
    shutil.unpack_archive(wheel, unpacked, "zip")
    packed = {
        str(path.relative_to(unpacked)) for part in PARTS for path in (unpacked / part).rglob("*") if path.is_file()
    }
    there = {
        str(path.relative_to(checkout)) for part in PARTS for path in (checkout / part).rglob("*") if path.is_file()
    }
    assert packed == there - {"mail/stages.yml"}
    assert "mail/usage/html.hbs" in packed
