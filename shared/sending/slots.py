"""When SES may be asked for a claim: in its slot, or where it comes too late for that, in another place."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.errors import NoRoomError, OutOfTimeError, SlotVoidError
from shared.pacing import lateness
from shared.pacing.campaign import Campaign
from shared.pacing.lateness import Place
from shared.pacing.pace import SECOND_US
from shared.sending.claims import MAY_SEND_NOTHING, Claims
from shared.sending.order import Claim
from shared.sending.time_left import TimeLeft
from shared.telemetry import Telemetry
from shared.times import Clock, from_micros, to_micros, to_text

SOON_US = 3 * SECOND_US
"""A slot that is nearer is slept for; for one that is further the state machine waits, free of charge."""
LOOK_US = SECOND_US
"""How often a late one looks whether its slot has come back."""


@dataclass(frozen=True)
class Slots:
    """The slots of one order's claims. SES is asked at no other time, so that late ones, however many wake up at once,
    keep to the rate (I4).
    """

    campaign: Campaign
    claims: Claims
    telemetry: Telemetry
    clock: Clock
    time_left: TimeLeft
    wake_late_us: int
    """How late the order woke up."""

    _places: dict[Claim, Place] = field(default_factory=dict)
    """What late ones have taken, and wait for."""
    _late: set[Claim] = field(default_factory=set)
    """Those that came too late for their slots."""

    def next_of(self, claims: Sequence[Claim]) -> Claim:
        """Whose turn is next: the first one's. If that is late, it comes between those that are in time, when its place does:
        else all of the order would be late because of one.
        """
        first, state, now_us = claims[0], self.campaign.recent_state(), to_micros(self.clock())
        if not lateness.too_late(state, first.ticket, now_us):
            return first
        turn_us = self._places[first].at_us if first in self._places else now_us
        for claim in claims[1:]:
            slot_us = state.timetable.slot(claim.ticket)
            if slot_us > min(turn_us, now_us + self._soon_us):
                break
            if not lateness.too_late(state, claim.ticket, now_us):
                return claim
        return first

    def wait_for(self, claim: Claim) -> int | None:
        """Sleeps until SES may be asked for the claim; returns that time, in microseconds. None: it is late, its place is
        ahead, and others may come before it.

        A late one looks again and again whether all were late: then the timetable has moved, and its own slot is near.
        Raises NoRoomError if nothing is sent now, before the wait or after it; what `place` raises; OutOfTimeError if too
        little time would be left to ask SES.
        """
        self._refuse_if_halted()
        taken = self._places.pop(claim, None)
        place = taken or self.place(claim)
        wait_us = max(0, place.at_us - to_micros(self.clock()))
        if not self.time_left.for_an_ask(wait_us):
            raise OutOfTimeError("the slot comes too late for this invocation")
        if not place.own and wait_us > 0 and taken is None:
            self._places[claim] = place
            return None
        if not place.own and wait_us > LOOK_US:
            self.time_left.sleep(LOOK_US / SECOND_US)
            if self._still_late(claim):
                self._places[claim] = place
            return None
        self.time_left.sleep(wait_us / SECOND_US)
        self._refuse_if_halted()
        return place.at_us

    def was_asked(self, claim: Claim, slot_us: int) -> None:
        """Tells the late ones of others that not all are late, unless this order woke up too late itself: that those of its
        claims are in time which come seconds after the first tells nothing of wake-ups.
        """
        if not self._late:
            self.campaign.came_in_time(claim.ticket, slot_us, self.wake_late_us)

    def place(self, claim: Claim) -> Place:
        """When SES may be asked for this claim.

        Raises SlotVoidError if its slot is still far; NoRoomError if the account may send nothing, or a late one finds no
        place; for a late one LeaseLostError or InvalidMessageError as `Claims.held` does: what an earlier round has done
        with takes no place.
        """
        state, now_us = self.campaign.recent_state(), to_micros(self.clock())
        if lateness.too_late(state, claim.ticket, now_us):
            self.claims.held(claim)
            self._late.add(claim)
            place = self._catch_up(claim)
        elif state.pace.stands_still:
            raise NoRoomError(MAY_SEND_NOTHING)
        else:
            place = Place(state.timetable.slot(claim.ticket), own=True)
        if place.own and place.at_us - to_micros(self.clock()) > self._soon_us:
            raise SlotVoidError(f"its slot is not before {to_text(from_micros(place.at_us))}")
        return place

    @property
    def _soon_us(self) -> int:
        """To wait again may take as long again."""
        return min(SOON_US + self.wake_late_us, lateness.LONGEST_WAIT_US)

    def _refuse_if_halted(self) -> None:
        """By the state as it was at most two seconds ago."""
        state = self.campaign.recent_state()
        why = state.halted(self.clock()) or (MAY_SEND_NOTHING if state.pace.stands_still else None)
        if why:
            raise NoRoomError(why)

    def _still_late(self, claim: Claim) -> bool:
        """Whether the timetable, as it is now, has no slot for this claim that is not over."""
        return lateness.too_late(self.campaign.state(), claim.ticket, to_micros(self.clock()))

    def _catch_up(self, claim: Claim) -> Place:
        place = self.campaign.catch_up(claim.ticket, self.wake_late_us)
        if place is None:
            self.telemetry.count("put_off", message_id=claim.key.message_id)
            raise NoRoomError(f"ticket {claim.ticket} came too late, and no slot is free for now")
        waits_us = max(0, place.at_us - to_micros(self.clock()))
        self.telemetry.count("late", message_id=claim.key.message_id, waits_ms=waits_us // 1000)
        if waits_us > SOON_US:
            self.telemetry.count("put_off", message_id=claim.key.message_id, waits_ms=waits_us // 1000)
        return place
