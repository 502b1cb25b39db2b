"""send: asks SES to send claimed messages, each at most once, and records what became of each ask."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared import wiring
from shared.aws.ses import Sender, Ses
from shared.errors import (
    CampaignPausedError,
    DailyQuotaError,
    ForeignTableError,
    InvalidMessageError,
    LeaseLostError,
    NewerFormatError,
    NoRoomError,
    OutOfTimeError,
    RenderError,
    SendRejectedError,
    SendThrottledError,
    SendUnavailableError,
    SendUncertainError,
    StoreUnavailableError,
    UnfitProcessError,
)
from shared.outbox.outbox import Outbox
from shared.outbox.table_pin import TablePin
from shared.outbox.transitions import FAIL, MARK_UNCERTAIN, RELEASE, SNOOZE, Transition
from shared.outbox.writes import Known
from shared.pacing.campaign import Campaign
from shared.pacing.pace import SECOND_US
from shared.rendering.handlebars import check_variables
from shared.rendering.template_variables import TemplateVariables
from shared.rendering.unsubscribing import LINK, SES_LINK
from shared.sending.claims import CLAIM_LEASE, Claims
from shared.sending.order import Claim, SendOrder
from shared.sending.slots import Slots
from shared.sending.time_left import TimeLeft
from shared.settings import SendSettings
from shared.telemetry import Telemetry
from shared.times import Clock, to_micros, utc_now

RECORDING_MS = 10_000
"""What it takes at most to record an answer."""
ASK_MS = 1000 * (wiring.SES_CONNECT_TIMEOUT_S + wiring.SES_READ_TIMEOUT_S)
"""The longest that one ask of SES takes."""
NEEDED_MS = ASK_MS + RECORDING_MS
"""Below this much time no ask is begun: its answer could not be recorded."""
ASK_WITHIN_US = 2 * SECOND_US
"""Of the slot. A process that was frozen in between, or a table that was, does not ask for a slot that is over."""
SEND_LEASE = timedelta(seconds=120)
"""From begin_send on: the function's whole time and a margin. After it no ask is under way any more."""


@dataclass(frozen=True)
class Deps:
    outbox: Outbox
    pin: TablePin
    campaign: Campaign
    ses: Ses
    templates: TemplateVariables
    telemetry: Telemetry
    clock: Clock
    needed_ms: int = NEEDED_MS
    send_lease: timedelta = SEND_LEASE
    claim_lease: timedelta = CLAIM_LEASE
    sleep: Callable[[float], None] = time.sleep

    @property
    def claims(self) -> Claims:
        return Claims(self.outbox, self.campaign, self.telemetry, self.clock, self.claim_lease)


def handle(event: dict[str, Any], deps: Deps, remaining_ms: Callable[[], int]) -> dict[str, Any]:
    """Carries out one step of the state machine for the order's claims that are still claimed. Raises
    InvalidMessageError; NewerFormatError for an order of a later release: its claims' leases end, and that release's
    sweeper brings the messages back; ForeignTableError, before anything is asked or written.
    """
    order = _order(event, deps.telemetry)
    _check_table(deps)
    match event.get("action"):
        case "send":
            return send(order, deps, remaining_ms, tried_before=bool(event.get("retries"))).to_json()
        case "reschedule":
            return deps.claims.rescheduled(order).to_json()
        case "give_back":
            return give_up_round(order, deps).to_json()
    raise InvalidMessageError(f"action {event.get('action')!r} is none of send, reschedule, give_back")


def _order(event: dict[str, Any], telemetry: Telemetry) -> SendOrder:
    try:
        return SendOrder.from_json(event)
    except NewerFormatError as error:
        telemetry.refuse("newer_format", error)
        raise


def _check_table(deps: Deps) -> None:
    try:
        deps.pin.check()
    except ForeignTableError as error:
        deps.telemetry.refuse("foreign_table", error)
        raise


def send(order: SendOrder, deps: Deps, remaining_ms: Callable[[], int], *, tried_before: bool = False) -> SendOrder:
    """Asks SES for each claim that is still claimed, in its slot, one after the other.

    `tried_before`: the state machine runs the order again; that it comes late says nothing of wake-ups then.

    Raises SlotVoidError (wait again for the claims that are left); SendThrottledError, SendUnavailableError, UnfitProcessError,
    OutOfTimeError, StoreUnavailableError: run again (what is done is not done again); SendUncertainError,
    SendRejectedError, RenderError, InvalidMessageError, NewerFormatError if a message ended so, after all the others had
    their turn.
    """
    deps.ses.forget_connections()
    time_left = TimeLeft(remaining_ms, deps.needed_ms, deps.sleep)
    late_us = None if tried_before else order.woke_late_us(deps.clock())
    if late_us is not None:
        deps.telemetry.gauge("wake_late_ms", late_us // 1000)
    slots = Slots(deps.campaign, deps.claims, deps.telemetry, deps.clock, time_left, late_us)
    ended: list[Exception] = []
    left = order
    try:
        for claim, slot_us in slots.in_turn(order.claims):
            left = left.without(claim)
            try:
                _send_one(claim, slot_us, deps, time_left)
                slots.came_in_time(claim, slot_us)
            except LeaseLostError as lost:
                deps.telemetry.count("send_lost", message_id=claim.key.message_id, reason=str(lost))
            except (InvalidMessageError, NewerFormatError) as error:
                deps.telemetry.refuse("send_refused", error, message_id=claim.key.message_id)
                ended.append(error)
            except (SendRejectedError, RenderError, SendUncertainError) as error:
                ended.append(error)
    except (NoRoomError, DailyQuotaError, CampaignPausedError) as error:
        return deps.claims.give_back(left, str(error))
    if ended:
        raise next((error for error in ended if isinstance(error, SendUncertainError)), ended[0])
    return order


def _send_one(claim: Claim, slot_us: int, deps: Deps, time_left: TimeLeft) -> None:
    """The one irreversible call, and the writes around it. All that can fail beforehand comes before begin_send."""
    request, token = _request(claim, deps), secrets.token_hex(16)

    def record(write: Callable[..., None], *facts: Any) -> None:
        time_left.record(lambda: write(claim.key, *facts))

    record(deps.outbox.begin_send, claim.fence, token, deps.send_lease)
    try:
        if not time_left.for_an_ask() or to_micros(deps.clock()) - slot_us > ASK_WITHIN_US:
            raise OutOfTimeError("it took too long until begin_send was written: SES was not asked")
        ses_message_id = deps.ses.send(request)
    except (SendThrottledError, SendUnavailableError, UnfitProcessError, OutOfTimeError) as error:
        record(deps.outbox.snooze, token, deps.claim_lease, str(error))
        _report(SNOOZE, error, claim, deps)
        raise
    except (DailyQuotaError, CampaignPausedError) as error:
        record(deps.outbox.release, Known(token=token), str(error))
        _report(RELEASE, error, claim, deps)
        raise
    except SendRejectedError as error:
        record(deps.outbox.fail, Known(token=token), str(error))
        _report(FAIL, error, claim, deps)
        raise
    except SendUncertainError as error:
        record(deps.outbox.mark_uncertain, token, str(error))
        _report(MARK_UNCERTAIN, error, claim, deps)
        raise
    record(deps.outbox.mark_sent, token, ses_message_id)
    deps.telemetry.count("mark_sent", message_id=claim.key.message_id, ses_message_id=ses_message_id)


def _request(claim: Claim, deps: Deps) -> dict[str, Any]:
    """What SES is asked. Raises LeaseLostError, InvalidMessageError, NewerFormatError; RenderError: the message has FAILED."""
    message = deps.claims.held(claim)
    try:
        given = {*message.data, LINK, SES_LINK}
        check_variables(message.template, deps.templates.required(message.template), given)
    except RenderError as error:
        deps.outbox.fail(claim.key, Known(fence=claim.fence), str(error))
        _report(FAIL, error, claim, deps)
        raise
    return deps.ses.request(message)


def _report(written: Transition, error: Exception, claim: Claim, deps: Deps) -> None:
    """Logs what the error has led to, and lets the campaign draw its conclusion."""
    deps.telemetry.refuse(written.name, error, message_id=claim.key.message_id)
    match error:
        case SendThrottledError():
            deps.campaign.slow_down()
        case DailyQuotaError():
            deps.campaign.back_off(str(error))
        case CampaignPausedError():
            deps.campaign.pause(str(error))
        case SendRejectedError() | RenderError():
            deps.campaign.count_rejection(str(error))


def give_up_round(order: SendOrder, deps: Deps) -> SendOrder:
    """SES refused these messages until the state machine's retries were used up: they wait for another round."""
    reason = "SES kept refusing until this execution's retries were used up"
    deps.campaign.slow_down(kept_refusing=True)
    deps.campaign.back_off_if_slowest(reason)
    deps.telemetry.count("round_given_up", claims=len(order.claims))
    return deps.claims.give_back(order, reason)


@wiring.at_start
def make_deps() -> Deps:
    settings = wiring.environment(SendSettings)
    return Deps(
        outbox=wiring.outbox(settings.outbox_table),
        pin=wiring.table_pin(settings.outbox_table, settings.control_table),
        campaign=wiring.campaign(settings.control_table, settings.headroom),
        ses=wiring.ses(
            Sender(settings.sender, settings.configuration_set, settings.stack),
            wiring.unsubscribing(settings),
            settings.ses_read_timeout_s,
        ),
        templates=wiring.templates(settings.control_table),
        telemetry=wiring.telemetry("send"),
        clock=utc_now,
        needed_ms=1000 * (wiring.SES_CONNECT_TIMEOUT_S + settings.ses_read_timeout_s) + RECORDING_MS,
        send_lease=timedelta(seconds=settings.send_lease_s),
        claim_lease=timedelta(seconds=settings.claim_lease_s),
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Raises SystemExit where this process must not be asked again."""
    try:
        return handle(event, make_deps(), context.get_remaining_time_in_millis)
    except (UnfitProcessError, StoreUnavailableError) as error:
        if isinstance(error, StoreUnavailableError) and not error.unfit:
            raise
        # The retry may come to this very process, and meet the same clock and the same credentials. One that ends is
        # reported as Runtime.ExitError, which is retried as well, and the platform starts a new one for it.
        raise SystemExit(1) from error
    finally:
        make_deps().telemetry.flush()
