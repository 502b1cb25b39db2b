"""Time passes with what threads wait for side by side, and not while nothing happens."""

import time

import pytest

from bench.producer.virtual_time import VirtualTime

SLACK = 0.5
"""For the CPU that a loaded machine takes."""


@pytest.fixture
def clock() -> VirtualTime:
    return VirtualTime()


def test_waiting_takes_no_time(clock: VirtualTime) -> None:
    began = time.monotonic()
    clock.sleep(1000)
    assert 1000 <= clock.now() < 1000 + SLACK
    assert time.monotonic() - began < 10


def test_so_many_wait_side_by_side(clock: VirtualTime) -> None:
    """Seven waits of 10 s by three threads are three rounds; the answers come in the order of what was asked."""

    def call(number: int) -> int:
        clock.sleep(10)
        return number

    with clock.pool(3) as pool:
        assert list(pool.map(call, range(7))) == list(range(7))
    assert 30 <= clock.now() < 30 + SLACK


def test_what_was_begun_goes_on_while_its_beginner_waits(clock: VirtualTime) -> None:
    answer = clock.begin(lambda: clock.sleep(10))
    clock.sleep(4)
    answer()
    assert 10 <= clock.now() < 10 + SLACK


def test_an_error_comes_where_the_answer_is_asked_for(clock: VirtualTime) -> None:
    def fails() -> None:
        raise ValueError("what went wrong")

    answer = clock.begin(fails)
    clock.sleep(1)
    with pytest.raises(ValueError, match="what went wrong"):
        answer()


def test_cpu_is_time(clock: VirtualTime) -> None:
    used = time.thread_time()
    while time.thread_time() - used < 0.05:
        pass
    assert clock.now() >= 0.05
