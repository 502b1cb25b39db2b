"""The tables of a benchmark, and its targets."""

from dataclasses import asdict
from itertools import product
from typing import Any

import pytest

from bench.pacing import report
from bench.pacing.late import LATENESSES, Lateness

MET: dict[str, Any] = {
    "rate": 5.0, "messages": 300, "drain_s": 60.6, "drain_ratio": 1.01, "refused": 0, "refused_fraction": 0.0,
    "duplicates": 0, "lost": 0, "waiting": 0,
    "unpaced_drain_ratio": 1.6, "unpaced_refused_fraction": 3.7,
}  # fmt: skip
SIMULATED = {"sim_messages": 1_000_000, "sim_drain_ratio": 1.001, "sim_refused": 0}


def test_a_target_is_met_at_its_edge() -> None:
    assert report.missed(MET) == []
    assert report.missed({**MET, "drain_ratio": 1.02, "refused_fraction": 0.005}) == []


@pytest.mark.parametrize(
    "worse",
    [{"drain_ratio": 1.021}, {"refused_fraction": 0.0051}, {"duplicates": 1}, {"lost": 1}, {"waiting": 1}],
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


def test_a_core_that_was_busy_has_a_column_and_a_target_of_its_own() -> None:
    busy = {**MET, "busy_drain_ratio": 1.051, "busy_drain_s": 63.1}
    assert report.cells(busy)[0] == ["", "paced", "paced, a core busy", "Retry alone", "target"]
    assert report.missed(busy) == ["busy_drain_ratio is 1.051, the target is at most 1.05"]


def test_what_came_late_is_told_by_the_worst_of_its_kind() -> None:
    late = [
        {**one, "transitions_per_message": 2.0 if one["wake_delay_s"] < 10 else 2.5}
        for one in (late_run(*case) for case in product(LATENESSES, (5.0, 14.0)))
    ]
    head, *rows = report.late_cells(late)
    assert len(rows) == len(LATENESSES)
    assert rows[3][:3] == ["all late by 10 s", "30", "9.5 s"]
    assert rows[3][head.index("transitions, to those of a punctual run")] == "1.250"
    assert [problem.rpartition(": ")[2] for problem in report.missed({"late": late})] == [
        "transitions_per_message is 2.5, at most 2.2"
    ] * 2


def late_run(kind: Lateness, rate: float) -> dict[str, Any]:
    """As `bench.pacing.late` measures it; nothing but its transitions is over the mark."""
    return {
        **asdict(kind), "rate": rate, "batch": 1, "messages": 30, "sent": 30, "most_late_s": 0.5, "drain_ratio": 1.0,
        "drain_s": 30 / (rate * 0.9) + kind.wake_delay_s - 0.5, "most_in_any_second": 2, "longest_put_off_s": 1.0,
        "refused_fraction": 0.0, "duplicates": 0, "lost": 0,
    }  # fmt: skip


def test_the_table_in_the_document() -> None:
    text = report.rendered("\n".join(report.MARKS), MET)
    assert "| | paced | Retry alone | target |\n| --- | ---: | ---: | ---: |\n| messages | 300 | 300 | |\n" in text
    assert "| refused for each mail accepted | 0.00% | 370.00% | ≤ 0.50% |" in text
    assert report.rendered(text, MET) == text
