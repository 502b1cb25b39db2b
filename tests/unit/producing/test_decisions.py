"""What people decide about a run: let it on, ask anew, halt it, close it."""

from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from shared.errors import InvalidPeriodError, RunTakenOverError
from shared.outbox.new_message import RETENTION
from shared.producing.checks import Checks
from shared.producing.open_runs import OpenRuns
from shared.producing.run import BEGINNING, Place, Written
from shared.producing.run_records import RunRecords
from shared.producing.run_start import RunStart
from shared.store import Write
from shared.times import to_text
from simulation.fakes.table import FakeTable
from tests.contract.backends import RepeatingWire
from tests.unit.producing.records import NOW, OCTOBER, PLACE, WRITTEN, Clock, half_written, record


def test_again_begins_from_the_start(runs: RunRecords, open_runs: OpenRuns) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.complete(half_written(runs, run), WRITTEN)
    open_runs.settle(run, produced=10)
    again = runs.begin(OCTOBER, "b", attempt=1, again=True)
    assert asdict(again) == {**asdict(run), "fence": 2, "attempt": 2, "produced_before": 6990}
    assert open_runs.all() == [again], "its accounts are open again"


def test_again_for_a_month_that_never_ran_is_its_first(runs: RunRecords, open_runs: OpenRuns) -> None:
    assert (runs.begin(OCTOBER, "a", again=True).attempt, len(open_runs.all())) == (1, 1)


def test_again_is_of_the_query_that_was_seen(runs: RunRecords) -> None:
    """Lambda repeats an event that failed; and two people may have the same thought."""
    runs.begin(OCTOBER, "a")
    assert runs.begin(OCTOBER, "b", attempt=1, again=True).attempt == 2
    assert runs.begin(OCTOBER, "b", attempt=1, again=True).attempt == 2


def test_a_month_whose_messages_have_expired_is_never_opened_again(runs: RunRecords, clock: Clock) -> None:
    """Each would be put anew, and everybody would have a second mail of that month."""
    runs.complete(runs.begin(OCTOBER, "a"), Written())
    clock.now += RETENTION - timedelta(hours=23)
    with pytest.raises(InvalidPeriodError, match=r"first produced on 2026-11-01.*a second mail"):
        runs.begin(OCTOBER, "b", attempt=1, again=True)
    assert runs.begin(OCTOBER, "b").completed
    clock.now -= timedelta(hours=2)
    assert runs.begin(OCTOBER, "b", attempt=1, again=True).state == "RUNNING"


@pytest.mark.parametrize(("first", "then"), [(60, 430), (430, 60)])
def test_what_retention_is_deployed_later_changes_nothing_of_that(
    table: FakeTable, clock: Clock, first: int, then: int
) -> None:
    """The earliest expiry counts: of what was put under either retention."""
    RunRecords(table, clock, timedelta(days=first)).begin(OCTOBER, "a")
    later = RunRecords(table, clock, timedelta(days=then))
    clock.now += timedelta(hours=1)
    later.complete(later.begin(OCTOBER, "b"), Written())
    clock.now = NOW + timedelta(days=58)
    assert later.begin(OCTOBER, "c", attempt=1, again=True).attempt == 2
    clock.now = NOW + timedelta(days=59, hours=2)
    with pytest.raises(InvalidPeriodError, match="a second mail"):
        later.begin(OCTOBER, "d", attempt=2, again=True)
    with pytest.raises(InvalidPeriodError, match="a second mail"):
        RunRecords(table, clock, timedelta(days=3650)).begin(OCTOBER, "e", attempt=2, again=True)


def test_a_record_that_is_older_than_that_has_what_was_deployed_then(
    runs: RunRecords, table: FakeTable, clock: Clock
) -> None:
    """Whatever the default is by now: its messages are there, and nobody is mailed again."""
    runs.begin(OCTOBER, "a")
    table.write(Write({"name": "run#2026-10"}, removes=("expires_from",)))
    clock.now += timedelta(days=430) - timedelta(hours=25)
    runs.begin(OCTOBER, "b")
    table.write(Write({"name": "run#2026-10"}, removes=("expires_from",)))
    clock.now += timedelta(hours=2)
    with pytest.raises(InvalidPeriodError, match="a second mail"):
        runs.begin(OCTOBER, "b")


def test_a_stopped_run_goes_on_when_it_is_let(runs: RunRecords) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.note(run, Checks(rows=3000), Place("t-3", 3000))
    runs.stop(replace(run, rejected=5), {"fewer": "10 rows"})
    stopped = runs.begin(OCTOBER, "b")
    assert (stopped.state, stopped.stopped_for, stopped.rejected) == ("STOPPED", {"fewer": "10 rows"}, 5)
    assert runs.begin(OCTOBER, "b", attempt=2, accept=["fewer"]).state == "STOPPED", "of another query"
    going = runs.begin(OCTOBER, "c", attempt=1, accept=["fewer"])
    assert (going.state, going.accepted, going.stopped_for) == ("RUNNING", ["fewer"], {})
    assert (going.place, going.checks.rows, going.fence) == (Place("t-3", 3000), 3000, 2)
    assert (record(runs)["decided_by"], record(runs)["decided_at"]) == ("c", to_text(NOW))
    runs.stop(going, {"sandbox": "why"})
    assert runs.begin(OCTOBER, "d", attempt=1, accept=["sandbox"]).accepted == ["fewer", "sandbox"]
    assert runs.begin(OCTOBER, "e").accepted == ["fewer", "sandbox"], (
        "an invocation that takes over knows what was accepted"
    )


def test_a_decision_is_recorded_also_of_a_run_that_has_gone_on_by_then(runs: RunRecords) -> None:
    runs.begin(OCTOBER, "a")
    assert runs.begin(OCTOBER, "ann", attempt=1).state == "RUNNING"
    assert record(runs)["decided_by"] == "ann"


def test_a_persons_stop_takes_the_run_from_its_invocation(runs: RunRecords) -> None:
    run = half_written(runs, runs.begin(OCTOBER, "a"))
    assert runs.halt(OCTOBER, "ann", "wrong text")
    assert record(runs)["stopped_at"] == to_text(NOW)
    with pytest.raises(RunTakenOverError):
        runs.note(run, Written(produced=8000), Place("t-8", 8000))
    for accept in ([], ["fewer"]):
        still = runs.begin(OCTOBER, "b", attempt=1, accept=accept)
        assert (still.state, still.stopped_for) == ("STOPPED", {"halted": "ann: wrong text"})
    going = runs.begin(OCTOBER, "c", attempt=1, accept=["halted"])
    assert (going.state, going.phase, going.place) == ("RUNNING", "write", PLACE)
    assert runs.halt(OCTOBER, "ann", "still wrong")
    assert runs.begin(OCTOBER, "b", attempt=1).state == "STOPPED", "what was accepted once is not accepted again"


def test_a_persons_end_closes_what_is_stopped(runs: RunRecords, open_runs: OpenRuns) -> None:
    assert not runs.halt(OCTOBER, "ann", "why")
    half_written(runs, runs.begin(OCTOBER, "a"))
    assert not runs.close(OCTOBER, "ann", "it still runs")
    runs.halt(OCTOBER, "ann", "why")
    assert len(open_runs.waiting()) == 1
    assert runs.close(OCTOBER, "ann", "not this month")
    closed = record(runs)
    assert (closed["closed_for"], closed["completed_at"], closed["stopped_for"]) == (
        "ann: not this month",
        to_text(NOW),
        {},
    )
    assert closed["fence"] == 3, "of the first, the halt and the close"
    assert (open_runs.waiting(), runs.begin(OCTOBER, "b").completed) == ([], True)
    assert not runs.halt(OCTOBER, "ann", "why")
    assert not runs.close(OCTOBER, "ann", "twice")


@pytest.mark.parametrize("repeats", [False, True])
def test_a_persons_word_is_known_to_be_carried_out(runs: RunRecords, wire: RepeatingWire, repeats: bool) -> None:
    """Although its answer was lost, and the SDK has repeated it."""
    wire.repeats = repeats
    runs.begin(OCTOBER, "a")
    assert runs.halt(OCTOBER, "ann", "why")
    assert runs.close(OCTOBER, "ann", "why")


@pytest.mark.parametrize("state", ["RUNNING", "STOPPED", "halted", "reopened"])
def test_nothing_goes_on_once_messages_expire(runs: RunRecords, clock: Clock, state: str) -> None:
    run = runs.begin(OCTOBER, "a")
    if state == "STOPPED":
        runs.stop(run, {"sender": "why"})
    if state == "halted":
        runs.halt(OCTOBER, "ann", "why")
    if state == "reopened":
        runs.complete(run, Written())
        runs.stop(runs.begin(OCTOBER, "b", attempt=1, again=True), {"sender": "why"})
    clock.now += RETENTION
    attempt = 2 if state == "reopened" else 1
    for accept in ([], ["halted"], ["sender"]):
        with pytest.raises(InvalidPeriodError, match="a second mail"):
            runs.begin(OCTOBER, "c", attempt=attempt, accept=accept)
    with pytest.raises(InvalidPeriodError):
        runs.begin(OCTOBER, "c")


def test_only_what_a_run_has_stopped_for_is_accepted(runs: RunRecords) -> None:
    run = runs.begin(OCTOBER, "a")
    assert runs.begin(OCTOBER, "b", attempt=1, accept=["fewer"]).accepted == [], "it has found nothing yet"
    run = runs.begin(OCTOBER, "c")
    runs.stop(run, {"sender": "why"})
    assert runs.begin(OCTOBER, "d", attempt=1, accept=["sender", "fewer"]).accepted == ["sender"]


@pytest.mark.parametrize("ended", ["completed", "asked anew"])
def test_a_decision_that_comes_late_decides_nothing(
    runs: RunRecords, table: FakeTable, clock: Clock, ended: str
) -> None:
    """Neither completing nor asking anew moves the fence."""
    run = runs.begin(OCTOBER, "a")
    found = record(runs)
    if ended == "completed":
        runs.complete(run, Written())
    else:
        runs.ask_anew(run)
    after = record(runs)
    assert RunStart(table, clock, RETENTION)._continued(OCTOBER, found, {"decided_by": "ann"}, []) is None
    assert record(runs) == after


def test_a_closed_month_that_is_opened_again_is_closed_no_more(runs: RunRecords, open_runs: OpenRuns) -> None:
    runs.begin(OCTOBER, "a")
    runs.halt(OCTOBER, "ann", "why")
    runs.close(OCTOBER, "ann", "why")
    open_runs.settle(runs.begin(OCTOBER, "b"), produced=0)
    runs.begin(OCTOBER, "c", attempt=1, again=True)
    assert {"closed_for", "settled_at"} & set(record(runs)) == set()


def test_looking_again_begins_the_first_pass_anew_and_forgets_no_message(runs: RunRecords) -> None:
    runs.begin(OCTOBER, "a")
    half_written(runs, runs.begin(OCTOBER, "a"))
    run = runs.look_again(runs.begin(OCTOBER, "b"))
    assert (run.phase, run.place, run.written, run.checks, run.query_id) == (
        "check",
        BEGINNING,
        Written(),
        Checks(),
        "q-1",
    )
    assert (run.produced_before, run.expected) == (6990, 6990)
    assert asdict(runs.begin(OCTOBER, "c")) == {**asdict(run), "fence": run.fence + 1}


def test_a_template_is_accepted_for_itself_alone(runs: RunRecords) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.stop(run, {"template": "no first_name", "fewer": "why"})
    run = runs.begin(OCTOBER, "b", attempt=1, accept=["template", "fewer"])
    assert runs.look_again(run).accepted == record(runs)["accepted"] == ["fewer"]


def test_what_was_accepted_of_one_query_is_not_accepted_of_the_next(runs: RunRecords) -> None:
    """Nobody has seen yet what the next one finds."""
    runs.stop(runs.begin(OCTOBER, "a"), {"fewer": "why", "sender": "why"})
    assert runs.begin(OCTOBER, "b", attempt=1, accept=["fewer", "sender"]).accepted == ["fewer", "sender"]
    again = runs.begin(OCTOBER, "c", attempt=1, again=True)
    assert (again.attempt, again.accepted, record(runs)["accepted"]) == (2, [], [])
