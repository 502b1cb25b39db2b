"""The shoot-out's charts are of their rows, the same each time, and stand where the document looks for them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bench.shootout import charts, report
from bench.shootout.charts import cost, drain, outcomes
from bench.shootout.contestants import load
from tests.unit.bench.test_shootout import ROW

ROWS = [
    replace(ROW, contestant="loop", dollars_per_million=0.0),
    ROW,
    replace(ROW, contestant="sqs", fault="kill_storm", drain_ratio=None, held=500),
]


def words(figure: Figure | None) -> list[str]:
    assert figure
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("chart", charts.CHARTS, ids=lambda chart: str(chart.file("rows")))
def test_the_same_rows_give_the_same_chart(chart: charts.Chart, tmp_path: Path) -> None:
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        charts.draw(ROWS, load(), tmp_path / folder / "rows.json")
    one, other = (tmp_path / folder / chart.file("rows") for folder in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
    assert charts.signature(ROWS) in one.read_text()
    assert charts.signature(ROWS) != charts.signature([replace(ROWS[0], twice=1), *ROWS[1:]])


def test_the_document_shows_each_chart_that_was_drawn(tmp_path: Path) -> None:
    charts.draw(ROWS, load(), tmp_path / "rows.json")
    said = report.document("\n".join(report.MARKS), ROWS, load(), "rows")
    shown = re.findall(r"!\[.+?\]\((.+?)\)", said)
    assert (
        sorted(shown)
        == sorted(path.name for path in tmp_path.iterdir())
        == sorted(one.file("rows") for one in charts.CHARTS)
    )


def test_no_chart_of_cost_where_nothing_ran_undisturbed(tmp_path: Path) -> None:
    charts.draw(ROWS[2:], load(), tmp_path / "rows.json")
    assert not (tmp_path / "rows-cost.svg").exists()
    assert "cost.svg" not in report.document("\n".join(report.MARKS), ROWS[2:], load(), "rows")


def test_it_says_whose_servers_are_not_counted() -> None:
    assert words(cost.figure(ROWS, load())) == ["$0.00  + servers", "$10.00"]


def test_each_drain_stands_beside_its_dot() -> None:
    rows = [*ROWS, replace(ROW, fault="kill_storm", drain_ratio=3.1, timed_out=True)]
    assert words(drain.figure(rows, load())) == ["1.02", "1.02", "no mail", "3.10 …"]


def test_a_large_drain_does_not_hide_a_small_one() -> None:
    assert drain.at(1.0) == 0
    assert drain.at(1.05) - drain.at(1.01) > 0.1 * drain.at(12.0)


def test_one_user_of_many_is_seen() -> None:
    rows = [replace(ROW, twice=1, none=1, held=1, users=1_000_000)]
    (axes,) = outcomes.figure(rows, load()).axes
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches if isinstance(bar, Rectangle)]
    assert [round(end - start, 3) for start, end in ends] == [0.015] * 3
    assert [start for start, _ in ends] == pytest.approx([0.0, 0.015, 0.03])


def test_nobody_is_told_as_nobody() -> None:
    assert words(outcomes.figure([ROW, replace(ROW, contestant="loop", held=1)], load())) == ["0"]
