"""What docs/bench says is what was measured, and what was measured meets its targets."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.pacing import picture, report

FOLDER = Path(__file__).parents[2] / "docs" / "bench"


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    measured: dict[str, Any] = json.loads((FOLDER / "pacing.json").read_text())
    return measured


def test_the_table_is_of_the_figures(figures: dict[str, Any]) -> None:
    document = (FOLDER / "pacing.md").read_text()
    assert report.START in document
    assert report.rendered(document, figures) == document, "`python -m bench.pacing --render` writes it anew"


def test_the_picture_is_of_the_figures(figures: dict[str, Any]) -> None:
    drawn = (FOLDER / "pacing.svg").read_text()
    assert picture.signature(figures) in drawn, "`python -m bench.pacing --render` draws it anew"


def test_the_same_figures_give_the_same_picture(figures: dict[str, Any], tmp_path: Path) -> None:
    for name in ("one.svg", "other.svg"):
        picture.draw(figures, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_every_target_is_met(figures: dict[str, Any]) -> None:
    assert report.missed(figures) == []


def test_the_seconds_of_the_picture_add_up(figures: dict[str, Any]) -> None:
    for prefix in ("", "unpaced_"):
        assert sum(figures[f"{prefix}refused_per_second"]) == figures[f"{prefix}refused"]
        assert sum(figures[f"{prefix}accepted_per_second"]) + figures[f"{prefix}waiting"] >= figures["messages"]
