"""What becomes of an order's claims without SES: their slots, another slot, or back to PENDING."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import InvalidMessageError, LeaseLostError, NoRoomError, SlotVoidError
from shared.outbox.message import Message
from shared.outbox.outbox import Outbox
from shared.outbox.states import Status
from shared.outbox.transitions import BEGIN_SEND
from shared.outbox.writes import Known
from shared.pacing import lateness
from shared.pacing.campaign import Campaign
from shared.pacing.lateness import Place
from shared.pacing.pace import MICROSECOND, SECOND_US
from shared.sending.order import Claim, SendOrder
from shared.telemetry import Telemetry
from shared.times import Clock, from_micros, to_micros, to_text

SOON_US = 3 * SECOND_US
"""A slot that is nearer is slept for; for one that is further the state machine waits, free of charge."""


@dataclass(frozen=True)
class Orders:
    """The claims of send orders, kept or given back."""

    outbox: Outbox
    campaign: Campaign
    telemetry: Telemetry
    clock: Clock
    lease: timedelta
    """What a message keeps its claim for, from its slot on."""

    def wake_late_us(self, order: SendOrder) -> int:
        """How late the order woke up after the second that Wait knows, if this is called at once."""
        return max(0, to_micros(self.clock()) - to_micros(order.send_at.replace(microsecond=0)))

    def place(self, claim: Claim, wake_late_us: int) -> Place:
        """When SES may be asked for this claim: in its slot, or where it comes too late for that, in another place.

        Nobody asks at another time, so that late wakers, however many at once, keep to the rate (I4). Raises SlotVoidError
        if its slot is still far; for a late one NoRoomError if it finds no place, LeaseLostError or InvalidMessageError as
        `held` does: what an earlier round has done with takes none.
        """
        state, now_us = self.campaign.recent_state(), to_micros(self.clock())
        if lateness.too_late(state, claim.ticket, now_us):
            self.held(claim)
            place = self._catch_up(claim, wake_late_us)
        elif state.pace.stands_still:
            raise NoRoomError("the account may send nothing")
        else:
            place = Place(state.timetable.slot(claim.ticket), own=True)
        soon_us = min(SOON_US + wake_late_us, lateness.LONGEST_WAIT_US)  # to wait again may take as long again
        if place.own and place.at_us - to_micros(self.clock()) > soon_us:
            raise SlotVoidError(f"its slot is not before {to_text(from_micros(place.at_us))}")
        return place

    def still_late(self, claim: Claim) -> bool:
        """Whether the timetable, as it is now, has no slot for this claim that is not over."""
        return lateness.too_late(self.campaign.state(), claim.ticket, to_micros(self.clock()))

    def _catch_up(self, claim: Claim, wake_late_us: int) -> Place:
        place = self.campaign.catch_up(claim.ticket, wake_late_us)
        if place is None:
            self.telemetry.count("put_off", message_id=claim.key.message_id)
            raise NoRoomError(f"ticket {claim.ticket} came too late, and no slot is free for now")
        waits_us = max(0, place.at_us - to_micros(self.clock()))
        self.telemetry.count("late", message_id=claim.key.message_id, waits_ms=waits_us // 1000)
        if waits_us > SOON_US:
            self.telemetry.count("put_off", message_id=claim.key.message_id, waits_ms=waits_us // 1000)
        return place

    def look_up(self, order: SendOrder) -> SendOrder:
        """The order as the items and the timetable have it now: the claims that are still held, each with the ticket
        that its item names, at the slot which that ticket has by now. Maybe none.

        It wakes up early only if wake-ups come late, and its last one did: else it would be here again at once.
        """
        state = self.campaign.state()
        if state.pace.stands_still:
            return self.give_back(order, "the account may send nothing")
        kept: list[Message] = []
        for message in self._held(order):
            slot = from_micros(state.timetable.slot(message.ticket))
            if to_text(slot) == to_text(message.send_at or slot) or self._reschedule(message, slot):
                kept.append(replace(message, send_at=slot))
        lead_us = max(lateness.least_lead_us(state.pace), min(state.wake_late_us, self.wake_late_us(order)))
        return SendOrder.of(kept, lead_us * MICROSECOND) if kept else replace(order, claims=())

    def give_back(self, order: SendOrder, reason: str) -> SendOrder:
        """Returns to PENDING what SES was not asked for. Messages that somebody else moved on stay where they are."""
        for claim in order.claims:
            try:
                self.outbox.release(claim.key, Known(fence=claim.fence), reason)
                self.telemetry.count("release", message_id=claim.key.message_id, reason=reason)
            except LeaseLostError as lost:
                self.telemetry.count("release_lost", message_id=claim.key.message_id, reason=str(lost))
        return replace(order, claims=())

    def held(self, claim: Claim) -> Message:
        """The claim's message, if it is still the claim's to send. Raises LeaseLostError, InvalidMessageError."""
        message = self.outbox.get(claim.key)
        if message is None or message.status is not Status.CLAIMED or message.fence != claim.fence:
            found = None if message is None else {"status": message.status, "fence": message.fence}
            raise LeaseLostError(BEGIN_SEND.name, claim.key, found)
        return message

    def _held(self, order: SendOrder) -> list[Message]:
        """The order's messages that are still its own to send."""
        held = []
        for claim in order.claims:
            try:
                held.append(self.held(claim))
            except InvalidMessageError as error:
                self.telemetry.refuse("send_refused", error, message_id=claim.key.message_id)
            except LeaseLostError:
                self.telemetry.count("send_lost", message_id=claim.key.message_id)
        return held

    def _reschedule(self, message: Message, slot: datetime) -> bool:
        try:
            self.outbox.reschedule(message.key, message.fence, slot, message.ticket, self.lease)
        except LeaseLostError as lost:
            self.telemetry.count("reschedule_lost", message_id=message.key.message_id, reason=str(lost))
            return False
        self.telemetry.count("reschedule", message_id=message.key.message_id, ticket=message.ticket)
        return True
