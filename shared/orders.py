"""What becomes of an order's claims without SES: another slot, or back to PENDING."""

from dataclasses import replace
from datetime import timedelta

from shared.campaign import Campaign
from shared.errors import LeaseLostError
from shared.executions import Claim, SendOrder
from shared.outbox import Outbox
from shared.telemetry import Telemetry
from shared.times import whole_second
from shared.writes import Known


def reschedule(
    order: SendOrder, outbox: Outbox, campaign: Campaign, telemetry: Telemetry, lease: timedelta
) -> SendOrder:
    """Takes new slots, because the pace has changed since the old ones were planned. Answers the order with what is
    still held, maybe nothing.
    """
    plan = campaign.reserve(len(order.claims))
    if len(plan.slots) < len(order.claims):
        return give_back(order, "no slot is free for now", outbox, telemetry)
    send_at = whole_second(plan.slots[0])
    kept: list[Claim] = []
    for claim in order.claims:
        try:
            outbox.reschedule(claim.key, claim.fence, send_at, plan.epoch, lease)
        except LeaseLostError as lost:
            telemetry.count("reschedule_lost", message_id=claim.key.message_id, reason=str(lost))
            continue
        kept.append(claim)
        telemetry.count("reschedule", message_id=claim.key.message_id, epoch=plan.epoch)
    return SendOrder(send_at, plan.epoch, tuple(kept))


def give_back(order: SendOrder, reason: str, outbox: Outbox, telemetry: Telemetry) -> SendOrder:
    """Returns to PENDING what SES was not asked for. Messages that somebody else moved on stay where they are."""
    for claim in order.claims:
        try:
            outbox.release(claim.key, Known(fence=claim.fence), reason)
            telemetry.count("release", message_id=claim.key.message_id, reason=reason)
        except LeaseLostError as lost:
            telemetry.count("release_lost", message_id=claim.key.message_id, reason=str(lost))
    return replace(order, claims=())
