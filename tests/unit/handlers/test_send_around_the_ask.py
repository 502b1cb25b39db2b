"""send: time runs out, or the store is away, around the one call that can't be undone."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import TypeVar

import pytest

from shared.errors import (
    OutOfTimeError,
    SendRejectedError,
    SendThrottledError,
    SendUnavailableError,
    SendUncertainError,
    StoreUnavailableError,
    UnfitProcessError,
)
from shared.outbox.states import Status
from simulation.fakes.ses import LostAnswer
from simulation.fakes.wire import Wire
from simulation.world import World
from tests.unit.handlers.actors import KEY, item, order, put, status
from tests.unit.handlers.answers import BOB, DAY_SPENT, REJECTED, SKEWED, THROTTLED, UNREACHED
from tests.unit.handlers.sending import claimed, opened

T = TypeVar("T")


@pytest.fixture
def world() -> World:
    return opened(World(0))


def test_too_little_time_is_left(world: World) -> None:
    claimed(world, KEY, BOB)
    with pytest.raises(OutOfTimeError, match="too late for this invocation"):
        world.send(order(world, KEY, BOB), remaining_ms=lambda: 30_000)
    assert world.ses_client.asks == 0


def test_time_runs_out_between_begin_send_and_the_ask(world: World) -> None:
    """begin_send took long: SES is not asked, for nobody could record its answer any more."""
    claimed(world)
    left = iter([60_000, 60_000, 20_000])
    with pytest.raises(OutOfTimeError, match="SES was not asked"):
        world.send(order(world), remaining_ms=lambda: next(left))
    assert (status(world), world.ses_client.asks) == ("CLAIMED", 0)


def test_time_runs_out_while_it_waits_for_its_slot(world: World) -> None:
    """As where Airflow ends the process: nothing is written, so that its next try finds the claim by its owner."""
    claimed(world)
    before, left = item(world), iter([60_000, 0])
    with pytest.raises(OutOfTimeError, match="since it waited for its slot"):
        world.send(order(world), remaining_ms=lambda: next(left))
    assert (item(world), world.ses_client.asks) == (before, 0)


class Hiccups(Wire):
    """The outbox is unavailable for a while, from the n-th of its updates on; what it was asked for is done or not."""

    def __init__(self, first: int, times: int, *, done: bool) -> None:
        self.updates = 0
        self.hit = range(first, first + times)
        self.done = done

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        if operation != "outbox.UpdateItem":
            return carry_out()
        self.updates += 1
        if self.updates not in self.hit:
            return carry_out()
        if self.done:
            with suppress(Exception):
                carry_out()
        raise StoreUnavailableError("DynamoDB is down")


HICCUPS_A_SLOT_LASTS = {1: 2, 2: 20}
"""At begin_send, and at what follows the answer: that one needs no slot any more."""


@pytest.mark.parametrize("done", [False, True])
def test_a_begin_send_that_outlasts_the_slot_asks_nobody(done: bool) -> None:
    """The claim stays, and the retry goes on with it: its slot is over, and it takes a place beside the timetable."""
    world = opened(World(0, wire=Hiccups(1, 3, done=done)))
    claimed(world)
    with pytest.raises(OutOfTimeError, match="SES was not asked"):
        world.send(order(world))
    assert (status(world), world.ses_client.asks, item(world)["fence"]) == ("CLAIMED", 0, 3)
    world.send(order(world))
    assert (status(world), world.ses_client.asks) == ("SENT", 1)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("update", [1, 2])
@pytest.mark.parametrize(
    ("answer", "error", "then"),
    [
        (None, None, "SENT"),
        (THROTTLED, SendThrottledError, "CLAIMED"),
        (UNREACHED, SendUnavailableError, "CLAIMED"),
        (SKEWED, UnfitProcessError, "CLAIMED"),
        (REJECTED, SendRejectedError, "FAILED"),
        (DAY_SPENT, None, "PENDING"),
        (LostAnswer(accepted=True), SendUncertainError, "UNCERTAIN"),
    ],
)
def test_a_store_that_hiccups_around_the_ask(
    answer: Exception | None, error: type[Exception] | None, then: str, update: int, done: bool
) -> None:
    """begin_send is repeated while the slot lasts, what follows the answer while there is time, and SES is asked once."""
    world = opened(World(0, wire=Hiccups(update, HICCUPS_A_SLOT_LASTS[update], done=done)))
    claimed(world)
    world.ses_client.answers = [answer]
    with pytest.raises(error) if error else nullcontext():
        world.send(order(world))
    assert (status(world), world.ses_client.asks) == (then, 1)


class Overtaken(Wire):
    """Somebody else takes the message right before the n-th update of the outbox."""

    def __init__(self, update: int) -> None:
        self.left = update
        self.take: Callable[[], object] = lambda: None

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        if operation == "outbox.UpdateItem":
            self.left -= 1
            if self.left == 0:
                self.take()
        return carry_out()


def test_a_claim_that_is_lost_at_begin_send_asks_nobody() -> None:
    """I1: the worker that has it now may be asking at this moment."""
    wire = Overtaken(1)
    world = opened(World(0, wire=wire))
    claimed(world)
    wire.take = lambda: put(world, Status.CLAIMED, fence=4)
    world.send(order(world))
    assert (status(world), item(world)["fence"], world.ses_client.asks) == ("CLAIMED", 4, 0)
    assert world.telemetry.events == ["send_lost"]


@pytest.mark.parametrize("answer", [None, REJECTED, LostAnswer(accepted=True), THROTTLED, DAY_SPENT])
def test_an_answer_that_belongs_to_an_ask_of_the_past_is_told_as_lost(answer: Exception | None) -> None:
    """The asker stalled, an operator had it sent again, and another ask is under way: the item says nothing of this one."""
    wire = Overtaken(2)
    world = opened(World(0, wire=wire))
    claimed(world, KEY, BOB)
    world.ses_client.answers = [answer, None]
    wire.take = lambda: put(world, Status.SENDING, fence=5, send_token="another's", send_fence=5)
    world.send(order(world, KEY, BOB))
    assert (status(world), item(world)["send_token"]) == ("SENDING", "another's")
    assert world.telemetry.events == ["send_lost", "mark_sent"], "the other's own is recorded"
    assert status(world, BOB) == "SENT"


@pytest.mark.parametrize("answer", [None, LostAnswer(accepted=True)])
def test_a_store_that_stays_away_leaves_the_message_to_the_sweeper(answer: Exception | None) -> None:
    world = opened(World(0, wire=Hiccups(2, 1000, done=False)))
    claimed(world)
    world.ses_client.answers = [answer]
    left = iter(range(60_000, 0, -1_000))
    with pytest.raises(StoreUnavailableError):
        world.send(order(world), remaining_ms=lambda: next(left))
    assert (status(world), world.ses_client.asks) == ("SENDING", 1)
