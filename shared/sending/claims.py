"""The claims of an order, where SES is not asked: still held, planned anew, or given back to PENDING."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import InvalidMessageError, LeaseLostError, NewerFormatError
from shared.outbox import transitions
from shared.outbox.message import Message
from shared.outbox.outbox import Outbox
from shared.outbox.states import Status
from shared.outbox.writes import Known
from shared.pacing import lateness
from shared.pacing.campaign import Campaign
from shared.pacing.pace import MICROSECOND
from shared.sending.order import Claim, SendOrder
from shared.telemetry import Telemetry
from shared.times import Clock, from_micros, to_text

MAY_SEND_NOTHING = "the account may send nothing"
"""Why a message is given back where the pace stands still."""
CLAIM_LEASE = timedelta(minutes=15)
"""What a message keeps its claim for, from its slot on: it covers the state machine's retries of one round. While it waits
for the slot it is not stuck.
"""


@dataclass(frozen=True)
class Claims:
    """Looks up an order's claims, gives them back, or gives them other slots. Every method may raise StoreUnavailableError."""

    outbox: Outbox
    campaign: Campaign
    telemetry: Telemetry
    clock: Clock
    claim_lease: timedelta

    def held(self, claim: Claim) -> Message:
        """The claim's message, if it is still its to send. Raises LeaseLostError, InvalidMessageError, NewerFormatError."""
        message = self.outbox.get(claim.key)
        if message is None or message.status is not Status.CLAIMED or message.fence != claim.fence:
            found = None if message is None else {"status": message.status, "fence": message.fence}
            raise LeaseLostError(transitions.BEGIN_SEND.name, claim.key, found)
        return message

    def give_back(self, order: SendOrder, reason: str) -> SendOrder:
        """Returns to PENDING what SES was not asked for; the order that is left has no claims. Messages that have
        moved on stay where they are.
        """
        for claim in order.claims:
            try:
                self.outbox.release(claim.key, Known(fence=claim.fence), reason)
                self.telemetry.count("release", message_id=claim.key.message_id, reason=reason)
            except LeaseLostError as lost:
                self.telemetry.count("release_lost", message_id=claim.key.message_id, reason=str(lost))
        return replace(order, claims=())

    def rescheduled(self, order: SendOrder) -> SendOrder:
        """The order as the items and the timetable have it now: the claims that are still held, each with the ticket
        that its item names, at the slot which that ticket has by now. Maybe none.

        It wakes up early only if wake-ups come late, and its last one did: else it would be here again at once.
        """
        state = self.campaign.state()
        if state.pace.stands_still:
            return self.give_back(order, MAY_SEND_NOTHING)
        kept: list[Message] = []
        for message in self._still_held(order):
            slot = from_micros(state.timetable.slot(message.ticket))
            if to_text(slot) == to_text(message.send_at or slot) or self._reschedule(message, slot):
                kept.append(replace(message, send_at=slot))
        lead_us = max(lateness.least_lead_us(state.pace), min(state.wake_late_us, order.woke_late_us(self.clock())))
        return SendOrder.of(kept, lead_us * MICROSECOND) if kept else replace(order, claims=())

    def _still_held(self, order: SendOrder) -> list[Message]:
        held = []
        for claim in order.claims:
            try:
                held.append(self.held(claim))
            except (InvalidMessageError, NewerFormatError) as error:
                self.telemetry.refuse("send_refused", error, message_id=claim.key.message_id)
            except LeaseLostError:
                self.telemetry.count("send_lost", message_id=claim.key.message_id)
        return held

    def _reschedule(self, message: Message, slot: datetime) -> bool:
        try:
            self.outbox.reschedule(message.key, message.fence, slot, message.ticket, self.claim_lease)
        except LeaseLostError as lost:
            self.telemetry.count("reschedule_lost", message_id=message.key.message_id, reason=str(lost))
            return False
        self.telemetry.count("reschedule", message_id=message.key.message_id, ticket=message.ticket)
        return True
