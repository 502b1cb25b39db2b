"""A world in which messages are about to be sent."""

from shared.keys import Key
from shared.states import Status
from tests.simulation.world import World
from tests.unit.handlers.actors import KEY, put


def opened(world: World) -> World:
    """With tickets given out whose slots are now."""
    world.campaign().reserve(10, lead_us=0)
    return world


def claimed(world: World, *keys: Key) -> None:
    for key in keys or (KEY,):
        put(world, Status.CLAIMED, key)
