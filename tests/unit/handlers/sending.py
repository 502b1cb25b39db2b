"""A world in which messages are about to be sent."""

from datetime import datetime, timedelta

from shared.keys import Key
from shared.outbox.states import Status
from shared.pacing.pace import MICROSECOND
from simulation.world import World
from tests.unit.handlers.actors import KEY, put


def opened(world: World) -> World:
    """With tickets given out whose slots are now."""
    world.campaign().reserve(10, lead_us=0)
    return world


def claimed(world: World, *keys: Key) -> None:
    for key in keys or (KEY,):
        put(world, Status.CLAIMED, key)


def later_ticket(world: World, ahead: timedelta) -> tuple[int, datetime]:
    """A ticket whose slot is that far ahead, and the slot."""
    world.now += timedelta(hours=1)  # the queue has run empty
    plan = world.campaign().reserve(1, lead_us=ahead // MICROSECOND)
    return plan.first_ticket, plan.slots[0]


def asked_at(world: World) -> datetime:
    (at,) = world.ses_client.asked_at
    return at
