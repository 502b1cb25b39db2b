"""The run record of a period."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import InvalidPeriodError, InvalidRunError, RunTakenOverError
from shared.fakes.table import FakeTable
from shared.message import RETENTION
from shared.periods import Period
from shared.run import Run
from shared.runs import LEASE, SILENT_TOO_LONG, Runs
from shared.times import to_text
from tests.contract.backends import RepeatingWire

OCTOBER = Period.parse("2026-10")
NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
PROGRESS: dict[str, Any] = {
    "phase": "write", "query_id": "q-1", "page_token": "t-7", "row": 7000, "last_user": "user-7000", "produced": 6990,
    "rejected": 10, "fresh": 6000, "differing": 3, "checks": {"rows": 10_000},
}  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def wire() -> RepeatingWire:
    return RepeatingWire()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(wire: RepeatingWire, clock: Clock) -> FakeTable:
    return FakeTable("control", ("name",), clock, wire)


@pytest.fixture
def runs(table: FakeTable, clock: Clock) -> Runs:
    return Runs(table, clock)


def record(runs: Runs) -> dict[str, Any]:
    item = runs.get(OCTOBER)
    assert item is not None
    return item


def test_the_first_opens_the_run(runs: Runs) -> None:
    run = runs.begin(OCTOBER, "a")
    assert (run.fence, run.attempt, run.state, run.phase, run.query_id) == (1, 1, "RUNNING", "check", "")
    assert (run.page_token, run.row, run.produced, run.rejected, run.accepted) == ("", 0, 0, 0, [])
    assert not run.completed
    assert (record(runs)["started_by"], record(runs)["lease_expires_at"]) == ("a", to_text(NOW + LEASE))


def test_each_period_has_its_own(runs: Runs) -> None:
    runs.begin(OCTOBER, "a")
    assert runs.begin(OCTOBER.next, "a").fence == 1
    assert runs.get(OCTOBER.previous) is None


def test_the_second_goes_on_where_the_first_was_and_stops_it(runs: Runs) -> None:
    first = runs.begin(OCTOBER, "a")
    runs.note(first, **PROGRESS)
    second = runs.begin(OCTOBER, "b")
    assert asdict(second) == {**asdict(first), **PROGRESS, "fence": 2}
    writes: list[Callable[[], object]] = [
        lambda: runs.note(first, produced=1),
        lambda: runs.let_go(first),
        lambda: runs.stop(first, {"fewer": "why"}),
        lambda: runs.complete(first, {"produced": 1}),
        lambda: runs.ask_anew(first),
    ]
    for write in writes:
        with pytest.raises(RunTakenOverError, match="2026-10 was taken over"):
            write()
    runs.note(second, produced=7000)
    found = record(runs)
    assert (found["produced"], found["taken_over_by"], found["state"], found["attempt"]) == (7000, "b", "RUNNING", 1)


def test_a_note_is_a_sign_of_life(runs: Runs, clock: Clock) -> None:
    run = runs.begin(OCTOBER, "a")
    clock.now += timedelta(minutes=4)
    runs.note(run)
    assert record(runs)["lease_expires_at"] == to_text(clock.now + LEASE)
    runs.let_go(run)
    assert record(runs)["lease_expires_at"] == to_text(clock.now)


def test_a_completed_run_stays_completed(runs: Runs) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.complete(run, {"produced": 10, "rejected": 2})
    for accept in ([], ["fewer"]):
        closed = runs.begin(OCTOBER, "b", attempt=1, accept=accept)
        assert (closed.completed, closed.fence, closed.produced, closed.rejected) == (True, 1, 10, 2)
    with pytest.raises(RunTakenOverError):
        runs.note(run, produced=11)


def test_again_begins_from_the_start(runs: Runs) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.note(run, **PROGRESS)
    runs.complete(run, {})
    runs.settle(run, produced=10)
    again = runs.begin(OCTOBER, "b", attempt=1, again=True)
    assert asdict(again) == {**asdict(run), "fence": 2, "attempt": 2, "produced_before": 6990}
    assert runs.open() == [again], "its accounts are open again"


def test_again_for_a_month_that_never_ran_is_its_first(runs: Runs) -> None:
    assert (runs.begin(OCTOBER, "a", again=True).attempt, len(runs.open())) == (1, 1)


def test_again_is_of_the_query_that_was_seen(runs: Runs) -> None:
    """Lambda repeats an event that failed; and two people may have the same thought."""
    runs.begin(OCTOBER, "a")
    assert runs.begin(OCTOBER, "b", attempt=1, again=True).attempt == 2
    assert runs.begin(OCTOBER, "b", attempt=1, again=True).attempt == 2


def test_a_month_whose_messages_have_expired_is_never_opened_again(runs: Runs, clock: Clock) -> None:
    """Each would be put anew, and everybody would have a second mail of that month."""
    runs.complete(runs.begin(OCTOBER, "a"), {})
    clock.now += RETENTION - timedelta(hours=23)
    with pytest.raises(InvalidPeriodError, match=r"first produced on 2026-11-01.*a second mail"):
        runs.begin(OCTOBER, "b", attempt=1, again=True)
    assert runs.begin(OCTOBER, "b").completed
    clock.now -= timedelta(hours=2)
    assert runs.begin(OCTOBER, "b", attempt=1, again=True).state == "RUNNING"


def test_a_stopped_run_goes_on_when_it_is_let(runs: Runs) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.note(run, page_token="t-3", row=3000)
    runs.stop(replace(run, rejected=5), {"fewer": "10 rows"})
    stopped = runs.begin(OCTOBER, "b")
    assert (stopped.state, stopped.stopped_for, stopped.rejected) == ("STOPPED", {"fewer": "10 rows"}, 5)
    assert runs.begin(OCTOBER, "b", attempt=2, accept=["fewer"]).state == "STOPPED", "of another query"
    going = runs.begin(OCTOBER, "c", attempt=1, accept=["fewer"])
    assert (going.state, going.accepted, going.stopped_for) == ("RUNNING", ["fewer"], {})
    assert (going.page_token, going.row, going.fence) == ("t-3", 3000, 2)
    assert (record(runs)["decided_by"], record(runs)["decided_at"]) == ("c", to_text(NOW))
    runs.stop(going, {"sandbox": "why"})
    assert runs.begin(OCTOBER, "d", attempt=1, accept=["sandbox"]).accepted == ["fewer", "sandbox"]
    assert runs.begin(OCTOBER, "e").accepted == ["fewer", "sandbox"], "who takes over knows what was accepted"


def test_a_query_that_failed_is_asked_anew_from_the_start(runs: Runs) -> None:
    """What was accepted of its result is not accepted of the next."""
    first = runs.begin(OCTOBER, "a")
    runs.stop(first, {"fewer": "why"})
    runs.note(runs.begin(OCTOBER, "b", attempt=1, accept=["fewer"]), **PROGRESS)
    runs.ask_anew(runs.begin(OCTOBER, "c"))
    anew = runs.begin(OCTOBER, "d", attempt=1, accept=["fewer"])
    assert (anew.attempt, anew.phase, anew.query_id, anew.row, anew.produced) == (2, "check", "", 0, 0)
    assert (anew.accepted, anew.produced_before, anew.expected) == ([], 6990, 6990)


def test_a_persons_stop_takes_the_run_from_whoever_produces(runs: Runs) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.note(run, **PROGRESS)
    assert runs.halt(OCTOBER, "ann", "wrong text")
    with pytest.raises(RunTakenOverError):
        runs.note(run, produced=8000)
    for accept in ([], ["fewer"]):
        still = runs.begin(OCTOBER, "b", attempt=1, accept=accept)
        assert (still.state, still.stopped_for) == ("STOPPED", {"halted": "ann: wrong text"})
    going = runs.begin(OCTOBER, "c", attempt=1, accept=["halted"])
    assert (going.state, going.phase, going.row) == ("RUNNING", "write", 7000)
    assert runs.halt(OCTOBER, "ann", "still wrong")
    assert runs.begin(OCTOBER, "b", attempt=1).state == "STOPPED", "what was accepted once is not accepted again"


def test_a_persons_end_closes_what_is_stopped(runs: Runs) -> None:
    assert not runs.halt(OCTOBER, "ann", "why")
    runs.note(runs.begin(OCTOBER, "a"), **PROGRESS)
    assert not runs.close(OCTOBER, "ann", "it still runs")
    runs.halt(OCTOBER, "ann", "why")
    assert len(runs.waiting()) == 1
    assert runs.close(OCTOBER, "ann", "not this month")
    assert (runs.waiting(), runs.begin(OCTOBER, "b").completed) == ([], True)
    assert not runs.halt(OCTOBER, "ann", "why")
    assert not runs.close(OCTOBER, "ann", "twice")


@pytest.mark.parametrize("repeats", [False, True])
def test_a_persons_word_is_known_to_be_carried_out(runs: Runs, wire: RepeatingWire, repeats: bool) -> None:
    """Although its answer was lost, and the SDK has repeated it."""
    wire.repeats = repeats
    runs.begin(OCTOBER, "a")
    assert runs.halt(OCTOBER, "ann", "why")
    assert runs.close(OCTOBER, "ann", "why")


@pytest.mark.parametrize("decision", [{}, {"attempt": 1}, {"attempt": 1, "again": True}])
def test_an_edited_record_is_refused_by_its_name(table: FakeTable, runs: Runs, decision: dict[str, Any]) -> None:
    runs.begin(OCTOBER, "a")
    table.put({**record(runs), "produced": "many"})
    with pytest.raises(InvalidRunError, match="run#2026-10 was edited"):
        runs.begin(OCTOBER, "b", **decision)


@pytest.mark.parametrize("state", ["RUNNING", "STOPPED", "halted", "reopened"])
def test_nothing_goes_on_once_messages_expire(runs: Runs, clock: Clock, state: str) -> None:
    run = runs.begin(OCTOBER, "a")
    if state == "STOPPED":
        runs.stop(run, {"sender": "why"})
    if state == "halted":
        runs.halt(OCTOBER, "ann", "why")
    if state == "reopened":
        runs.complete(run, {})
        runs.stop(runs.begin(OCTOBER, "b", attempt=1, again=True), {"sender": "why"})
    clock.now += RETENTION
    attempt = 2 if state == "reopened" else 1
    for accept in ([], ["halted"], ["sender"]):
        with pytest.raises(InvalidPeriodError, match="a second mail"):
            runs.begin(OCTOBER, "c", attempt=attempt, accept=accept)
    with pytest.raises(InvalidPeriodError):
        runs.begin(OCTOBER, "c")


def test_only_what_a_run_has_stopped_for_is_accepted(runs: Runs) -> None:
    run = runs.begin(OCTOBER, "a")
    assert runs.begin(OCTOBER, "b", attempt=1, accept=["fewer"]).accepted == [], "it has found nothing yet"
    run = runs.begin(OCTOBER, "c")
    runs.stop(run, {"sender": "why"})
    assert runs.begin(OCTOBER, "d", attempt=1, accept=["sender", "fewer"]).accepted == ["sender"]


@pytest.mark.parametrize("ended", ["completed", "asked anew"])
def test_a_decision_that_comes_late_decides_nothing(runs: Runs, ended: str) -> None:
    """Neither completing nor asking anew moves the fence."""
    run = runs.begin(OCTOBER, "a")
    found = record(runs)
    if ended == "completed":
        runs.complete(run, {})
    else:
        runs.ask_anew(run)
    after = record(runs)
    assert runs._let_on(OCTOBER, found, {"decided_by": "ann"}, []) is None
    assert record(runs) == after


def test_a_template_is_accepted_for_itself_alone(runs: Runs) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.stop(run, {"template": "no first_name", "fewer": "why"})
    run = runs.begin(OCTOBER, "b", attempt=1, accept=["template", "fewer"])
    assert runs.look_again(run).accepted == record(runs)["accepted"] == ["fewer"]


def test_waiting_is_what_nobody_goes_on_with(runs: Runs, clock: Clock) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.complete(runs.begin(OCTOBER.previous, "a"), {})
    clock.now += LEASE + SILENT_TOO_LONG
    assert len(runs.waiting()) == 0
    clock.now += timedelta(milliseconds=1)
    assert len(runs.waiting()) == 1
    runs.note(run)
    assert len(runs.waiting()) == 0
    runs.ask_anew(run)
    assert len(runs.waiting()) == 1
    runs.stop(runs.begin(OCTOBER.next, "a"), {"fewer": "why"})
    assert len(runs.waiting()) == 2


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
def test_a_record_that_was_edited_into_nonsense_waits_and_holds_no_other_up(
    table: FakeTable, runs: Runs, clock: Clock, change: dict[str, Any]
) -> None:
    runs.begin(OCTOBER, "a")
    table.put({**record(runs), "name": "run#2026-09", **change})
    table.put({"name": "run#2026-08"})
    clock.now += LEASE + timedelta(seconds=1)
    assert runs.silent() == [OCTOBER]
    assert [run.period for run in runs.open()] == [OCTOBER]
    assert len(runs.waiting()) == 2


def test_ending_it_twice_is_success(runs: Runs) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.complete(run, {"produced": 10})
    runs.complete(run, {"produced": 10})
    other = runs.begin(OCTOBER.next, "a")
    runs.stop(other, {"fewer": "why"})
    runs.stop(other, {"fewer": "why"})
    with pytest.raises(RunTakenOverError):
        runs.complete(other, {})


def test_an_answer_may_be_lost_anywhere(runs: Runs, wire: RepeatingWire) -> None:
    """The SDK repeats the same request, and whoever holds the run goes on holding it."""
    wire.repeats = True
    run = runs.begin(OCTOBER, "a")
    runs.note(run, produced=5)
    runs.let_go(run)
    runs.stop(run, {"fewer": "why"})
    run = runs.begin(OCTOBER, "b", attempt=1, accept=["fewer"])
    runs.ask_anew(run)
    assert record(runs)["attempt"] == 2
    runs.complete(run, {"produced": 10})
    assert runs.begin(OCTOBER, "c").completed


def test_two_that_complete_at_once_are_told_apart(runs: Runs) -> None:
    first, second = runs.begin(OCTOBER, "a"), runs.begin(OCTOBER, "b")
    runs.complete(second, {"produced": 10})
    with pytest.raises(RunTakenOverError):
        runs.complete(first, {"produced": 9})
    assert runs.begin(OCTOBER, "c").produced == 10


def test_silent_is_a_running_one_whose_lease_is_over(runs: Runs, clock: Clock) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.stop(runs.begin(OCTOBER.next, "a"), {"fewer": "why"})
    runs.complete(runs.begin(OCTOBER.previous, "a"), {})
    runs.ask_anew(runs.begin(OCTOBER.previous.previous, "a"))
    clock.now += LEASE
    assert runs.silent() == []
    clock.now += timedelta(milliseconds=1)
    assert runs.silent() == [OCTOBER]
    runs.note(run)
    assert runs.silent() == []


@pytest.mark.parametrize(("completed", "rows"), [(True, 1234), (False, None)])
def test_only_a_completed_month_is_one_to_compare_with(runs: Runs, completed: bool, rows: int | None) -> None:
    run: Run = runs.begin(OCTOBER, "a")
    if completed:
        runs.complete(replace(run, checks={"rows": 1234}), {})
        runs.stop(runs.begin(OCTOBER, "b", attempt=1, again=True), {"sandbox": "opened again, in vain"})
    assert runs.rows_of(OCTOBER) == rows
    assert runs.rows_of(OCTOBER.previous) is None
