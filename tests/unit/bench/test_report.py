"""The tables of a benchmark, and its targets."""

from typing import Any

import pytest

from bench.pacing import report

MET: dict[str, Any] = {
    "rate": 5.0, "messages": 300, "drain_s": 61.8, "drain_ratio": 1.03, "refused": 0, "refused_fraction": 0.0,
    "duplicates": 0, "lost": 0, "waiting": 0,
    "unpaced_drain_ratio": 1.6, "unpaced_refused_fraction": 3.7,
}  # fmt: skip
SIMULATED = {"sim_messages": 1_000_000, "sim_drain_ratio": 1.001, "sim_refused": 0}


def test_a_target_is_met_at_its_edge() -> None:
    assert report.missed(MET) == []
    assert report.missed({**MET, "drain_ratio": 1.05, "refused_fraction": 0.005}) == []


@pytest.mark.parametrize(
    "worse",
    [{"drain_ratio": 1.051}, {"refused_fraction": 0.0051}, {"duplicates": 1}, {"lost": 1}, {"waiting": 1}],
)
def test_a_missed_target_is_named(worse: dict[str, float]) -> None:
    (problem,) = report.missed({**MET, **worse})
    assert problem.startswith(f"{next(iter(worse))} is ")


def test_the_simulation_has_targets_too() -> None:
    assert report.missed(report.completed({**MET, **SIMULATED})) == []
    assert len(report.missed(report.completed({**MET, **SIMULATED, "sim_drain_ratio": 1.021, "sim_refused": 1}))) == 2


def test_the_simulation_has_a_column_if_there_was_one() -> None:
    assert [len(row) for row in report.cells(MET)] == [4] * len(report.cells(MET))
    head, first, *rest = report.cells(report.completed({**MET, **SIMULATED}))
    assert first == ["messages", "300", "300", "1,000,000", ""]
    assert len(head) == len(rest[0]) == 5


def test_the_table_in_the_document() -> None:
    text = report.rendered("\n".join(report.MARKS), MET)
    assert "| | paced | Retry alone | target |\n| --- | ---: | ---: | ---: |\n| messages | 300 | 300 | |\n" in text
    assert "| refused for each mail accepted | 0.00% | 370.00% | ≤ 0.50% |" in text
    assert report.rendered(text, MET) == text
