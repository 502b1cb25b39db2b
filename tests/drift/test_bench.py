"""What docs/bench says is what was measured, and what was measured meets its targets."""

import json
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bench.accounts import report as accounts
from bench.airflow import report as airflow
from bench.look import report as look
from bench.pacing import picture
from bench.pacing import report as pacing
from bench.producer import embedded, process, standin, ways
from bench.producer import report as producer
from bench.producer.__main__ import REAL_ROWS, ROWS, sizes, virtual_sizes
from bench.producer.latencies import LATENCIES_MS
from bench.scale import declared
from bench.scale import report as scale
from bench.shootout import charts, results
from bench.shootout import report as shootout
from bench.shootout.contestants import load
from bench.shootout.row import Row
from bench.soak import report as soak
from docs import first_met
from local.stack.embedded_aws import ROOT
from local.stack.stage_settings import settings_of
from ops.bill import units
from shared.settings import ProducerSettings

SHOOTOUT = ROOT / "docs/bench/shootout.json"
FOLDER = ROOT / "docs" / "bench"
REPORTS = {
    "accounts": accounts, "airflow": airflow, "look": look, "pacing": pacing, "producer": producer, "scale": scale, "soak": soak,
}  # fmt: skip


def measured(name: str) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return figures


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return measured("pacing")


@pytest.mark.parametrize(("name", "report"), REPORTS.items())
def test_the_table_is_of_the_figures(name: str, report: ModuleType) -> None:
    document = (FOLDER / f"{name}.md").read_text()
    start, end = report.MARKS
    assert document.count(start) == document.count(end) == 1
    assert report.rendered(document, measured(name)) == document, f"`python -m bench.{name} --render` writes it anew"


@pytest.mark.parametrize(("name", "report"), REPORTS.items())
def test_every_target_is_met(name: str, report: ModuleType) -> None:
    figures = measured(name)
    assert set(report.TARGETS) <= set(figures), f"`make bench-{name}` measures all"
    assert report.missed(figures) == []


def test_the_picture_is_of_the_figures(figures: dict[str, Any]) -> None:
    drawn = (FOLDER / "pacing.svg").read_text()
    assert picture.signature(figures) in drawn, "`python -m bench.pacing --render` draws it anew"


def test_the_same_figures_give_the_same_picture(figures: dict[str, Any], tmp_path: Path) -> None:
    for name in ("one.svg", "other.svg"):
        picture.draw(figures, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_the_seconds_of_the_picture_add_up(figures: dict[str, Any]) -> None:
    for prefix in ("", "unpaced_"):
        assert sum(figures[f"{prefix}refused_per_second"]) == figures[f"{prefix}refused"]
        assert sum(figures[f"{prefix}accepted_per_second"]) + figures[f"{prefix}waiting"] >= figures["messages"]


def test_the_producer_was_measured_with_what_is_declared_now() -> None:
    figures = measured("producer")
    assert figures["latencies_ms"] == {operation: list(times) for operation, times in LATENCIES_MS.items()}
    assert [one["rows"] for one in figures["sizes"]] == sizes(REAL_ROWS)
    assert [one["rows"] for one in figures["virtual_sizes"]] == virtual_sizes(ROWS)
    assert figures["embedded_rows"] == embedded.ROWS
    assert figures["rows_per_second"] == pytest.approx(figures["rows"] / figures["seconds"], rel=0.01)


def test_the_measured_speed_is_what_everything_else_reckons_with() -> None:
    speed = measured("producer")["rows_per_second"]
    assert pytest.approx(speed, rel=0.001) == 1 / units.PRODUCE_S, "PRODUCE_S in ops/bill/units.py is of older figures"
    assert speed == first_met.PRODUCED == declared.PRODUCED


def test_the_measured_producer_is_told_what_the_deployed_one_is_told() -> None:
    settings = {one.name.upper() for one in fields(ProducerSettings)}
    assert settings <= set(process.ENVIRONMENT)
    assert process.ENVIRONMENT["OUTBOX_TABLE"] == standin.OUTBOX


def test_the_measured_producer_works_as_it_does_in_an_account() -> None:
    default = settings_of("default")
    assert {name: str(default[name]) for name in embedded.PARAMS} == embedded.PARAMS
    assert default["writers"] == ways.WRITERS


def test_each_row_of_the_shoot_out_has_all_figures() -> None:
    assert {tuple(row) for row in json.loads(SHOOTOUT.read_text())} == {tuple(field.name for field in fields(Row))}


def test_the_tables_of_the_shoot_out_are_of_its_rows() -> None:
    document, rows = (FOLDER / "shootout.md").read_text(), results.read(SHOOTOUT)
    assert all(document.count(mark) == 1 for mark in shootout.MARKS)
    assert not rows or shootout.document(document, rows, load(), SHOOTOUT.stem) == document, (
        "`python -m bench.shootout --render`"
    )


@pytest.mark.parametrize("chart", charts.CHARTS, ids=lambda chart: str(chart.file(SHOOTOUT.stem)))
def test_the_charts_of_the_shoot_out_are_of_its_rows(chart: charts.Chart) -> None:
    drawn = (FOLDER / chart.file(SHOOTOUT.stem)).read_text()
    assert charts.signature(results.read(SHOOTOUT)) in drawn, "`python -m bench.shootout --render` draws it anew"
