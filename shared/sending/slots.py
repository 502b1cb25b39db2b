"""When SES may be asked for a claim: in its slot, or where it comes too late for that, in another place."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

from shared.errors import (
    InvalidMessageError,
    LeaseLostError,
    NewerFormatError,
    NoRoomError,
    OutOfTimeError,
    SlotVoidError,
)
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
class Turn:
    claim: Claim
    place: Place


@dataclass
class Slots:
    """The slots of one order's claims. SES is asked at no other time, so that late ones, however many wake up at once,
    keep to the rate (I4).
    """

    campaign: Campaign
    claims: Claims
    telemetry: Telemetry
    clock: Clock
    time_left: TimeLeft
    wake_late_us: int | None
    """How late the order woke up; None: it was run before, so that it comes late says nothing of wake-ups."""
    _all_in_time: bool = field(default=True, init=False)

    def in_turn(self, claims: Sequence[Claim]) -> Iterator[tuple[Claim, int]]:
        """Each claim when SES may be asked for it, and that time, in microseconds. Sleeps in between. Leaves out late ones
        that are not held any more: an earlier round has done with them.

        One that comes too late for its slot holds up no other: while it waits for its place, those go whose slots come
        before. Raises what `place` raises; NoRoomError if nothing is sent now, before a wait or after it; OutOfTimeError
        if too little time would be left to ask SES.
        """
        return ((turn.claim, self._wait_for(turn)) for turn in self._turns(claims))

    def came_in_time(self, claim: Claim, asked_us: int) -> None:
        """SES was asked for this claim then. Tells the campaign so, if nothing of the order was late."""
        if self._all_in_time and self.wake_late_us is not None:
            self.campaign.came_in_time(claim.ticket, asked_us, self.wake_late_us)

    def _turns(self, claims: Sequence[Claim]) -> Iterator[Turn]:
        waiting = list(claims)
        while waiting:
            turn = self._turn(waiting.pop(0))
            if turn and not turn.place.own:
                turn = yield from self._beside(turn, waiting)
            if turn:
                yield turn

    def _beside(self, late: Turn, waiting: list[Claim]) -> Generator[Turn, None, Turn]:
        """The turns of those that are in time while a late one waits for its place; returns the late one's.

        It looks again and again whether all were late: then the timetable has moved, and its own slot is near.
        """
        while True:
            yield from self._in_time_before(late.place.at_us, waiting)
            wait_us = self._until(late.place)
            if wait_us <= LOOK_US:
                return late
            self.time_left.sleep(LOOK_US / SECOND_US)
            if not self._still_late(late.claim):
                return Turn(late.claim, self.place(late.claim))

    def _in_time_before(self, until_us: int, waiting: list[Claim]) -> Iterator[Turn]:
        """Those whose slots are near and come before then; they are taken from the waiting ones."""
        while True:
            state, now_us = self.campaign.recent_state(), to_micros(self.clock())
            in_time = (one for one in waiting if not lateness.too_late(state, one.ticket, now_us))
            claim = next(in_time, None)
            if claim is None or state.timetable.slot(claim.ticket) >= min(until_us, now_us + self._soon_us):
                return
            waiting.remove(claim)
            if turn := self._turn(claim):
                yield turn

    def _turn(self, claim: Claim) -> Turn | None:
        """None: a late one is not held any more. One that can't be read comes at once, for who sends it to say so."""
        self._refuse_if_halted()
        try:
            if self._late(claim):
                self.claims.held(claim)
        except LeaseLostError as lost:
            self.telemetry.count("send_lost", message_id=claim.key.message_id, reason=str(lost))
            return None
        except (InvalidMessageError, NewerFormatError):
            return Turn(claim, Place(to_micros(self.clock()), own=True))
        return Turn(claim, self.place(claim))

    def _late(self, claim: Claim) -> bool:
        return lateness.too_late(self.campaign.recent_state(), claim.ticket, to_micros(self.clock()))

    def _wait_for(self, turn: Turn) -> int:
        """Sleeps until SES may be asked; returns that time."""
        self.time_left.sleep(self._until(turn.place) / SECOND_US)
        self._refuse_if_halted()
        if not self.time_left.for_an_ask():  # it was woken up, for its process is to end
            raise OutOfTimeError("too little time is left since it waited for its slot")
        return turn.place.at_us

    def _until(self, place: Place) -> int:
        """How long it is until then. Raises OutOfTimeError."""
        wait_us = max(0, place.at_us - to_micros(self.clock()))
        if not self.time_left.for_an_ask(wait_us):
            raise OutOfTimeError("the slot comes too late for this invocation")
        return wait_us

    def place(self, claim: Claim) -> Place:
        """When SES may be asked for this claim.

        Raises SlotVoidError if its slot is still far; NoRoomError if the account may send nothing, or a late one finds no
        place.
        """
        state = self.campaign.recent_state()
        if self._late(claim):
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
        return min(SOON_US + (self.wake_late_us or 0), lateness.LONGEST_WAIT_US)

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
        self._all_in_time = False
        place = self.campaign.catch_up(claim.ticket, self.wake_late_us)
        if place is None:
            self.telemetry.count("put_off", message_id=claim.key.message_id)
            raise NoRoomError(f"ticket {claim.ticket} came too late, and no slot is free for now")
        waits_us = max(0, place.at_us - to_micros(self.clock()))
        self.telemetry.count("late", message_id=claim.key.message_id, waits_ms=waits_us // 1000)
        if waits_us > SOON_US:
            self.telemetry.count("put_off", message_id=claim.key.message_id, waits_ms=waits_us // 1000)
        return place
