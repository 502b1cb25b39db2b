"""pyproject.toml's import contracts ↔ the folders: no module is outside them."""

import tomllib
from typing import Any

from local.stack.embedded_aws import ROOT

LINTER: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
PROGRAMS = {"deploy", "examples"}
"""Folders of scripts: they import nothing of ours, and nothing imports them."""


def layers(*, of: list[str] | None = None) -> set[str]:
    (contract,) = [one for one in LINTER["contracts"] if one["type"] == "layers" and one.get("containers") == of]
    return {name for layer in contract["layers"] for name in layer.replace("|", ":").replace(" ", "").split(":")}


def test_every_folder_with_python_in_it_stands_in_the_contracts() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders - PROGRAMS == set(LINTER["root_packages"]) == layers()


def test_every_room_of_shared_stands_in_a_layer() -> None:
    rooms = {path.stem for path in (ROOT / "shared").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__init__", "__pycache__"} == layers(of=["shared"])


def test_programs_import_nothing_of_ours() -> None:
    for folder in PROGRAMS:
        for file in (ROOT / folder).glob("*.py"):
            assert not any(f"from {root}" in file.read_text() for root in LINTER["root_packages"]), file
