"""Tickets and their slots under a per-second rate and a rolling 24-hour quota. Pure: no clock, no I/O.

A ticket is a number that is given out once; the timetable says when its slot is. So a plan is one addition to a
counter, however many plan at once, and a change of pace moves the slots of all tickets that wait without a word to
those that hold them: a send that wakes looks its ticket up.

A slot comes one interval after the one before it, and a day after the ticket that is a day's quota older: the rolling
24 hours, exactly. Both make straight lines, kept as legs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.pacing.pace import SECOND_US, Pace

DAY_US = 86_400 * SECOND_US
MARGIN_US = 60 * SECOND_US
"""A send may be late by less than this, and still the day's quota holds."""
NEVER_US = 1 << 62
LEGS_AT_MOST = 64
"""More of them than this are put together; the control item stays small."""


@dataclass(frozen=True)
class Leg:
    """Tickets `first`, `first` + 1, … have the slots `at_us`, `at_us` + `interval_us`, …"""

    first: int
    at_us: int
    interval_us: int
    count: int

    @property
    def end(self) -> int:
        """The first ticket after it."""
        return self.first + self.count

    @property
    def last_us(self) -> int:
        return self.slot(self.end - 1)

    def slot(self, ticket: int) -> int:
        return self.at_us + (ticket - self.first) * self.interval_us

    def before(self, at_us: int, issued: int) -> int:
        """How many of its tickets that were given out have a slot before that time."""
        count = max(0, min(self.count, issued - self.first))
        if at_us <= self.at_us:
            return 0
        return count if self.interval_us == 0 else min(count, (at_us - self.at_us - 1) // self.interval_us + 1)

    def until(self, ticket: int) -> "Leg":
        """Its part before that ticket."""
        return replace(self, count=min(self.count, ticket - self.first))

    def since(self, ticket: int) -> "Leg":
        """Its part from that ticket on."""
        first = max(self.first, ticket)
        return replace(self, first=first, at_us=self.slot(first), count=self.end - first)


@dataclass(frozen=True)
class Timetable:
    """`fixed` legs are what the last day's tickets had, and what waiting ones keep. From `cut` on slots follow the
    pace, the first of them at `cut_us` or later.
    """

    pace: Pace
    cut: int = 0
    cut_us: int = 0
    fixed: tuple[Leg, ...] = ()

    def slot(self, ticket: int) -> int:
        """0: so long ago that it is forgotten. NEVER_US: the pace stands still."""
        if ticket < (self.fixed[0].first if self.fixed else self.cut):
            return 0
        leg = self.leg(ticket)
        return leg.slot(ticket) if leg else NEVER_US

    def leg(self, ticket: int) -> Leg | None:
        """The one that has the ticket's slot, if it is not forgotten. None: the pace stands still."""
        return next((leg for leg in self.legs(ticket) if ticket < leg.end), None)

    def count(self, issued: int, from_us: int, to_us: int = NEVER_US) -> int:
        """How many tickets, of those that were given out, have their slot from the one time on and before the other."""
        return sum(leg.before(to_us, issued) - leg.before(from_us, issued) for leg in self.legs(issued - 1))

    def legs(self, to: int) -> Iterator[Leg]:
        """The legs up to the one that has ticket `to`, as far as there are any."""
        legs = list(self.fixed)
        yield from legs
        ticket, at_us, source = self.cut, self.cut_us, 0
        while ticket <= to and not self.pace.stands_still:
            oldest = legs[0].first if legs else self.cut
            while source < len(legs) and legs[source].end <= self._day_before(ticket):
                source += 1
            leg = self._next(ticket, at_us, legs[source] if source < len(legs) else None, oldest)
            legs.append(leg)
            yield leg
            ticket, at_us = leg.end, leg.last_us + leg.interval_us

    def _day_before(self, ticket: int) -> int:
        """The ticket that must be a day older. Negative without a quota."""
        return -1 if self.pace.daily is None else ticket - self.pace.daily

    def _next(self, ticket: int, at_us: int, source: Leg | None, oldest: int) -> Leg:
        """The longest straight line from this ticket on. `source` has the ticket that must be a day older."""
        before, count, bound_us, bound_interval_us = self._day_before(ticket), NEVER_US, 0, 0
        if source is not None and before >= source.first:
            bound_us, bound_interval_us = source.slot(before) + DAY_US + MARGIN_US, source.interval_us
            count = source.end - before
        elif self.pace.daily is not None:
            count = oldest - before
        at_us = max(at_us, bound_us)
        interval_us = self.pace.interval_at(at_us)
        if bound_interval_us > interval_us:
            if bound_us == at_us:
                interval_us = bound_interval_us
            else:  # the day's quota catches up with the rate
                count = min(count, (at_us - bound_us) // (bound_interval_us - interval_us) + 1)
        step_us = self.pace.next_step(at_us)
        if step_us is not None:
            count = min(count, -((at_us - step_us) // interval_us))
        return Leg(ticket, at_us, interval_us, count)

    # --- changes: each gives another timetable ------------------------------------------------------------------------
    def restarted(self, issued: int, now_us: int) -> "Timetable":
        """The next ticket's slot is now: the queue had run empty."""
        return self._from(issued, now_us, now_us, self.pace)

    def slowed(self, issued: int, now_us: int, pace: Pace) -> "Timetable":
        """Every slot that is still ahead moves back, as the slower pace has it. One that was given out under a still slower
        pace (a quota that was lowered and raised again) comes earlier: a send that sleeps until then is late, and takes another.
        """
        ahead = issued - self.count(issued, now_us)
        start_us = now_us
        if ahead < issued:
            start_us = self.slot(ahead)
        if ahead > 0 and not pace.stands_still:
            start_us = max(start_us, self.slot(ahead - 1) + pace.interval_at(now_us))
        return self._from(ahead, start_us, now_us, pace)

    def sped_up(self, issued: int, now_us: int, pace: Pace) -> "Timetable":
        """Tickets that were given out keep their slots, for the sends that hold them sleep until then; the rest goes faster."""
        if self.pace.stands_still:
            return self._from(self.cut, now_us, now_us, pace)
        return self._from(issued, max(now_us, self.slot(issued)), now_us, pace)

    def postponed(self, ticket: int, by_us: int, now_us: int) -> "Timetable":
        """This ticket's slot and all behind it move back by so much: all are late, and the line with them. Where the line
        had a break, it keeps it.
        """
        if ticket >= self.cut:
            return self._from(ticket, self.slot(ticket) + by_us, now_us, self.pace)
        before = [leg.until(ticket) for leg in self.fixed if leg.first < ticket]
        behind = [leg.since(ticket) for leg in self.fixed if leg.end > ticket]
        moved = [replace(leg, at_us=leg.at_us + by_us) for leg in behind]
        return Timetable(self.pace, self.cut, self.cut_us + by_us, _kept([*before, *moved], now_us))

    def with_room(self, issued: int, from_us: int, now_us: int) -> tuple["Timetable", int]:
        """The first slot from that time on is free, for a mail that has lost its own; and when it is. All from there on move
        back by one.
        """
        ahead = issued - self.count(issued, from_us)
        free_us = max(from_us, self.slot(ahead))
        return self._from(ahead, free_us + self.pace.interval_at(free_us), now_us, self.pace), free_us

    def _from(self, cut: int, cut_us: int, now_us: int, pace: Pace) -> "Timetable":
        kept = [leg.until(cut) for leg in self.legs(cut - 1) if leg.first < cut]
        return Timetable(pace, cut, cut_us, _kept(kept, now_us))


def _kept(legs: list[Leg], now_us: int) -> tuple[Leg, ...]:
    """Those of the last day."""
    kept = [leg for leg in legs if leg.last_us > now_us - DAY_US - MARGIN_US]
    return _coalesced(kept, now_us) if len(kept) > LEGS_AT_MOST else tuple(kept)


def _coalesced(legs: list[Leg], now_us: int) -> tuple[Leg, ...]:
    """Half of the legs that are over, put together by pairs: all of a pair's slots at its last one, which is later than
    true and so on the safe side.
    """
    over = [leg for leg in legs if leg.last_us <= now_us]
    pairs = [
        Leg(one.first, other.last_us, 0, one.count + other.count)
        for one, other in zip(over[::2], over[1::2], strict=False)
    ]
    rest = over[len(pairs) * 2 :]
    return (*pairs, *rest, *legs[len(over) :])
