"""sweeper: what a stream that was last seen before a message may mean, and what is done until that is known."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from shared.aws.dynamodb_wire import to_wire
from shared.errors import LeaseLostError
from shared.outbox.message import Message
from shared.outbox.outbox import Outbox
from shared.outbox.states import Status
from shared.pacing.campaign import Campaign
from shared.pacing.control_item import KEY as CAMPAIGN
from shared.sweeping.intervals import STRANDED_AFTER, SWEEP_EVERY
from shared.times import to_text
from simulation.fakes.wire import Wire
from simulation.world import World
from tests.unit.handlers.actors import put

T = TypeVar("T")
USERS = 40


@pytest.fixture
def world() -> World:
    """A stack that has sent before, and a month whose records nobody has shown to claim."""
    world = World(USERS)
    world.campaign().reserve(1, streamed_up_to=world.now - timedelta(days=30))
    world.produce()
    return world


def sweeps(world: World, lasting: timedelta) -> int:
    """Nudges in that time, with nothing of the stream delivered."""
    until = world.now + lasting
    while world.now + SWEEP_EVERY <= until:
        world.now += SWEEP_EVERY
        world.sweep()
    return world.telemetry.events.count("nudge")


def deliver(world: World) -> None:
    """All that is in the stream, as far as it shows a PENDING message."""
    pending = to_wire({"status": Status.PENDING.value})
    world.claim(
        [one for one in world.outbox_table.stream if one["dynamodb"]["NewImage"]["status"] == pending["status"]]
    )


def test_a_stream_that_is_behind_gets_one_message_more_for_each_time_that_it_is_asked(world: World) -> None:
    """Not one for each message that waits: claim would have to go through all of these as well."""
    assert sweeps(world, STRANDED_AFTER) == 0
    assert sweeps(world, timedelta(hours=1)) == 5
    deliver(world)
    assert set(world.statuses().values()) == {"CLAIMED"}


def test_a_stream_that_has_lost_messages_gets_them_all_once_it_has_shown_one(world: World) -> None:
    world.outbox_table.stream.clear()
    assert sweeps(world, STRANDED_AFTER + SWEEP_EVERY) == 1
    deliver(world)
    assert sweeps(world, SWEEP_EVERY) == USERS
    deliver(world)
    assert set(world.statuses().values()) == {"CLAIMED"}


def test_two_sweepers_at_once_send_one_probe(world: World) -> None:
    world.now += STRANDED_AFTER + timedelta(minutes=1)
    assert world.sweep() == {"nudge": 1, "postpone": USERS - 1}
    put(world, history={"produce": to_text(world.now - STRANDED_AFTER)})
    assert world.sweep() == {"postpone": 1}


def test_a_sweep_asks_once_whether_it_may_probe(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many messages are stranded: each question is a write to the control item."""
    asked: list[timedelta] = []
    monkeypatch.setattr(Campaign, "probe", lambda _, after: asked.append(after))
    world.now += STRANDED_AFTER + timedelta(minutes=1)
    assert world.sweep() == {"postpone": USERS}
    assert asked == [STRANDED_AFTER]


def test_where_the_one_that_was_to_probe_has_moved_on_the_next_one_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody would ask the stream for ten minutes more."""
    nudge, tried = Outbox.nudge, []

    def lost_at_first(self: Outbox, message: Message, *facts: Any) -> Any:
        tried.append(message)
        if len(tried) == 1:
            raise LeaseLostError("nudge", message.key, None)
        return nudge(self, message, *facts)

    monkeypatch.setattr(Outbox, "nudge", lost_at_first)
    world.now += STRANDED_AFTER + timedelta(minutes=1)
    assert world.sweep() == {"nudge": 1, "postpone": USERS - 2}
    assert len(tried) == 2


def test_only_one_may_probe_in_a_while(world: World) -> None:
    assert [world.campaign().probe(STRANDED_AFTER) for _ in range(3)] == [True, False, False]
    world.now += STRANDED_AFTER + timedelta(milliseconds=1)
    assert [world.campaign().probe(STRANDED_AFTER) for _ in range(2)] == [True, False]
    item = world.control_table.get(CAMPAIGN)
    assert item is not None
    assert item["probed_at"] == to_text(world.now)


def test_a_sweep_that_may_probe_is_told_so_though_the_answer_was_lost() -> None:
    """The SDK's own repetition fails the condition, and finds in the item what it has written."""
    world = World(0, wire=RepeatingWire())
    world.campaign().state()
    assert world.campaign().probe(STRANDED_AFTER)


class RepeatingWire(Wire):
    """Each write's first answer is lost."""

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        if operation == "control.UpdateItem":
            carry_out()
        return carry_out()
