"""When SES may be asked for a claim."""

from datetime import timedelta

import pytest

from shared.errors import SlotVoidError
from shared.pacing.pace import SECOND_US
from shared.sending.claims import Claims
from shared.sending.order import Claim
from shared.sending.slots import Slots
from shared.sending.time_left import TimeLeft
from shared.times import to_micros
from simulation.world import World
from tests.unit.handlers.actors import KEY
from tests.unit.handlers.sending import later_ticket


@pytest.mark.parametrize(
    ("ahead_s", "late_s", "slept_for"),
    [(2.9, 0, True), (3.1, 0, False), (7.9, 5, True), (8.1, 5, False), (23.9, 60, True), (24.1, 60, False)],
)
def test_a_slot_that_is_near_is_slept_for(ahead_s: float, late_s: int, slept_for: bool) -> None:
    """Three seconds, and as much more as the order woke up late: to wait again may take as long again. At most 24."""
    world = World(0)
    ticket, slot = later_ticket(world, timedelta(hours=1))
    world.now = slot - timedelta(seconds=ahead_s)
    claims = Claims(world.outbox(), world.campaign(), world.telemetry, world.clock, timedelta(minutes=15))
    time_left = TimeLeft(lambda: 60_000, 33_000, lambda _: None)
    slots = Slots(world.campaign(), claims, world.telemetry, world.clock, time_left, late_s * SECOND_US)
    claim = Claim(KEY, 3, ticket)
    if slept_for:
        assert slots.place(claim).at_us == to_micros(slot)
    else:
        with pytest.raises(SlotVoidError):
            slots.place(claim)
