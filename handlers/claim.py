"""claim: takes PENDING messages off the table's stream, gives each a send slot and starts its send execution."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from mail import files_of
from shared import wiring
from shared.aws.step_functions import Executions
from shared.aws.stream_records import StreamRecord, pending
from shared.errors import (
    ExecutionStartError,
    ForeignTableError,
    InvalidMessageError,
    LeaseLostError,
    NoTemplateError,
    SendUnavailableError,
    StoreUnavailableError,
)
from shared.keys import Key
from shared.outbox.message import Message, from_item
from shared.outbox.new_message import RETENTION, adopted
from shared.outbox.outbox import Outbox
from shared.outbox.table_pin import TablePin
from shared.pacing.campaign import Campaign
from shared.pacing.pace import MICROSECOND
from shared.pacing.plan import LEAD_US, OPEN_ORDERS, Plan
from shared.rendering.mail_kind import MailTemplate
from shared.sending.claims import CLAIM_LEASE
from shared.sending.grouping import BLOCK, Group, Grouping
from shared.settings import ClaimSettings
from shared.store import Item
from shared.sweeping.intervals import STRANDED_AFTER
from shared.telemetry import Telemetry
from shared.times import Clock, from_text, to_micros, to_text, utc_now

CLAIMING = timedelta(milliseconds=10)
"""What one claim takes. The executions of a block start when all of its claims are made."""
START_AGAIN_S = 2.0
NEEDED_MS = 60_000
"""Below this nothing more is begun: a start may take the SDK so long."""
RemainingMs = Callable[[], int]


@dataclass(frozen=True)
class Deps:
    outbox: Outbox
    pin: TablePin
    campaign: Campaign
    executions: Executions
    telemetry: Telemetry
    clock: Clock
    template: MailTemplate
    make_template: Callable[[MailTemplate], None]
    """As SesAccount has it."""
    sender: str
    """As the template, for messages that were put into the table by hand without one."""
    send_batch_size: int = 1
    """Claims that one execution carries at most; 0: as many as suit the rate."""
    claim_lease: timedelta = CLAIM_LEASE
    stranded_after: timedelta = STRANDED_AFTER
    reply_to: str = ""
    """For messages that were put into the table by hand without a sender."""
    retention: timedelta = RETENTION
    """Of the same."""
    sleep: Callable[[float], None] = time.sleep


def handle(event: dict[str, Any], deps: Deps, remaining_ms: RemainingMs) -> dict[str, Any]:
    """Claims the batch's messages in order. Reports the first record that must come again; the stream then repeats
    from there. That is also where the time is over: Step Functions may have to be waited for.

    A record delivered twice finds its own claim and starts the same execution again. A malformed one is refused and
    skipped; one of a later release is left to that release's sweeper. On a foreign table all are left as they are.
    """
    failed = take(pending(event, deps.telemetry), deps, remaining_ms)
    return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}


def take(records: Sequence[StreamRecord], deps: Deps, remaining_ms: RemainingMs) -> str | None:
    """As `handle`; gives the sequence number of the first record that must come again, None if none must."""
    if not records:
        return None
    try:
        deps.pin.hold()
    except ForeignTableError as error:
        deps.telemetry.refuse("foreign_table", error, records=len(records))
        return None
    except StoreUnavailableError as error:
        return _interrupted(records[0], error, deps)
    grouping = Grouping.of(deps.campaign.recent_state().pace.rate, len(records), deps.send_batch_size)
    left = records
    while left:
        size = _block(grouping, deps)
        block, left = left[:size], left[size:]
        if remaining_ms() < NEEDED_MS:
            deps.telemetry.count("claim_out_of_time", records=len(block) + len(left))
            return block[0].sequence_number
        if failed := _start_block(block, grouping, deps, remaining_ms):
            return failed
    return None


def _block(grouping: Grouping, deps: Deps) -> int:
    """How many messages are claimed before their executions start. Where claims are faster than the pace: no more than are
    claimed while others have slots still, so that mails begin soon, and the line has no gap behind the first of them.
    """
    state = deps.campaign.recent_state()
    if state.pace.rate * CLAIMING.total_seconds() >= 1 or state.pace.stands_still:
        return grouping.block
    ahead_us = state.timetable.slot(state.issued) - to_micros(deps.clock())
    in_time = (ahead_us - LEAD_US) * MICROSECOND // CLAIMING
    return min(grouping.block, max(BLOCK, in_time))


def _start_block(
    records: Sequence[StreamRecord], grouping: Grouping, deps: Deps, remaining_ms: RemainingMs
) -> str | None:
    """Plans, claims and starts these records' messages; the first record that must come again, if any.

    That is the block's first one if a start is refused: a whole block makes the same executions again, and none twice. Where
    it does not (fewer records come, the rate has changed, or the line is longer) a claim may be in two; the fence lets one of
    them send. Its item then names the first, and the log (`start`) the other.
    """
    whole: list[StreamRecord] = []
    try:
        for record in records:
            if not _adopt_if_by_hand(record, deps):
                whole.append(record)
    except (StoreUnavailableError, SendUnavailableError) as error:
        return _interrupted(records[0], error, deps)
    if not whole:
        return None
    plan = deps.campaign.reserve(
        len(whole),
        streamed_up_to=max(record.created_at for record in records),
        waiting_at_most=OPEN_ORDERS * grouping.size,
        lead_us=LEAD_US + len(whole) * CLAIMING // MICROSECOND,
    )
    if not plan.slots:
        deps.telemetry.count("left_pending", records=len(whole))
        return None
    expected = _expected(whole, plan, deps)
    groups = list(grouping.groups([message for _, message in expected]))
    answers, failed = _claim_each(expected, groups, plan, deps)
    for group in groups:
        tried = all(message.ticket in answers for message in group.expected)
        claimed = [claim for message in group.expected if (claim := answers.get(message.ticket))]
        for name, part in group.executions(claimed, tried=tried):
            try:
                _start(name, part, plan, deps, remaining_ms)
            except ExecutionStartError as error:
                return _interrupted(records[0], error, deps)
            if len(part) > 1:  # else it bears the message's name
                deps.telemetry.count("start", execution=name, message_ids=[message.key.message_id for message in part])
    return failed


def _expected(records: Sequence[StreamRecord], plan: Plan, deps: Deps) -> list[tuple[StreamRecord, Message]]:
    """What each record's message will be when it is claimed. Those that can't be read are refused, and left out."""
    expected = []
    for record, slot, ticket in zip(records, plan.slots, plan.tickets, strict=True):
        try:
            read = from_item(record.item)
        except InvalidMessageError as error:
            deps.telemetry.refuse("claim_refused", error, sequence_number=record.sequence_number)
        else:
            at = from_text(to_text(slot))  # to the millisecond, as its item will have it
            claimed = replace(read, fence=read.fence + 1, attempt=read.attempt + 1, send_at=at, ticket=ticket)
            expected.append((record, claimed))
    return expected


def _claim_each(
    expected: Sequence[tuple[StreamRecord, Message]], groups: Sequence[Group], plan: Plan, deps: Deps
) -> tuple[dict[int, Message | None], str | None]:
    """By its new ticket, each message that is claimed now, None where it can't be; and the first record that must come again,
    if any: from there on nothing was tried.
    """
    names = {message.ticket: name for group in groups for name in [group.name] for message in group.expected}
    answers: dict[int, Message | None] = {}
    for record, message in expected:
        try:
            slot = plan.slots[message.ticket - plan.first_ticket]
            answers[message.ticket] = _claim(record, message, slot, names[message.ticket], deps)
        except InvalidMessageError as error:
            deps.telemetry.refuse("claim_refused", error, sequence_number=record.sequence_number)
            answers[message.ticket] = None
        except StoreUnavailableError as error:
            return answers, _interrupted(record, error, deps)
    return answers, None


def _claim(record: StreamRecord, message: Message, slot: datetime, execution: str, deps: Deps) -> Message | None:
    """The message, claimed; None if another worker has it."""
    key = message.key
    try:
        claimed = deps.outbox.claim(key, record.sequence_number, execution, slot, message.ticket, deps.claim_lease)
    except LeaseLostError as lost:
        deps.telemetry.count("claim_lost", message_id=key.message_id, reason=str(lost))
        return None
    deps.telemetry.count("claim", message_id=key.message_id, fence=claimed.fence)
    return claimed


def _start(name: str, claims: Sequence[Message], plan: Plan, deps: Deps, remaining_ms: RemainingMs) -> None:
    """Waits for Step Functions as long as there is time (ADR 27). Raises ExecutionStartError."""
    while True:
        try:
            return deps.executions.start(name, claims, plan.leads[0])
        except ExecutionStartError:
            if remaining_ms() < NEEDED_MS:
                raise
            deps.sleep(START_AGAIN_S)


def _interrupted(record: StreamRecord, error: Exception, deps: Deps) -> str:
    """The record from which on the stream delivers again."""
    deps.telemetry.refuse("claim_interrupted", error, sequence_number=record.sequence_number)
    return record.sequence_number


def _adopt_if_by_hand(record: StreamRecord, deps: Deps) -> bool:
    """Completes a message that was put in by hand, or refuses it; False if it was not. The write brings it back.

    Also while the campaign is halted: until then the index does not have it, and no sweep would find it afterwards.
    """
    if "history" in record.item or "fence" in record.item:
        return False
    try:
        key = Key.of(record.item.get("user_id"), record.item.get("period"))
        try:
            _adopt(key, record.item, deps)
        except LeaseLostError as lost:
            deps.telemetry.count("claim_lost", message_id=key.message_id, reason=str(lost))
    except InvalidMessageError as error:
        deps.telemetry.refuse("claim_refused", error, sequence_number=record.sequence_number)
    return True


def _adopt(key: Key, item: Item, deps: Deps) -> None:
    """Completes an item that was put in by hand, if it has what only a person can give it."""
    template, sender = item.get("template", deps.template.name), item.get("sender", deps.sender)
    due_at = deps.clock() + deps.stranded_after
    reply_to = item.get("reply_to", "" if "sender" in item else deps.reply_to)
    attributes = adopted(key, template, sender, deps.clock(), due_at, reply_to, deps.retention)
    from_item({**item, **attributes})
    if template == deps.template.name:
        _make_template(deps)
    deps.outbox.adopt(key, attributes)
    deps.telemetry.count("adopt", message_id=key.message_id)


def _make_template(deps: Deps) -> None:
    """A stack that has not produced a month has no template yet. Where SES refuses it, the message will be FAILED."""
    try:
        deps.make_template(deps.template)
    except NoTemplateError as error:
        deps.telemetry.refuse("no_template", error)


@wiring.at_start
def make_deps() -> Deps:
    settings = wiring.environment(ClaimSettings)
    return Deps(
        outbox=wiring.outbox(settings.outbox_table),
        pin=wiring.table_pin(settings.outbox_table, settings.control_table),
        campaign=wiring.campaign(settings.control_table, settings.headroom),
        executions=wiring.executions(settings.state_machine_arn),
        telemetry=wiring.telemetry("claim"),
        clock=utc_now,
        template=files_of(settings.mail_kind).template(settings.stack, settings.unsubscribe),
        make_template=cache(wiring.account().make),
        sender=settings.sender,
        reply_to=settings.reply_to,
        send_batch_size=0 if settings.send_batch_size == "auto" else int(settings.send_batch_size),
        claim_lease=timedelta(seconds=settings.claim_lease_s),
        stranded_after=timedelta(seconds=settings.stranded_after_s),
        retention=timedelta(days=settings.retention_days),
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        return handle(event, make_deps(), context.get_remaining_time_in_millis)
    finally:
        make_deps().telemetry.flush()
