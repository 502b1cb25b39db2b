"""The run record of a period."""

from datetime import UTC, datetime

import pytest

from shared.errors import RunTakenOverError
from shared.fakes.table import FakeTable
from shared.periods import Period
from shared.runs import Run, Runs
from tests.contract.backends import RepeatingWire

OCTOBER = Period.parse("2026-10")


@pytest.fixture
def wire() -> RepeatingWire:
    return RepeatingWire()


@pytest.fixture
def runs(wire: RepeatingWire) -> Runs:
    now = datetime(2026, 11, 1, 6, tzinfo=UTC)
    return Runs(FakeTable("control", ("name",), lambda: now, wire), lambda: now)


def test_the_first_opens_the_run(runs: Runs) -> None:
    assert runs.begin(OCTOBER, "a") == Run(OCTOBER, fence=1, attempt=1, completed=False, produced=0, rejected=0)
    item = runs.get(OCTOBER)
    assert item is not None
    assert item["state"] == "RUNNING"
    assert item["started_by"] == "a"


def test_each_period_has_its_own(runs: Runs) -> None:
    runs.begin(OCTOBER, "a")
    assert runs.begin(OCTOBER.next, "a").fence == 1
    assert runs.get(OCTOBER.previous) is None


def test_the_second_takes_over_and_stops_the_first(runs: Runs) -> None:
    first, second = runs.begin(OCTOBER, "a"), runs.begin(OCTOBER, "b")
    assert second.fence == first.fence + 1
    with pytest.raises(RunTakenOverError, match="2026-10 was taken over"):
        runs.note(first, produced=1)
    with pytest.raises(RunTakenOverError):
        runs.complete(first, 1, 0)
    runs.note(second, produced=2)
    item = runs.get(OCTOBER)
    assert item is not None
    assert (item["produced"], item["taken_over_by"], item["state"]) == (2, "b", "RUNNING")


def test_a_completed_run_stays_completed(runs: Runs) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.complete(run, produced=10, rejected=2)
    assert runs.begin(OCTOBER, "b") == Run(OCTOBER, 1, 1, completed=True, produced=10, rejected=2)
    with pytest.raises(RunTakenOverError):
        runs.note(run, produced=11)


def test_completing_it_twice_is_success(runs: Runs) -> None:
    run = runs.begin(OCTOBER, "a")
    runs.complete(run, 10, 2)
    runs.complete(run, 10, 2)


def test_an_answer_may_be_lost_anywhere(runs: Runs, wire: RepeatingWire) -> None:
    """The SDK repeats the same request, and whoever holds the run goes on holding it."""
    wire.repeats = True
    run = runs.begin(OCTOBER, "a")
    runs.note(run, produced=5)
    runs.complete(run, 10, 2)
    assert runs.begin(OCTOBER, "b").completed


def test_two_that_complete_at_once_are_told_apart(runs: Runs) -> None:
    first, second = runs.begin(OCTOBER, "a"), runs.begin(OCTOBER, "b")
    runs.complete(second, 10, 0)
    with pytest.raises(RunTakenOverError):
        runs.complete(first, 9, 0)
    assert runs.begin(OCTOBER, "c").produced == 10
