"""A plan: tickets that were given out together, and how far ahead there may be any. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.pacing import lateness
from shared.pacing.campaign_state import CampaignState
from shared.pacing.pace import MICROSECOND, SECOND_US
from shared.times import from_micros

HORIZON = timedelta(days=3)
"""How far ahead slots are planned. What finds none stays PENDING and is nudged when its turn is near."""
NEAR = timedelta(minutes=8)
"""So long before its slot: two sweeps come in it, as they are deployed by default, and it needs no third look."""
OPEN_ORDERS = 500_000
"""Executions to have open at once: half of what an account may (source: sfn-open)."""
LEAD_US = 4 * SECOND_US
"""From the plan to the first slot: time to claim, to start an execution, and to wake up a function."""


@dataclass(frozen=True)
class Plan:
    """Tickets that follow on each other, and their slots as they are planned now; none if none may be given out."""

    first_ticket: int
    slots: tuple[datetime, ...]
    leads: tuple[timedelta, ...]
    """So much before each slot an order wakes up, because wake-ups come late."""

    @classmethod
    def of_last(cls, count: int, state: CampaignState) -> "Plan":
        """For the last tickets that were given out, so many of them."""
        first = state.issued - count
        slots = [state.timetable.slot(first + number) for number in range(count)]
        leads = tuple(lateness.lead_us(state, slot) * MICROSECOND for slot in slots)
        return cls(first, tuple(map(from_micros, slots)), leads)

    @property
    def tickets(self) -> range:
        return range(self.first_ticket, self.first_ticket + len(self.slots))


NOTHING = Plan(0, (), ())


def room_for(count: int, state: CampaignState, now_us: int, waiting_at_most: float) -> bool:
    """Whether so many more tickets may be given out."""
    if state.timetable.slot(state.issued + count - 1) > now_us + HORIZON // MICROSECOND:
        return False
    return state.timetable.count(state.issued, now_us) + count <= waiting_at_most
