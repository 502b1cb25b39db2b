"""The run record of a period: which invocation holds it, how far it came, how it ends."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import InvalidRunError, RunTakenOverError
from shared.outbox.new_message import RETENTION
from shared.producing.checks import Checks
from shared.producing.open_runs import OpenRuns
from shared.producing.run import BEGINNING, LEASE, Place, Run, Written
from shared.producing.run_records import RunRecords
from shared.times import to_text
from simulation.fakes.table import FakeTable
from tests.contract.backends import RepeatingWire
from tests.unit.producing.records import CHECKS, NOW, OCTOBER, PLACE, WRITTEN, Clock, half_written, record


def test_the_first_opens_the_run(runs: RunRecords) -> None:
    run = runs.begin(OCTOBER, "a")
    assert (run.fence, run.attempt, run.state, run.phase, run.query_id) == (1, 1, "RUNNING", "check", "")
    assert (run.place, run.checks, run.written, run.rejected, run.accepted) == (BEGINNING, Checks(), Written(), 0, [])
    assert not run.completed
    assert (record(runs)["started_by"], record(runs)["lease_expires_at"]) == ("a", to_text(NOW + LEASE))


def test_a_record_begins_with_all_that_a_run_has(runs: RunRecords) -> None:
    """Another invocation reads it, an operator, or another version of the code."""
    runs.begin(OCTOBER, "a")
    assert record(runs) == {
        "name": "run#2026-10", "fence": 1, "attempt": 1, "state": "RUNNING", "phase": "check", "started_by": "a",
        "started_at": to_text(NOW), "lease_expires_at": to_text(NOW + LEASE), "query_id": "", "page_token": "", "row": 0,
        "checks": {}, "stopped_for": {}, "template": "", "last_user": "", "produced": 0, "rejected": 0, "fresh": 0,
        "differing": 0, "unsubscribed": 0, "accepted": [], "handed_by": "", "first_ticket": -1,
        "expires_from": to_text(NOW + RETENTION),
    }  # fmt: skip


def test_a_record_is_stored_under_the_same_names_from_release_to_release(runs: RunRecords) -> None:
    """A deployed stack has records, and a month may be under way when another version is deployed."""
    run = half_written(runs, runs.begin(OCTOBER, "a"))
    kept = {
        "name": "run#2026-10", "fence": 1, "attempt": 1, "started_by": "a", "started_at": to_text(NOW),
        "noted_at": to_text(NOW), "lease_expires_at": to_text(NOW + LEASE), "query_id": "q-1", "template": "usage-1",
        "phase": "write", "page_token": "t-7", "row": 7000, "last_user": "user-7000", "produced": 6990, "fresh": 6000,
        "differing": 3, "unsubscribed": 4, "rejected": 10, "accepted": [], "handed_by": "", "stopped_for": {},
        "first_ticket": 70, "expires_from": to_text(NOW + RETENTION),
        "checks": {
            "rows": 10_000, "rejected": 10, "unsubscribed": 0, "twice": 0, "first_twice": "", "repeated": 0, "unordered": 0,
            "first_unordered": 0, "columns": {}, "last_user": "", "last_digest": "",
        },
    }  # fmt: skip
    assert record(runs) == {**kept, "state": "RUNNING"}
    runs.complete(run, replace(WRITTEN, produced=9990))
    ended = {"state": "COMPLETED", "produced": 9990, "completed_rows": 10_000, "completed_at": to_text(NOW)}
    assert record(runs) == {**kept, **ended}


def test_each_period_has_its_own(runs: RunRecords) -> None:
    runs.begin(OCTOBER, "a")
    assert runs.begin(OCTOBER.next, "a").fence == 1
    assert runs.get(OCTOBER.previous) is None


def test_the_second_goes_on_where_the_first_was_and_stops_it(runs: RunRecords) -> None:
    first = runs.begin(OCTOBER, "a")
    noted = half_written(runs, first)
    second = runs.begin(OCTOBER, "b")
    assert (noted.query_id, noted.phase, noted.template) == ("q-1", "write", "usage-1")
    assert (noted.checks, noted.rejected, noted.place, noted.written) == (CHECKS, 10, PLACE, WRITTEN)
    assert asdict(second) == {**asdict(noted), "fence": 2}
    writes: list[Callable[[], object]] = [
        lambda: runs.renew(first),
        lambda: runs.note_query(first, "q-2"),
        lambda: runs.note(first, Checks(rows=1), Place("t-1", 1)),
        lambda: runs.begin_second_pass(first, "usage-2"),
        lambda: runs.note_first_ticket(first, 7),
        lambda: runs.look_again(first),
        lambda: runs.let_go(first),
        lambda: runs.stop(first, {"fewer": "why"}),
        lambda: runs.complete(first, Written(produced=1)),
        lambda: runs.ask_anew(first),
    ]
    for write in writes:
        with pytest.raises(RunTakenOverError, match="2026-10 was taken over"):
            write()
    runs.note(second, Written(produced=7000), PLACE)
    found = record(runs)
    assert found["taken_over_at"] == to_text(NOW)
    assert (found["produced"], found["taken_over_by"], found["state"], found["attempt"]) == (7000, "b", "RUNNING", 1)


def test_a_note_is_a_sign_of_life(runs: RunRecords, clock: Clock) -> None:
    run = runs.begin(OCTOBER, "a")
    clock.now += timedelta(minutes=4)
    runs.renew(run)
    assert record(runs)["lease_expires_at"] == to_text(clock.now + LEASE)
    runs.let_go(run)
    assert record(runs)["lease_expires_at"] == to_text(clock.now)


def test_a_completed_run_stays_completed(runs: RunRecords) -> None:
    run = runs.begin(OCTOBER, "a")
    run = runs.begin_second_pass(replace(run, checks=Checks(rows=12, rejected=2), rejected=2), "usage-1")
    runs.complete(run, Written(produced=10))
    for accept in ([], ["fewer"]):
        closed = runs.begin(OCTOBER, "b", attempt=1, accept=accept)
        assert (closed.completed, closed.fence, closed.written.produced, closed.rejected) == (True, 1, 10, 2)
    with pytest.raises(RunTakenOverError):
        runs.note(run, Written(produced=11), PLACE)


def test_a_query_that_failed_is_asked_anew_from_the_start(runs: RunRecords) -> None:
    """What was accepted of its result is not accepted of the next."""
    first = runs.begin(OCTOBER, "a")
    runs.stop(first, {"fewer": "why"})
    half_written(runs, runs.begin(OCTOBER, "b", attempt=1, accept=["fewer"]))
    runs.ask_anew(runs.begin(OCTOBER, "c"))
    anew = runs.begin(OCTOBER, "d", attempt=1, accept=["fewer"])
    assert (anew.attempt, anew.phase, anew.query_id, anew.place, anew.written) == (2, "check", "", BEGINNING, Written())
    assert (anew.accepted, anew.produced_before, anew.expected) == ([], 6990, 6990)


@pytest.mark.parametrize("decision", [{}, {"attempt": 1}, {"attempt": 1, "again": True}])
def test_an_edited_record_is_refused_by_its_name(table: FakeTable, runs: RunRecords, decision: dict[str, Any]) -> None:
    runs.begin(OCTOBER, "a")
    table.put({**record(runs), "produced": "many"})
    with pytest.raises(InvalidRunError, match="run#2026-10 was edited"):
        runs.begin(OCTOBER, "b", **decision)


def test_a_failed_query_of_a_deleted_record_is_not_asked_anew(table: FakeTable, runs: RunRecords) -> None:
    run = runs.begin(OCTOBER, "a")
    table._items.clear()
    with pytest.raises(RunTakenOverError):
        runs.ask_anew(run)
    assert runs.get(OCTOBER) is None


def test_a_record_may_hold_more_than_a_run_has(table: FakeTable, runs: RunRecords, open_runs: OpenRuns) -> None:
    """A note by hand, or an attribute of a later version, also under a name that a run has for something else."""
    runs.begin(OCTOBER, "a")
    checks = {**record(runs)["checks"], "rows": 5, "later": 1}
    table.put({**record(runs), "period": "2026-09", "note": "looks good", "checks": checks})
    assert runs.begin(OCTOBER, "b").checks == Checks(rows=5)
    assert (runs.begin(OCTOBER, "b").period, open_runs.waiting()) == (OCTOBER, [])


def test_ending_it_twice_is_success(runs: RunRecords) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.complete(run, Written(produced=10))
    runs.complete(run, Written(produced=10))
    other = runs.begin(OCTOBER.next, "a")
    runs.stop(other, {"fewer": "why"})
    runs.stop(other, {"fewer": "why"})
    with pytest.raises(RunTakenOverError):
        runs.complete(other, Written())


def test_an_answer_may_be_lost_anywhere(runs: RunRecords, wire: RepeatingWire) -> None:
    """The SDK repeats the same request, and the invocation that holds the run goes on holding it."""
    wire.repeats = True
    run = runs.begin(OCTOBER, "a")
    runs.note(run, Written(produced=5), PLACE)
    runs.let_go(run)
    runs.stop(run, {"fewer": "why"})
    run = runs.begin(OCTOBER, "b", attempt=1, accept=["fewer"])
    runs.ask_anew(run)
    assert record(runs)["attempt"] == 2
    runs.complete(run, Written(produced=10))
    assert runs.begin(OCTOBER, "c").completed


def test_a_run_says_when_it_ended(runs: RunRecords, clock: Clock) -> None:
    run = runs.begin(OCTOBER, "a")
    clock.now += timedelta(minutes=1)
    runs.renew(run)
    assert record(runs)["noted_at"] == to_text(clock.now)
    runs.stop(run, {"fewer": "why"})
    assert record(runs)["stopped_at"] == to_text(clock.now)
    clock.now += timedelta(minutes=1)
    runs.complete(runs.begin(OCTOBER, "b", attempt=1, accept=["fewer"]), Written())
    assert (record(runs)["completed_at"], record(runs)["started_at"]) == (to_text(clock.now), to_text(NOW))


def test_two_that_complete_at_once_are_told_apart(runs: RunRecords) -> None:
    first, second = runs.begin(OCTOBER, "a"), runs.begin(OCTOBER, "b")
    runs.complete(second, Written(produced=10))
    with pytest.raises(RunTakenOverError):
        runs.complete(first, Written(produced=9))
    assert runs.begin(OCTOBER, "c").written.produced == 10


@pytest.mark.parametrize(("completed", "rows"), [(True, 1234), (False, None)])
def test_only_a_completed_month_is_one_to_compare_with(runs: RunRecords, completed: bool, rows: int | None) -> None:
    run: Run = runs.begin(OCTOBER, "a")
    if completed:
        runs.complete(replace(run, checks=Checks(rows=1234)), Written())
        runs.stop(runs.begin(OCTOBER, "b", attempt=1, again=True), {"sandbox": "opened again, in vain"})
    assert runs.rows_of(OCTOBER) == rows
    assert runs.rows_of(OCTOBER.previous) is None
