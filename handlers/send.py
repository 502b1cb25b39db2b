"""send: asks SES to send claimed messages, each at most once, and records what became of each ask."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from shared import wiring
from shared.campaign import Campaign
from shared.errors import (
    CampaignPausedError,
    DailyQuotaError,
    InvalidMessageError,
    LeaseLostError,
    OutOfTimeError,
    RenderError,
    SendRejectedError,
    SendThrottledError,
    SendUnavailableError,
    SendUncertainError,
    SlotVoidError,
)
from shared.executions import Claim, SendOrder
from shared.outbox import Outbox
from shared.ses import Sender, Ses
from shared.settings import SendSettings
from shared.states import Status
from shared.telemetry import Telemetry
from shared.template import check_variables
from shared.templates import Templates
from shared.times import Clock, utc_now, whole_second
from shared.writes import Known

RECORDING_MS = 10_000
"""What it takes at most to record an answer."""
ASK_MS = 1000 * (wiring.SES_CONNECT_TIMEOUT_S + wiring.SES_READ_TIMEOUT_S)
"""The longest that one ask of SES takes."""
NEEDED_MS = ASK_MS + RECORDING_MS
"""Below this much time no ask is begun: its answer could not be recorded."""
SEND_LEASE = timedelta(seconds=120)
"""From begin_send on: the function's whole time and a margin. After it nobody is asking any more."""
ROUND_LEASE = timedelta(minutes=15)
"""What a message keeps its claim for while the state machine retries or waits for a new slot."""


@dataclass(frozen=True)
class Deps:
    outbox: Outbox
    campaign: Campaign
    ses: Ses
    templates: Templates
    telemetry: Telemetry
    clock: Clock
    needed_ms: int = NEEDED_MS
    send_lease: timedelta = SEND_LEASE
    round_lease: timedelta = ROUND_LEASE


def handle(event: dict[str, Any], deps: Deps, remaining_ms: Callable[[], int]) -> dict[str, Any]:
    """Carries out one step of the state machine for the order's claims that are still claimed. Raises
    InvalidMessageError.
    """
    order = SendOrder.from_json(event)
    match event.get("action"):
        case "send":
            return send(order, deps, remaining_ms)
        case "reschedule":
            return reschedule(order, deps)
        case "give_back":
            return give_back(order, "SES kept refusing until this execution's retries were used up", deps)
    raise InvalidMessageError(f"action {event.get('action')!r} is none of send, reschedule, give_back")


def send(order: SendOrder, deps: Deps, remaining_ms: Callable[[], int]) -> dict[str, Any]:
    """Asks SES for each claim in turn.

    Raises SlotVoidError when another slot is needed; SendThrottledError, SendUnavailableError, OutOfTimeError to be
    run again (what is done is not done again); SendUncertainError, SendRejectedError, RenderError, InvalidMessageError
    if a message ended so, after all the others had their turn.
    """
    deps.ses.forget_connections()
    state = deps.campaign.recent_state()
    if not state.runs(deps.clock()):
        return give_back(order, state.paused or "the day's quota is spent", deps)
    if order.epoch != state.epoch:
        raise SlotVoidError(f"planned in epoch {order.epoch}, now it is {state.epoch}")
    ended: list[Exception] = []
    for position, claim in enumerate(order.claims):
        if remaining_ms() < deps.needed_ms:
            raise OutOfTimeError(f"{len(order.claims) - position} of {len(order.claims)} claims are left")
        try:
            _send(claim, deps)
        except LeaseLostError as lost:
            deps.telemetry.debug("send_lost", message_id=claim.key.message_id, reason=str(lost))
        except InvalidMessageError as error:
            deps.telemetry.refuse("send_refused", error, message_id=claim.key.message_id)
            ended.append(error)
        except (SendRejectedError, RenderError, SendUncertainError) as error:
            ended.append(error)
        except (DailyQuotaError, CampaignPausedError) as error:
            return give_back(replace(order, claims=order.claims[position + 1 :]), str(error), deps)
    if ended:
        raise next((error for error in ended if isinstance(error, SendUncertainError)), ended[0])
    return order.to_json()


def reschedule(order: SendOrder, deps: Deps) -> dict[str, Any]:
    """Takes new slots, because the pace has changed since the old ones were planned. Answers the new order, maybe an
    empty one.
    """
    plan = deps.campaign.reserve(len(order.claims))
    if len(plan.slots) < len(order.claims):
        return give_back(order, "no slot is free for now", deps)
    send_at = whole_second(plan.slots[0])
    kept: list[Claim] = []
    for claim in order.claims:
        try:
            deps.outbox.reschedule(claim.key, claim.fence, send_at, plan.epoch, deps.round_lease)
        except LeaseLostError as lost:
            deps.telemetry.debug("reschedule_lost", message_id=claim.key.message_id, reason=str(lost))
            continue
        kept.append(claim)
        deps.telemetry.count("reschedule", message_id=claim.key.message_id, epoch=plan.epoch)
    return SendOrder(send_at, plan.epoch, tuple(kept)).to_json()


def give_back(order: SendOrder, reason: str, deps: Deps) -> dict[str, Any]:
    """Returns to PENDING what SES was not asked for. Messages that somebody else moved on stay where they are."""
    for claim in order.claims:
        try:
            deps.outbox.release(claim.key, Known(fence=claim.fence), reason)
            deps.telemetry.count("release", message_id=claim.key.message_id, reason=reason)
        except LeaseLostError as lost:
            deps.telemetry.debug("release_lost", message_id=claim.key.message_id, reason=str(lost))
    return replace(order, claims=()).to_json()


def _send(claim: Claim, deps: Deps) -> None:
    """The one irreversible call and the writes around it. All that can fail beforehand comes before begin_send."""
    message = deps.outbox.get(claim.key)
    if message is None or message.status is not Status.CLAIMED or message.fence != claim.fence:
        found = None if message is None else {"status": message.status, "fence": message.fence}
        raise LeaseLostError("begin_send", claim.key, found)
    try:
        check_variables(message.template, deps.templates.required(message.template), message.data)
    except RenderError as error:
        deps.outbox.fail(claim.key, Known(fence=claim.fence), str(error))
        deps.telemetry.refuse("fail", error, message_id=claim.key.message_id)
        raise
    request = deps.ses.request(message)
    token = secrets.token_hex(16)
    deps.outbox.begin_send(claim.key, claim.fence, token, deps.send_lease)
    try:
        ses_message_id = deps.ses.send(request)
    except (SendThrottledError, SendUnavailableError) as error:
        deps.outbox.snooze(claim.key, token, deps.round_lease, str(error))
        deps.telemetry.refuse("snooze", error, message_id=claim.key.message_id)
        if isinstance(error, SendThrottledError):
            deps.campaign.slow_down()
        raise
    except (DailyQuotaError, CampaignPausedError) as error:
        deps.outbox.release(claim.key, Known(token=token), str(error))
        deps.telemetry.refuse("release", error, message_id=claim.key.message_id)
        if isinstance(error, DailyQuotaError):
            deps.campaign.day_spent()
        else:
            deps.campaign.pause(str(error))
        raise
    except SendRejectedError as error:
        deps.outbox.fail(claim.key, Known(token=token), str(error))
        deps.telemetry.refuse("fail", error, message_id=claim.key.message_id)
        raise
    except SendUncertainError as error:
        deps.telemetry.refuse("uncertain", error, message_id=claim.key.message_id)
        raise
    deps.outbox.mark_sent(claim.key, token, ses_message_id)
    deps.telemetry.count("mark_sent", message_id=claim.key.message_id, ses_message_id=ses_message_id)


@cache
def _deps() -> Deps:
    settings = wiring.environment(SendSettings)
    return Deps(
        outbox=wiring.outbox(settings.outbox_table),
        campaign=wiring.campaign(settings.control_table, settings.headroom),
        ses=wiring.ses(
            Sender(settings.sender, settings.configuration_set, settings.stack), settings.ses_read_timeout_s
        ),
        templates=wiring.templates(settings.control_table),
        telemetry=wiring.telemetry("send"),
        clock=utc_now,
        needed_ms=1000 * (wiring.SES_CONNECT_TIMEOUT_S + settings.ses_read_timeout_s) + RECORDING_MS,
        send_lease=timedelta(seconds=settings.send_lease_s),
        round_lease=timedelta(seconds=settings.claim_lease_s),
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        return handle(event, _deps(), context.get_remaining_time_in_millis)
    finally:
        _deps().telemetry.flush()
