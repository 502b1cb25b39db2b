"""What becomes of an order's claims without SES: another slot, or back to PENDING."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.campaign import Campaign
from shared.errors import InvalidMessageError, LeaseLostError, SlotVoidError
from shared.executions import SendOrder
from shared.message import Message
from shared.outbox import Outbox
from shared.pacing import SECOND_US
from shared.states import Status
from shared.telemetry import Telemetry
from shared.times import Clock, from_micros, to_micros, to_text
from shared.writes import Known

SOON_US = 3 * SECOND_US
"""A slot that is nearer is slept for; for one that is further the state machine waits, free of charge."""
UNTIL_THE_ASK_US = 250_000
"""From the look at the slot until SES has the request, in a function that has just been started."""
LATE_AT_MOST = 5
"""Tolerance of lateness doubles so often: half a minute, less than the margin of the day's quota."""


@dataclass(frozen=True)
class Orders:
    """The claims of send orders, kept or given back."""

    outbox: Outbox
    campaign: Campaign
    telemetry: Telemetry
    clock: Clock
    lease: timedelta
    """What a message keeps its claim for, from its slot on."""

    def in_slot(self, order: SendOrder) -> SendOrder:
        """The order, if its first slot is near; with new tickets, if it comes too late for its own. Raises SlotVoidError if
        the slot is still far.

        Nobody asks outside a slot, so that late wakers, however many at once, keep to the rate (I4).
        """
        if not order.claims or self._near(order):
            return order
        order = self.look_up(order)  # what was read a second ago may be older than the ticket
        if order.claims and self._too_late(order):
            order = self.renew(order)
        if order.claims and self._too_early(order):
            raise SlotVoidError(f"its slot is not before {to_text(order.send_at)}")
        return order

    def _near(self, order: SendOrder) -> bool:
        return not self._too_late(order) and not self._too_early(order)

    def _ahead_us(self, order: SendOrder) -> int:
        """From now to the first slot; negative: it is over."""
        return self.campaign.recent_state().timetable.slot(order.claims[0].ticket) - to_micros(self.clock())

    def _too_early(self, order: SendOrder) -> bool:
        return self._ahead_us(order) > SOON_US

    def _too_late(self, order: SendOrder) -> bool:
        """So late that more than one second's worth of mails might come at once (SES tolerates short bursts; source: SES
        developer guide). The tolerance doubles each time: where everything is late, lateness makes no burst.
        """
        pace, tolerance_us = self.campaign.recent_state().pace, SECOND_US // 2
        if not pace.stands_still:
            interval_us = pace.interval_at(to_micros(self.clock()))
            tolerance_us = max(tolerance_us, SECOND_US - interval_us - UNTIL_THE_ASK_US)
        return -self._ahead_us(order) > tolerance_us << min(order.late, LATE_AT_MOST)

    def look_up(self, order: SendOrder) -> SendOrder:
        """The order as the items and the timetable have it now: the claims that are still held, each with the ticket
        that its item names, at the slot which that ticket has by now. Maybe none.
        """
        timetable = self.campaign.state().timetable
        if timetable.pace.stands_still:
            return self.give_back(order, "the account may send nothing")
        kept: list[Message] = []
        for message in self._held(order):
            slot = from_micros(timetable.slot(message.ticket))
            if to_text(slot) == to_text(message.send_at or slot) or self._reschedule(message, slot, message.ticket):
                kept.append(replace(message, send_at=slot))
        return SendOrder.of(kept, order.late) if kept else replace(order, claims=())

    def renew(self, order: SendOrder) -> SendOrder:
        """The order came too late for its tickets: new ones for all that is still held, in order and items."""
        held = self._held(order)
        plan = self.campaign.reserve(len(held), lead_us=0)
        if not plan.slots:
            return self.give_back(order, "no slot is free for now")
        kept = [
            replace(message, send_at=slot, ticket=ticket)
            for message, slot, ticket in zip(held, plan.slots, plan.tickets, strict=True)
            if self._reschedule(message, slot, ticket)
        ]
        return SendOrder.of(kept, order.late + 1) if kept else replace(order, claims=())

    def give_back(self, order: SendOrder, reason: str) -> SendOrder:
        """Returns to PENDING what SES was not asked for. Messages that somebody else moved on stay where they are."""
        for claim in order.claims:
            try:
                self.outbox.release(claim.key, Known(fence=claim.fence), reason)
                self.telemetry.count("release", message_id=claim.key.message_id, reason=reason)
            except LeaseLostError as lost:
                self.telemetry.count("release_lost", message_id=claim.key.message_id, reason=str(lost))
        return replace(order, claims=())

    def _held(self, order: SendOrder) -> list[Message]:
        """The order's messages that are still its own to send."""
        held = []
        for claim in order.claims:
            try:
                message = self.outbox.get(claim.key)
            except InvalidMessageError as error:
                self.telemetry.refuse("send_refused", error, message_id=claim.key.message_id)
                continue
            if message is not None and message.status is Status.CLAIMED and message.fence == claim.fence:
                held.append(message)
            else:
                self.telemetry.count("send_lost", message_id=claim.key.message_id)
        return held

    def _reschedule(self, message: Message, slot: datetime, ticket: int) -> bool:
        try:
            self.outbox.reschedule(message.key, message.fence, slot, ticket, self.lease)
        except LeaseLostError as lost:
            self.telemetry.count("reschedule_lost", message_id=message.key.message_id, reason=str(lost))
            return False
        self.telemetry.count("reschedule", message_id=message.key.message_id, ticket=ticket)
        return True
