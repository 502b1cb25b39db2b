"""What the tests of run records share."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared.periods import Period
from shared.producing.checks import Checks
from shared.producing.run import Place, Run, Written
from shared.producing.run_records import RunRecords

OCTOBER = Period.parse("2026-10")
NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
CHECKS = Checks(rows=10_000, rejected=10)
PLACE = Place("t-7", 7000)
WRITTEN = Written("user-7000", produced=6990, fresh=6000, differing=3, unsubscribed=4)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def half_written(runs: RunRecords, run: Run) -> Run:
    """In the middle of the second pass."""
    run = runs.note_query(run, "q-1")
    run = runs.begin_second_pass(replace(run, checks=CHECKS, rejected=10), "usage-1")
    run = runs.note_first_ticket(run, 70)
    runs.note(run, WRITTEN, PLACE)
    return replace(run, written=WRITTEN, place=PLACE)


def record(runs: RunRecords) -> dict[str, Any]:
    item = runs.get(OCTOBER)
    assert item is not None
    return item
