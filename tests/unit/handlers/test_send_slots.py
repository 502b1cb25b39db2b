"""send: nobody asks outside its slot."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import TypeVar

import pytest

from handlers.send import NEEDED_MS
from shared.errors import OutOfTimeError, SlotVoidError
from shared.keys import Key
from shared.outbox.states import Status
from shared.sending.slots import SOON_US
from shared.times import to_text
from simulation.fakes.wire import Wire
from simulation.world import World
from tests.unit.handlers.actors import KEY, control_item, item, order, put, status
from tests.unit.handlers.sending import asked_at, claimed, later_ticket, opened

BOB, EVE = Key("bob", "2026-10"), Key("eve", "2026-10")
SECOND = timedelta(seconds=1)
T = TypeVar("T")


@pytest.fixture
def world() -> World:
    return opened(World(0))


@pytest.mark.parametrize("ahead_s", [0.01, 1.5, SOON_US / 1e6])
def test_a_slot_that_is_near_is_slept_for(world: World, ahead_s: float) -> None:
    ticket, slot = later_ticket(world, SECOND * ahead_s)
    put(world, Status.CLAIMED, ticket=ticket)
    world.send(order(world))
    assert asked_at(world) == slot


def test_a_slot_that_is_far_is_waited_for_by_the_state_machine(world: World) -> None:
    """Put off since it was planned; the message's lease goes with it."""
    ticket, slot = later_ticket(world, timedelta(hours=10))
    put(world, Status.CLAIMED, ticket=ticket)
    with pytest.raises(SlotVoidError, match="its slot is not before 2026-11-01T17:00:00"):
        world.send(order(world))
    assert (status(world), world.ses_client.asks) == ("CLAIMED", 0)
    again = world.send(order(world, action="reschedule"))
    assert again["send_at"] == to_text(slot)
    assert item(world)["lease_expires_at"] > to_text(slot)
    world.now = slot
    world.send({**again, "action": "send"})
    assert (status(world), asked_at(world)) == ("SENT", slot)


@pytest.mark.parametrize("late_s", [0, 0.5, 0.7])
def test_a_little_late_is_in_time(world: World, late_s: float) -> None:
    """It asks at once and costs no place in the lane."""
    claimed(world)
    world.now += SECOND * late_s
    world.send(order(world))
    assert (status(world), asked_at(world)) == ("SENT", world.now)
    assert world.campaign().state().lane.issued == 0


def test_a_batch_sleeps_from_slot_to_slot() -> None:
    world = World(0)
    world.ses_client.rate = 10
    world.campaign().reserve(3, lead_us=0)
    for number, key in enumerate((KEY, BOB, EVE)):
        put(world, Status.CLAIMED, key, ticket=number)
    world.send(order(world, KEY, BOB, EVE))
    first, second, third = world.ses_client.asked_at
    assert second - first == third - second == timedelta(microseconds=111_112)


def test_a_batch_sleeps_no_longer_than_the_function_lives(world: World) -> None:
    ticket, _ = later_ticket(world, SECOND * 1.9)
    put(world, Status.CLAIMED, ticket=ticket)
    with pytest.raises(OutOfTimeError):
        world.send(order(world), remaining_ms=lambda: 34_000)
    assert world.ses_client.asks == 0


@pytest.mark.parametrize(("spare_ms", "asks"), [(-1, 0), (0, 1)])
def test_a_slot_is_slept_for_if_there_is_just_time_to_ask_after_it(world: World, spare_ms: int, asks: int) -> None:
    ticket, _ = later_ticket(world, 2 * SECOND)
    put(world, Status.CLAIMED, ticket=ticket)
    with pytest.raises(OutOfTimeError) if not asks else nullcontext():
        world.send(order(world), remaining_ms=lambda: NEEDED_MS + 2_000 + spare_ms)
    assert world.ses_client.asks == asks


def test_no_new_slot_while_the_account_may_send_nothing(world: World) -> None:
    claimed(world)
    world.ses_client.rate = 0
    world.campaign().refresh_quota()
    assert world.send(order(world, action="reschedule"))["claims"] == []
    assert (status(world), item(world)["last_error"]) == ("PENDING", "the account may send nothing")


def test_a_rescheduled_order_keeps_only_what_it_still_holds(world: World) -> None:
    claimed(world, KEY, EVE)
    put(world, Status.SENT, BOB)
    put(world, Status.CLAIMED, Key("zoe", "2026-10"), fence="x")
    answer = world.send(order(world, KEY, BOB, Key("zoe", "2026-10"), EVE, action="reschedule"))
    assert [claim["user_id"] for claim in answer["claims"]] == ["ann", "eve"]


class Overtaken(Wire):
    """Somebody else takes a message right before its next write reaches the table."""

    take: Callable[[], object] | None = None

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        take = self.take if operation == "outbox.UpdateItem" else None
        if take:
            self.take = None
            take()
        return carry_out()


def test_a_rescheduled_order_lets_go_of_what_is_taken_while_it_looks() -> None:
    """It was still held when it was read, and lost when its new slot was to be written."""
    wire = Overtaken()
    world = opened(World(0, wire=wire))
    ticket, slot = later_ticket(world, timedelta(hours=10))
    put(world, Status.CLAIMED, ticket=ticket)
    put(world, Status.CLAIMED, BOB, ticket=ticket + 1)
    both = order(world, KEY, BOB, action="reschedule")
    wire.take = lambda: world.outbox().confirm(KEY, 3, "ses-1")
    answer = world.send(both)
    assert [claim["user_id"] for claim in answer["claims"]] == ["bob"]
    assert answer["send_at"] > to_text(slot), "it wakes up for the slot of the one that is left"
    assert status(world) == "SENT"


def test_a_rescheduled_order_that_has_lost_all_it_had_is_done() -> None:
    wire = Overtaken()
    world = opened(World(0, wire=wire))
    ticket, _ = later_ticket(world, timedelta(hours=10))
    put(world, Status.CLAIMED, ticket=ticket)
    only = order(world, action="reschedule")
    wire.take = lambda: world.outbox().confirm(KEY, 3, "ses-1")
    assert world.send(only)["claims"] == []


@pytest.mark.parametrize(("known_s", "own_s", "earlier_s"), [(0, 0, 0), (9, 0, 0), (9, 4, 4), (3, 9, 3)])
def test_it_wakes_up_earlier_if_wake_ups_come_late_and_its_own_did(
    world: World, known_s: int, own_s: int, earlier_s: int
) -> None:
    ticket, slot = later_ticket(world, timedelta(hours=1))
    put(world, Status.CLAIMED, ticket=ticket)
    world.control_table.put({**control_item(world), "wake_late_us": known_s * 1_000_000})
    woken = order(world, action="reschedule", send_at=to_text(world.now - own_s * SECOND))
    assert world.send(woken)["send_at"] == to_text(slot - earlier_s * SECOND)
