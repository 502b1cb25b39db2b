"""send: nobody asks outside her slot."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar

import pytest

from shared.campaign import OPEN_ORDERS
from shared.errors import OutOfTimeError, SlotVoidError
from shared.keys import Key
from shared.states import Status
from shared.times import to_text
from tests.simulation.world import World
from tests.unit.handlers.actors import KEY, item, order, put, status
from tests.unit.handlers.sending import claimed, opened

T = TypeVar("T")
BOB, EVE = Key("bob", "2026-10"), Key("eve", "2026-10")


@pytest.fixture
def world() -> World:
    return opened(World(0))


def test_a_slot_that_is_near_is_slept_for(world: World) -> None:
    ticket, slot = later_ticket(world, timedelta(seconds=1.5))
    put(world, Status.CLAIMED, ticket=ticket)
    world.send(order(world))
    assert world.ses_client.inbox[0].accepted_at == slot


def later_ticket(world: World, ahead: timedelta) -> tuple[int, datetime]:
    """A ticket whose slot is that far ahead, and the slot."""
    world.now += timedelta(hours=1)  # the queue has run empty
    plan = world.campaign().reserve(1, lead_us=ahead // timedelta(microseconds=1))
    return plan.first_ticket, plan.slots[0]


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
    assert status(world) == "SENT"


def test_who_wakes_too_late_takes_another_ticket(world: World) -> None:
    """A crowd of late wakers would else ask all at once."""
    for number in range(5):
        put(world, Status.CLAIMED, Key(f"user-{number}", "2026-10"), ticket=number)
    world.now += timedelta(seconds=30)
    for number in range(5):
        world.send(order(world, Key(f"user-{number}", "2026-10")))
    times = [mail.accepted_at for mail in world.ses_client.inbox]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= timedelta(seconds=1) / 900
    assert item(world, Key("user-3", "2026-10"))["ticket"] >= 10


def test_a_little_late_is_on_time(world: World) -> None:
    claimed(world)
    world.now += timedelta(seconds=0.7)
    world.send(order(world))
    assert (status(world), item(world)["ticket"]) == ("SENT", 0)


@pytest.mark.parametrize(("late", "ticket"), [(0, 10), (1, 10), (2, 0), (9, 0)])
def test_where_everything_is_late_tolerance_grows(world: World, late: int, ticket: int) -> None:
    """Else nobody would ever send."""
    claimed(world)
    world.now += timedelta(seconds=2.5)
    world.send(order(world, late=late))
    assert (status(world), item(world)["ticket"]) == ("SENT", ticket)


def test_who_is_late_gets_another_ticket_however_many_wait(world: World) -> None:
    """Her execution is open already; to give it back would only open another one."""
    claimed(world)
    world.now += timedelta(seconds=30)
    assert world.campaign().reserve(OPEN_ORDERS).slots
    with pytest.raises(SlotVoidError):
        world.send(order(world))
    assert item(world)["ticket"] == 10 + OPEN_ORDERS


def test_late_and_the_next_free_slot_is_far(world: World) -> None:
    claimed(world)
    world.ses_client.rate = 1
    world.now += timedelta(seconds=30)
    world.campaign().refresh_quota()
    world.campaign().reserve(1000)
    with pytest.raises(SlotVoidError):
        world.send(order(world))
    again = world.send(order(world, action="reschedule"))
    assert again["claims"][0]["ticket"] == item(world)["ticket"] >= 1000
    assert again["send_at"] == item(world)["send_at"] > to_text(world.now + timedelta(minutes=10))


def test_a_late_order_keeps_only_what_it_still_holds(world: World) -> None:
    claimed(world, KEY, EVE)
    put(world, Status.SENT, BOB)
    put(world, Status.CLAIMED, Key("zoe", "2026-10"), fence="x")
    world.now += timedelta(seconds=30)
    answer = world.send(order(world, KEY, BOB, Key("zoe", "2026-10"), EVE))
    assert [claim["user_id"] for claim in answer["claims"]] == ["ann", "eve"]
    assert world.ses_client.asks == 2


def test_a_batch_sleeps_from_slot_to_slot() -> None:
    world = World(0)
    world.ses_client.rate = 10
    world.campaign().reserve(3, lead_us=0)
    for number, key in enumerate((KEY, BOB, EVE)):
        put(world, Status.CLAIMED, key, ticket=number)
    world.send(order(world, KEY, BOB, EVE))
    first, second, third = (mail.accepted_at for mail in world.ses_client.inbox)
    assert second - first == third - second == timedelta(microseconds=111_112)


def test_a_batch_sleeps_no_longer_than_the_function_lives(world: World) -> None:
    ticket, _ = later_ticket(world, timedelta(seconds=1.9))
    claimed(world)
    put(world, Status.CLAIMED, ticket=ticket)
    with pytest.raises(OutOfTimeError):
        world.send(order(world), remaining_ms=lambda: 34_000)


def test_no_new_slot_while_the_account_may_send_nothing(world: World) -> None:
    claimed(world)
    world.ses_client.rate = 0
    world.campaign().refresh_quota()
    assert world.send(order(world, action="reschedule"))["claims"] == []
    assert (status(world), item(world)["last_error"]) == ("PENDING", "the account may send nothing")


@pytest.mark.parametrize(("rate", "daily"), [(0.0, -1.0), (1000.0, 0.0)])
def test_the_account_may_send_nothing_from_now_on(world: World, rate: float, daily: float) -> None:
    """Not even what has its slot at this moment."""
    claimed(world)
    world.now += timedelta(milliseconds=100)
    world.ses_client.rate, world.ses_client.daily = rate, daily
    world.campaign().refresh_quota()
    assert world.send(order(world))["claims"] == []
    assert (status(world), world.ses_client.asks) == ("PENDING", 0)
    assert item(world)["last_error"] == "the account may send nothing"


def test_no_slot_is_free(world: World) -> None:
    """Late, and the next two days are given away."""
    claimed(world)
    world.ses_client.rate = 0.01
    world.now += timedelta(seconds=30)
    world.campaign().refresh_quota()
    while world.campaign().reserve(1).slots:
        pass
    assert world.send(order(world))["claims"] == []
    assert (status(world), item(world)["last_error"]) == ("PENDING", "no slot is free for now")
