"""What becomes of a mail that comes too late for its slot. Pure arithmetic in whole microseconds (ADR 9).

Wake-ups come late: Wait promises no punctuality, a cold function takes seconds, a platform stalls. The slot of a late
mail went by unused, so it may go out on top of those that are in time, as long as not too many do so at once. Three ways:

- one in fifty is late: it takes a place in the lane, a line beside the timetable for a tenth of the pace;
- all are late: the whole timetable moves back by as much, and what was late is in time again;
- many are late, and others are not: it takes the timetable's next slot, and all behind move back by one.

None goes to the tail, which may be hours away, unless the timetable has no slot within 24 seconds (a day's quota is spent).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shared.pacing.campaign_state import CampaignState, Lane, timetable_attributes
from shared.pacing.pace import SECOND_US, Pace
from shared.store import Item

UNTIL_THE_ASK_US = 250_000
"""From the look at the slot until SES has the request, in a function that has just been started."""
LANE_SHARE = 0.1
"""Of the pace. With the default headroom it fits under the account's rate beside the timetable."""
LANE_BURST_S = 0.25
"""So many seconds' worth of the pace may pass the lane at once."""
LONGEST_WAIT_US = 24 * SECOND_US
"""A function that sleeps for so long can still ask SES and record the answer."""
WAIT_US = 3 * SECOND_US
UNSEEN_US = 5 * SECOND_US
"""A slot that is nearer may have been looked up already, with a state that is two seconds old, and be slept for."""
SHORT_US = 60 * SECOND_US
RUN_AGAIN_US = 30 * SECOND_US
"""An order that is run again is late by its retry's delay. Later than this it is no single worker that died."""
OVERDUE_US = 45 * SECOND_US
"""A mail that is later than this does not wait for the lane as well."""
SPREAD_US = SECOND_US
"""Where all wake-ups are late, some are later than others by about a second, if only because Wait knows whole seconds. The
timetable moves back by so much more, and by so much for one that would wait far longer for the lane.
"""
POSTPONED_AT_MOST_US = 600 * SECOND_US
"""Later than this is one mail's own bad luck; the timetable would lose as much for nothing."""
GAVE_WAY_WITHIN_US = 10 * SECOND_US
"""If giving way to single mails costs as much within this time as to move the timetable back by their lateness, it moves."""
SIGNS_A_SECOND = 4
A_FEW, CROWD_OF_FEW, CROWD_AT_LEAST = 2, 4, 5
CROWD_S = 0.5
"""So many seconds' worth of mails, one after the other and all of them late, mean that all are late. A mail that is in time
looks at a state that is up to two seconds old, so it takes as long until it gives a sign: two seconds' worth of one in ten is
less.
"""
COLD_START_US = 2 * SECOND_US
"""So much earlier an order wakes up that will most likely find no warm function, or that must not be late."""
START_US = 3 * SECOND_US
"""After a break the functions are cold for so long."""
FEW = 4.0
"""Mails a second, below which one mail is a great part of what SES tolerates at once: it must not be late. Above, to wake
up early and sleep would cost more than it is worth.
"""
PUNCTUAL_US = SECOND_US // 2
"""Wake-ups that come no later than this are slept for; no order needs to wake up earlier."""


@dataclass(frozen=True)
class Place:
    """When a late mail may ask SES, and what has to be written for it, if nothing else was written meanwhile."""

    at_us: int
    sets: Item = field(default_factory=dict)
    adds: Mapping[str, int] = field(default_factory=dict)
    in_lane: bool = False
    own: bool = False
    """It is the ticket's own slot."""

    @property
    def taken(self) -> bool:
        """Nothing has to be written: the slot is the mail's own."""
        return not self.sets and not self.adds

    @property
    def moves(self) -> bool:
        """The timetable or the lane changes: what others have computed from it is void."""
        return not self.sets.keys().isdisjoint(("cut", "lane_cut"))


def tolerance_us(pace: Pace, now_us: int) -> int:
    """How late a mail may be and still be in its slot.

    If all were late by up to a second and then in time, two seconds' worth would come in one: SES tolerates a burst of one
    second's worth (source: ses-quotas).
    """
    if pace.rate < FEW:
        return SECOND_US // 4
    return max(SECOND_US // 2, SECOND_US - pace.interval_at(now_us) - UNTIL_THE_ASK_US)


def too_late(state: CampaignState, ticket: int, now_us: int) -> bool:
    slot_us = state.timetable.slot(ticket)
    return now_us - slot_us > tolerance_us(state.pace, now_us)


def place(state: CampaignState, ticket: int, wake_late_us: int | None, now_us: int) -> Place | None:
    """Where a mail goes that is late for its ticket's slot. None: there is none, or it is too far away to wait for it.

    `wake_late_us` is how late its order woke up. None: it is run again, as its worker died or failed.
    """
    if not too_late(state, ticket, now_us):
        return Place(state.timetable.slot(ticket), own=True)  # the timetable has moved since the send looked
    if state.pace.stands_still:
        return None
    overdue_us = now_us - state.timetable.slot(ticket)
    counts = wake_late_us is not None or overdue_us > RUN_AGAIN_US or state.pace.rate < FEW
    begins = counts and _row_is_over(state, ticket, now_us)
    if begins:
        state = replace(state, late_run=0)
    first = min(ticket, state.late_first) if state.late_run else ticket
    if counts and state.late_run + 1 >= crowd(state.pace) and overdue_us <= POSTPONED_AT_MOST_US:
        seen = first if state.pace.rate < FEW else ticket  # where many come, the first of them came a while ago
        by_us = now_us - state.timetable.slot(seen) + SPREAD_US
        return _postponed(state, first, by_us, ticket, wake_late_us, now_us)
    lane, at_us = _in_lane(state, now_us)
    if state.pace.rate < FEW and overdue_us < SPREAD_US and at_us > now_us + WAIT_US and _may_give_way(state, now_us):
        return _postponed(state, ticket, SPREAD_US, ticket, wake_late_us, now_us)
    run, one_more = _counted(state, first, begins) if counts else ({}, {})
    free_from_us = max(now_us, min(now_us + UNSEEN_US, state.timetable.slot(state.issued)))
    timetable, free_us = state.timetable.with_room(state.issued, free_from_us, now_us)
    near_us = min(at_us, now_us + WAIT_US)
    if state.pace.rate >= FEW and now_us < at_us and free_us < near_us:  # the timetable's end is near
        return Place(free_us, {**run, **timetable_attributes(timetable)}, one_more)
    if at_us <= now_us or (at_us <= now_us + _patience_us(state.pace, now_us) and overdue_us <= OVERDUE_US):
        moved = {"lane_cut": lane.cut, "lane_cut_us": lane.cut_us} if lane != state.lane else {}
        return Place(max(at_us, now_us), {**run, **moved}, {"late": 1, **one_more}, in_lane=True)
    gave_way, since_us = state.gave_way, state.gave_way_since_us
    if now_us - since_us > GAVE_WAY_WITHIN_US:
        gave_way, since_us = 0, now_us
    if overdue_us <= gave_way * state.pace.interval_at(now_us):
        return _postponed(state, ticket, overdue_us, ticket, wake_late_us, now_us)
    if free_us > now_us + LONGEST_WAIT_US:
        return None
    given = {"gave_way": gave_way + 1, "gave_way_since_us": since_us}
    return Place(free_us, {**run, **timetable_attributes(timetable), **given}, one_more)


def _counted(state: CampaignState, first: int, begins: bool) -> tuple[Item, Mapping[str, int]]:
    """What is set and added for one more that is late in a row, which may begin with it."""
    run: Item = {"late_first": first} if first != state.late_first else {}
    return ({**run, "late_run": 1}, {}) if begins else (run, {"late_run": 1})


def _postponed(
    state: CampaignState, first: int, by_us: int, ticket: int, wake_late_us: int | None, now_us: int
) -> Place:
    """The timetable moves back from the first ticket on, and this ticket's slot is ahead again."""
    timetable = state.timetable.postponed(first, by_us, now_us)
    told: Item = {"late_run": 0, "gave_way": 0, **({} if wake_late_us is None else {"wake_late_us": wake_late_us})}
    return Place(timetable.slot(ticket), {**timetable_attributes(timetable), **told}, own=True)


def _row_is_over(state: CampaignState, ticket: int, now_us: int) -> bool:
    """Whether those that came late before belong to a line that ended, or was halted, before this ticket's."""
    reach_us = SHORT_US + crowd(state.pace) * state.pace.interval_at(now_us)
    return state.late_run > 0 and state.timetable.slot(ticket) - state.timetable.slot(state.late_first) > reach_us


def _may_give_way(state: CampaignState, now_us: int) -> bool:
    """Whether a little lateness may move the timetable back: where few wait for their slots, or one more is late in a row."""
    return state.late_run + 1 >= A_FEW or state.timetable.slot(state.issued - 1) < now_us + SHORT_US


def _patience_us(pace: Pace, now_us: int) -> int:
    """How long a mail waits for the lane."""
    return min(LONGEST_WAIT_US, max(WAIT_US, 5 * lane_interval_us(pace, now_us)))


def lane_us(state: CampaignState, number: int, now_us: int) -> int:
    """When the lane's place of that number is."""
    lane = state.lane
    return lane.cut_us + (number - lane.cut) * lane_interval_us(state.pace, now_us)


def lane_interval_us(pace: Pace, now_us: int) -> int:
    return math.ceil(pace.interval_at(now_us) / LANE_SHARE)


def _in_lane(state: CampaignState, now_us: int) -> tuple[Lane, int]:
    """The lane and its next place. One that was empty for long begins anew: what was not used is not kept for later, but
    for a burst.
    """
    interval_us = lane_interval_us(state.pace, now_us)
    burst = max(1, int(state.pace.rate_at(now_us) * LANE_BURST_S))
    oldest_us = now_us - (burst - 1) * interval_us
    at_us = lane_us(state, state.lane.issued, now_us)
    if at_us >= oldest_us:
        return state.lane, at_us
    return replace(state.lane, cut=state.lane.issued, cut_us=oldest_us), oldest_us


def crowd(pace: Pace) -> int:
    """So many late mails, and none in time between them, mean that all are late."""
    return CROWD_OF_FEW if pace.rate < FEW else max(CROWD_AT_LEAST, math.ceil(pace.rate * CROWD_S))


def gives_sign(pace: Pace, ticket: int) -> bool:
    """Whether this ticket's mail, if it comes in time, tells so: some of them each second. Not each n-th of a quarter of a
    second: these all go together in one execution, which may be the late one.
    """
    return ticket % max(1, math.ceil(pace.rate / SIGNS_A_SECOND) - 1) == 0


def sign(state: CampaignState, wake_late_us: int) -> Item:
    """What a mail that came in time tells the others. Nothing, where none was late lately."""
    earlier_than_needed = state.wake_late_us > max(wake_late_us, PUNCTUAL_US)
    return {"late_run": 0, "wake_late_us": wake_late_us} if state.late_run or earlier_than_needed else {}


def lead_us(state: CampaignState, slot_us: int) -> int:
    """So much before its slot a new order wakes up, because wake-ups come late."""
    starting = 0 <= slot_us - state.timetable.cut_us < START_US
    learned_us = state.wake_late_us if state.wake_late_us > PUNCTUAL_US else 0
    return max(COLD_START_US if starting else 0, least_lead_us(state.pace), learned_us)


def least_lead_us(pace: Pace) -> int:
    return COLD_START_US if pace.rate < FEW else 0
