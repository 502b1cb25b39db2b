"""What a soak says of what it saw: growth counts from the tenth minute, and what nothing asked for is missed."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from types import SimpleNamespace

import pytest

from bench.errors import MeasurementError
from bench.soak import report
from bench.soak.left_alone import LeftAlone, Standing
from bench.soak.load import Load
from bench.soak.watch import Sample, Watched

QUIET = Load(engine_mb=150.0, memory_mb=500.0, cpu_s=10.0, threads=30, processes=7)
MONTHS = Standing({"2026-10/ann": "DELIVERED", "2026-09/ann": "PENDING"}, mails=1)
COUNTS = {"producer": 0, "claim": 0, "send": 0, "feedback": 0, "sweeper": 15, "dead_letters": 0}


def watched(minutes: int, **changes: float) -> Watched:
    """A sample each five seconds; `changes` say by how much a figure grows each minute."""
    return Watched(
        [
            Sample(at, replace(QUIET, **{name: getattr(QUIET, name) + by * at / 60 for name, by in changes.items()}))
            for at in range(0, minutes * 60 + 1, 5)
        ]
    )


def missed(seen: Watched, after: Standing = MONTHS, counts: Mapping[str, int] = COUNTS) -> set[str]:
    figures = report.figures(seen, MONTHS, after, counts, asked=15)
    return {problem.partition(" ")[0] for problem in report.missed(figures)}


def test_a_stack_that_stays_as_it_is_meets_every_target() -> None:
    assert missed(watched(60)) == set()


@pytest.mark.parametrize(
    ("changes", "misses"),
    [
        ({"engine_mb": 1.0, "memory_mb": 1.0}, {"engine_growth"}),
        ({"memory_mb": 3.0}, {"memory_growth"}),
        ({"threads": 1}, {"threads_growth"}),
        ({"cpu_s": 3.1}, {"cpu_share"}),
    ],
)
def test_what_grows_is_missed(changes: dict[str, float], misses: set[str]) -> None:
    assert missed(watched(60, **changes)) == misses


def test_growth_of_the_first_ten_minutes_is_none() -> None:
    samples = [
        Sample(one.at_s, replace(one.load, engine_mb=100.0 if one.at_s < 500 else 150.0)) for one in watched(60).samples
    ]
    assert missed(Watched(samples)) == set()


def test_a_sweep_at_the_end_says_nothing_of_what_stays() -> None:
    *before, last = watched(60).samples
    assert missed(Watched([*before, Sample(last.at_s, replace(last.load, engine_mb=400.0))])) == set()


@pytest.mark.parametrize(
    ("counts", "misses"),
    [
        ({"sweeper": 16}, set()),
        ({"sweeper": 2499}, {"sweeps_off"}),
        ({"sweeper": 0}, {"sweeps_off"}),
        ({"claim": 7}, set()),
        ({"claim": 8}, {"claims_more"}),
        ({"send": 1}, {"other_invocations"}),
        ({"dead_letters": 1}, {"dead_letters"}),
    ],
)
def test_what_no_schedule_asks_for_is_missed(counts: dict[str, int], misses: set[str]) -> None:
    assert missed(watched(60), counts={**COUNTS, **counts}) == misses


def test_a_message_that_moved_or_went_and_a_mail_more_are_missed() -> None:
    assert missed(watched(60), Standing({**MONTHS.messages, "2026-09/ann": "CLAIMED"}, 1)) == {"moved"}
    assert missed(watched(60), Standing({"2026-10/ann": "DELIVERED"}, 1)) == {"moved"}
    assert missed(watched(60), Standing({**MONTHS.messages, "2026-09/bob": "PENDING"}, 1)) == {"moved"}
    assert missed(watched(60), Standing(MONTHS.messages, 2)) == {"mails_more"}
    assert missed(watched(60), Standing(MONTHS.messages, 0)) == {"mails_more"}


def test_a_stack_that_never_comes_to_rest_is_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule that fires without end: a soak that waited for it would never fail."""
    runs = count()
    alone = object.__new__(LeftAlone)
    monkeypatch.setattr(alone, "invocations", lambda *_: {"sweeper": next(runs)})
    monkeypatch.setattr(
        "bench.soak.left_alone.time", SimpleNamespace(monotonic=count(step=7).__next__, sleep=lambda _: None)
    )
    with pytest.raises(MeasurementError, match=r"does not come to rest within 180 s: \{'sweeper': "):
        alone._come_to_rest()
