"""Processes in virtual time: they run in the order of the times alone, and nobody waits for real."""

from datetime import UTC, datetime, timedelta

import pytest

from simulation.virtual_time import Process, VirtualTime, current_process

START = datetime(2026, 11, 1, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime(START)


def run(time: VirtualTime) -> None:
    while time.step():
        pass


def test_what_is_planned_for_the_same_time_happens_in_the_order_of_planning(time: VirtualTime) -> None:
    happened: list[tuple[str, datetime]] = []
    for name, after in (("late", 2), ("first", 1), ("second", 1), ("in the past", -5)):
        time.at(START + after * SECOND, lambda name=name: happened.append((name, time.now)))  # type: ignore[misc]
    run(time)
    assert happened == [
        ("in the past", START), ("first", START + SECOND), ("second", START + SECOND), ("late", START + 2 * SECOND),
    ]  # fmt: skip


def test_while_a_process_lets_time_pass_those_that_come_first_run(time: VirtualTime) -> None:
    happened: list[tuple[str, datetime]] = []

    def begin(name: str, seconds: int) -> None:
        def work() -> None:
            time.elapse(seconds * SECOND)
            happened.append((name, time.now))

        time.at(START, lambda: Process(work).go_on())

    begin("slow", 3)
    begin("quick", 1)
    run(time)
    assert happened == [("quick", START + SECOND), ("slow", START + 3 * SECOND)]


def test_what_was_planned_before_comes_before_a_process_that_waits_as_long(time: VirtualTime) -> None:
    happened: list[str] = []

    def work() -> None:
        time.elapse(SECOND)
        happened.append("process")

    time.at(START, Process(work).go_on)
    time.at(START + SECOND, lambda: happened.append("planned"))
    run(time)
    assert happened == ["planned", "process"]


def test_a_process_that_another_one_begins_gives_way_to_all(time: VirtualTime) -> None:
    happened: list[tuple[str, datetime]] = []

    def inner() -> None:
        time.elapse(SECOND)
        happened.append(("inner", time.now))

    def outer() -> None:
        time.at(time.now, Process(inner).go_on)
        time.elapse(3 * SECOND)
        happened.append(("outer", time.now))

    time.at(START, Process(outer).go_on)
    run(time)
    assert happened == [("inner", START + SECOND), ("outer", START + 3 * SECOND)]


def test_a_caller_that_is_no_process_lets_nobody_run_meanwhile(time: VirtualTime) -> None:
    happened: list[str] = []
    time.at(START + SECOND, lambda: happened.append("it"))
    time.elapse(5 * SECOND)
    assert (happened, time.now) == ([], START + 5 * SECOND)
    time.elapse(-SECOND)
    assert time.now == START + 5 * SECOND


def test_what_is_cancelled_does_not_happen(time: VirtualTime) -> None:
    happened: list[str] = []
    number = time.at(START + SECOND, lambda: happened.append("never"))
    time.at(START + 2 * SECOND, lambda: happened.append("it"))
    time.cancel(number)
    assert time.next_at == START + 2 * SECOND
    run(time)
    time.cancel(number)
    assert happened == ["it"]
    assert not time.step()


def test_a_clock_is_wrong_for_its_own_process_alone(time: VirtualTime) -> None:
    seen: list[tuple[datetime, datetime]] = []
    time.at(START, Process(lambda: seen.append((time.clock(), time.true_clock())), skew=SECOND).go_on)
    run(time)
    assert seen == [(START + SECOND, START)]
    assert time.clock() == START


def test_the_error_of_a_process_reaches_the_code_that_lets_it_run(time: VirtualTime) -> None:
    def fail() -> None:
        time.elapse(SECOND)
        assert current_process() is not None
        raise LookupError("gone")

    time.at(START, Process(fail).go_on)
    time.at(START, lambda: None)
    with pytest.raises(LookupError, match="gone"):
        run(time)
    assert current_process() is None
