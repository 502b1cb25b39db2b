"""The open runs, as the sweeper and an operator see them."""

from datetime import timedelta
from typing import Any

import pytest

from shared.outbox.new_message import RETENTION
from shared.producing.open_runs import SILENT_TOO_LONG, OpenRuns
from shared.producing.run import LEASE, Written
from shared.producing.run_records import RunRecords
from shared.times import to_text
from simulation.fakes.table import FakeTable
from tests.unit.producing.records import OCTOBER, Clock, record


def test_a_settled_run_keeps_its_sums_and_is_open_no_more(runs: RunRecords, open_runs: OpenRuns, clock: Clock) -> None:
    run = runs.begin(OCTOBER, "a")
    open_runs.settle(run, produced=10)
    assert "settled_at" not in record(runs), "it is not completed"
    runs.complete(run, Written())
    assert runs.rows_of(OCTOBER) == 0, "nothing was looked at"
    clock.now += timedelta(hours=1)
    open_runs.settle(run, produced=10, held=2)
    found = record(runs)
    assert (found["settled_at"], found["settled_produced"], found["settled_held"]) == (to_text(clock.now), 10, 2)
    assert open_runs.all() == []


def test_waiting_is_what_nothing_goes_on_with(runs: RunRecords, open_runs: OpenRuns, clock: Clock) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.complete(runs.begin(OCTOBER.previous, "a"), Written())
    clock.now += LEASE + SILENT_TOO_LONG
    assert len(open_runs.waiting()) == 0
    clock.now += timedelta(milliseconds=1)
    assert len(open_runs.waiting()) == 1
    runs.renew(run)
    assert len(open_runs.waiting()) == 0
    runs.ask_anew(run)
    assert len(open_runs.waiting()) == 1
    runs.stop(runs.begin(OCTOBER.next, "a"), {"fewer": "why"})
    assert len(open_runs.waiting()) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"started_at": "yesterday"},
        {"started_at": None},
        {"lease_expires_at": 5},
        {"lease_expires_at": "soon"},
        {"state": "Running"},
        {"name": "run#october"},
        {"produced": "3"},
        {"checks": None},
        {"stopped_for": "fewer"},
        {"accepted": 5},
    ],
)
def test_a_malformed_record_waits_and_holds_no_other_up(
    table: FakeTable, runs: RunRecords, open_runs: OpenRuns, clock: Clock, change: dict[str, Any]
) -> None:
    runs.begin(OCTOBER, "a")
    table.put({**record(runs), "name": "run#2026-09", **change})
    table.put({"name": "run#2026-08"})
    clock.now += LEASE + timedelta(seconds=1)
    assert open_runs.silent() == [OCTOBER]
    assert [run.period for run in open_runs.all()] == [OCTOBER]
    assert len(open_runs.waiting()) == 2


def test_silent_is_a_running_one_whose_lease_is_over(runs: RunRecords, open_runs: OpenRuns, clock: Clock) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.stop(runs.begin(OCTOBER.next, "a"), {"fewer": "why"})
    runs.complete(runs.begin(OCTOBER.previous, "a"), Written())
    runs.ask_anew(runs.begin(OCTOBER.previous.previous, "a"))
    clock.now += LEASE
    assert open_runs.silent() == []
    clock.now += timedelta(milliseconds=1)
    assert open_runs.silent() == [OCTOBER]
    runs.renew(run)
    assert open_runs.silent() == []


def test_a_run_is_open_until_its_messages_begin_to_expire(runs: RunRecords, open_runs: OpenRuns, clock: Clock) -> None:
    run = runs.begin(OCTOBER, "a")
    clock.now += RETENTION - timedelta(milliseconds=1)
    assert open_runs.all() == [run]
    clock.now += timedelta(milliseconds=1)
    assert open_runs.all() == []
