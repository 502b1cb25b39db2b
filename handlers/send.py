"""send: asks SES to send claimed messages, each at most once, and records what became of each ask."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from shared import wiring
from shared.aws.ses import Sender, Ses
from shared.errors import (
    CampaignPausedError,
    DailyQuotaError,
    InvalidMessageError,
    LeaseLostError,
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
from shared.outbox.writes import Known
from shared.pacing.campaign import Campaign
from shared.pacing.pace import SECOND_US
from shared.rendering.handlebars import check_variables
from shared.rendering.template_variables import TemplateVariables
from shared.sending.order import Claim, SendOrder
from shared.sending.slots import Orders
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
LOOK_US = SECOND_US
"""How often a late one looks whether its slot has come back."""
RECORD_AGAIN_S = 1.0
LAST_TRY_MS = 3_000
"""With less than this left, a write that speaks of an answer is not tried again."""
SEND_LEASE = timedelta(seconds=120)
"""From begin_send on: the function's whole time and a margin. After it nobody is asking any more."""
ROUND_LEASE = timedelta(minutes=15)
"""What a message keeps its claim for while the state machine retries or waits for a new slot."""


@dataclass(frozen=True)
class Deps:
    outbox: Outbox
    campaign: Campaign
    ses: Ses
    templates: TemplateVariables
    telemetry: Telemetry
    clock: Clock
    needed_ms: int = NEEDED_MS
    send_lease: timedelta = SEND_LEASE
    round_lease: timedelta = ROUND_LEASE
    sleep: Callable[[float], None] = time.sleep

    @property
    def orders(self) -> Orders:
        return Orders(self.outbox, self.campaign, self.telemetry, self.clock, self.round_lease)


def handle(event: dict[str, Any], deps: Deps, remaining_ms: Callable[[], int]) -> dict[str, Any]:
    """Carries out one step of the state machine for the order's claims that are still claimed. Raises
    InvalidMessageError.
    """
    order = SendOrder.from_json(event)
    match event.get("action"):
        case "send":
            return send(order, deps, remaining_ms)
        case "reschedule":
            return deps.orders.look_up(order).to_json()
        case "give_back":
            return give_up_round(order, deps)
    raise InvalidMessageError(f"action {event.get('action')!r} is none of send, reschedule, give_back")


def send(order: SendOrder, deps: Deps, remaining_ms: Callable[[], int]) -> dict[str, Any]:
    """Asks SES for each claim that is still claimed, in its slot, one after the other.

    Raises SlotVoidError (wait again for the claims that are left); SendThrottledError, SendUnavailableError, UnfitProcessError,
    OutOfTimeError, StoreUnavailableError: run again (what is done is not done again); SendUncertainError,
    SendRejectedError, RenderError, InvalidMessageError if a message ended so, after all the others had their turn.
    """
    deps.ses.forget_connections()
    wake_late_us = deps.orders.wake_late_us(order)
    deps.telemetry.gauge("wake_late_ms", wake_late_us // 1000)
    ended: list[Exception] = []
    for position, claim in enumerate(order.claims):
        rest = replace(order, claims=order.claims[position:])
        if halted := _halted(deps):
            return deps.orders.give_back(rest, halted).to_json()
        try:
            slot_us = _await_slot(claim, wake_late_us, deps, remaining_ms)
            if halted := _halted(deps):  # in the meantime
                return deps.orders.give_back(rest, halted).to_json()
            _send(claim, slot_us, deps, remaining_ms)
            deps.campaign.came_in_time(claim.ticket, slot_us, wake_late_us)
        except LeaseLostError as lost:
            deps.telemetry.count("send_lost", message_id=claim.key.message_id, reason=str(lost))
        except InvalidMessageError as error:
            deps.telemetry.refuse("send_refused", error, message_id=claim.key.message_id)
            ended.append(error)
        except (SendRejectedError, RenderError, SendUncertainError) as error:
            ended.append(error)
        except NoRoomError as error:
            return deps.orders.give_back(rest, str(error)).to_json()
        except (DailyQuotaError, CampaignPausedError) as error:
            return deps.orders.give_back(replace(rest, claims=rest.claims[1:]), str(error)).to_json()
    if ended:
        raise next((error for error in ended if isinstance(error, SendUncertainError)), ended[0])
    return order.to_json()


def _halted(deps: Deps) -> str | None:
    """Why SES is not asked now, as it stood at most two seconds ago."""
    state = deps.campaign.recent_state()
    return state.halted(deps.clock()) or ("the account may send nothing" if state.pace.stands_still else None)


def _await_slot(claim: Claim, wake_late_us: int, deps: Deps, remaining_ms: Callable[[], int]) -> int:
    """Sleeps until SES may be asked for the claim; when that was to be, in microseconds.

    A late one looks again and again whether everybody was late: then the timetable has moved, and its own slot is near.
    Raises what `Orders.place` does; OutOfTimeError if too little time would be left to ask SES.
    """
    while True:
        place = deps.orders.place(claim, wake_late_us)
        wait_us = max(0, place.at_us - to_micros(deps.clock()))
        if remaining_ms() - wait_us // 1000 < deps.needed_ms:
            raise OutOfTimeError("the slot comes too late for this invocation")
        while not place.own and wait_us > LOOK_US:
            deps.sleep(LOOK_US / SECOND_US)
            if not deps.orders.still_late(claim):
                break
            wait_us = max(0, place.at_us - to_micros(deps.clock()))
        else:
            deps.sleep(wait_us / SECOND_US)
            return place.at_us


def give_up_round(order: SendOrder, deps: Deps) -> dict[str, Any]:
    """SES refused these messages until the state machine's retries were used up: they wait for another round."""
    reason = "SES kept refusing until this execution's retries were used up"
    deps.campaign.slow_down()
    deps.campaign.back_off_if_slowest(reason)
    deps.telemetry.count("round_given_up", claims=len(order.claims))
    return deps.orders.give_back(order, reason).to_json()


def _send(claim: Claim, slot_us: int, deps: Deps, remaining_ms: Callable[[], int]) -> None:
    """The one irreversible call and the writes around it. All that can fail beforehand comes before begin_send."""
    message = deps.orders.held(claim)
    try:
        check_variables(message.template, deps.templates.required(message.template), message.data)
    except RenderError as error:
        deps.outbox.fail(claim.key, Known(fence=claim.fence), str(error))
        _refuse("fail", error, claim, deps)
        deps.campaign.count_rejection(str(error))
        raise
    request = deps.ses.request(message)
    token = secrets.token_hex(16)

    def record(write: Callable[..., None], *facts: Any) -> None:
        """Tries for as long as there is time: a write that stays out leaves the message to the sweeper."""
        while True:
            try:
                return write(claim.key, *facts)
            except StoreUnavailableError:
                if remaining_ms() < LAST_TRY_MS:
                    raise
                deps.sleep(RECORD_AGAIN_S)

    record(deps.outbox.begin_send, claim.fence, token, deps.send_lease)
    try:
        if remaining_ms() < deps.needed_ms or to_micros(deps.clock()) - slot_us > ASK_WITHIN_US:
            raise OutOfTimeError("it took too long until begin_send was written: SES was not asked")
        ses_message_id = deps.ses.send(request)
    except (SendThrottledError, SendUnavailableError, UnfitProcessError, OutOfTimeError) as error:
        record(deps.outbox.snooze, token, deps.round_lease, str(error))
        _refuse("snooze", error, claim, deps)
        if isinstance(error, SendThrottledError):
            deps.campaign.slow_down()
        raise
    except (DailyQuotaError, CampaignPausedError) as error:
        record(deps.outbox.release, Known(token=token), str(error))
        _refuse("release", error, claim, deps)
        if isinstance(error, DailyQuotaError):
            deps.campaign.back_off(str(error))
        else:
            deps.campaign.pause(str(error))
        raise
    except SendRejectedError as error:
        record(deps.outbox.fail, Known(token=token), str(error))
        _refuse("fail", error, claim, deps)
        deps.campaign.count_rejection(str(error))
        raise
    except SendUncertainError as error:
        record(deps.outbox.mark_uncertain, token, str(error))
        _refuse("mark_uncertain", error, claim, deps)
        raise
    record(deps.outbox.mark_sent, token, ses_message_id)
    deps.telemetry.count("mark_sent", message_id=claim.key.message_id, ses_message_id=ses_message_id)


def _refuse(event: str, error: Exception, claim: Claim, deps: Deps) -> None:
    deps.telemetry.refuse(event, error, message_id=claim.key.message_id)


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
    """Raises SystemExit where this process must not be asked again."""
    try:
        return handle(event, _deps(), context.get_remaining_time_in_millis)
    except (UnfitProcessError, StoreUnavailableError) as error:
        if isinstance(error, StoreUnavailableError) and not error.unfit:
            raise
        # The retry may come to this very process, and meet the same clock and the same credentials. One that ends is
        # reported as Runtime.ExitError, which is retried as well, and the platform starts a new one for it.
        raise SystemExit(1) from error
    finally:
        _deps().telemetry.flush()
