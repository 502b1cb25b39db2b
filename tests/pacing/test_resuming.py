"""After `resume` a campaign is back at its full rate, however many messages wait."""

import math
from datetime import UTC, datetime

import pytest

from bench.pacing.resuming import WINDOW_S, back_after, resume_s
from bench.pacing.waiting_table import WaitingTable
from shared.store import Term, Write
from shared.sweeping.remedies import Standing
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire

NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)


def test_the_full_rate_is_back_within_two_minutes() -> None:
    """Each call takes 20 ms. A million need as long, and some minutes of computing: `resume_s(1_000_000, 200)`."""
    assert resume_s(20_000, 200.0, lasting_s=30) < 120


def test_a_sweeper_that_brings_nothing_back_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Standing, "left_by_halt", lambda *_: False)
    assert resume_s(2_000, 200.0, lasting_s=60) == math.inf


@pytest.mark.parametrize(
    ("gap", "back"), [(None, 20), ((100.0, 112.0), 112), ((100.0, 101.0), 101), ((300.0, 330.0), 20)]
)
def test_the_rate_is_back_after_the_last_gap_of_those_that_count(gap: tuple[float, float] | None, back: float) -> None:
    """A mail every tenth of a second from the twentieth second on, but in the gap; looked at for two minutes."""
    times = [20 + number / 10 for number in range(5_000)]
    times = [at for at in times if gap is None or not gap[0] <= at < gap[1]]
    assert back_after(times, 0.0, 0.99 * 10 * WINDOW_S, 120.0) == pytest.approx(back, abs=1)


def test_a_rate_that_does_not_last_is_not_back() -> None:
    assert back_after([number / 10 for number in range(5_000)], 0.0, 0.99 * 10 * WINDOW_S, 600.0) == math.inf


def test_the_indexed_table_answers_as_the_plain_one() -> None:
    plain = FakeTable("outbox", ("user_id", "period"), lambda: NOW, Wire())
    indexed = WaitingTable(lambda: NOW, Wire(), 1, lambda _: None)
    keys = [{"user_id": f"u{number}", "period": "2026-10"} for number in range(30)]
    for table in (plain, indexed):
        for number, key in enumerate(keys):
            entry = {"unfinished": f"OPEN#{number % 2}", "due_at": f"2026-{number:02}"}
            table.put({**key, "status": "FAILED", **entry})
        for number in range(0, 30, 3):
            there = ((Term("status", "exists"),),)
            table.write(Write(keys[number], there, {"due_at": f"2027-{number:02}"}))
            table.write(Write(keys[number + 1], there, removes=("unfinished",)))
    for partition in (("unfinished", "OPEN#0"), ("unfinished", "OPEN#1")):
        assert indexed.count("unfinished", partition) == plain.count("unfinished", partition) == 10
        for up_to in ("2026-00", "2026-10", "2027-09", "9999"):
            found = [list(table.query("unfinished", partition, ("due_at", up_to))) for table in (plain, indexed)]
            assert found[0] == found[1]
