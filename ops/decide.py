"""redrive, assume-sent, resend, cancel: shows what will be done, asks, does it, and tells what was lost on the way."""

from collections import Counter
from collections.abc import Sequence

from rich.progress import track
from rich.table import Table

from ops.decisions import Decision, Outcome, carry_out
from ops.desk import Desk
from ops.errors import RefusedError
from ops.many import each
from ops.record import Record
from ops.words import counted, named, plain
from shared.outbox.transitions import RESEND

RISK = (
    "SES was asked for this mail and its answer was lost: perhaps it went out. "
    "Whoever got it and is sent it again gets a SECOND MAIL."
)
_LISTED = 20


def decide_one(desk: Desk, decision: Decision, record: Record) -> int:
    """Raises RefusedError when nothing was done."""
    outcome = carry_out(decision, record, desk.outbox)
    if outcome.why_not:
        raise RefusedError(f"{named(record.key)}: {outcome.why_not}")
    desk.say(f"{named(record.key)}: {record.status} → {decision.transition.to}")
    _tell_next(desk, decision)
    return 0


def decide_many(desk: Desk, decision: Decision, records: Sequence[Record], *, agreed: bool) -> int:
    """All of them, after she agreed to their number; one that is lost holds nobody up. 1 if any was not done."""
    if not records:
        raise RefusedError("no message fits: nothing to do")
    desk.say(f"{decision.verb}: {counted(len(records))}")
    desk.console.print(_overview(records))
    if not agreed:
        number = len(records)
        desk.agree(f"{decision.verb} {counted(number)}: type {number} to go on: ", str(number))
    outcomes = _carry_out(desk, decision, records)
    done = sum(outcome.why_not is None for outcome in outcomes)
    desk.say(f"{done:,} of {counted(len(records))} → {decision.transition.to}")
    _tell_losses(desk, outcomes, len(records) - len(outcomes))
    if done:
        _tell_next(desk, decision)
    return 0 if done == len(records) else 1


def warn(desk: Desk, decision: Decision, *, accepted: bool) -> None:
    """Says what a resend may cost. Raises RefusedError if she has not accepted it."""
    if decision.transition is RESEND:
        if not accepted:
            raise RefusedError(f"{RISK}\nNothing was done. If that is what you want, add --accept-risk")
        desk.say(RISK)


def _carry_out(desk: Desk, decision: Decision, records: Sequence[Record]) -> list[Outcome]:
    """Stops where DynamoDB can't be had: it would be so for all the rest."""
    outcomes: list[Outcome] = []
    results = each(lambda record: carry_out(decision, record, desk.outbox), records)
    shown = track(
        results, decision.verb, len(records), console=desk.console, transient=True, disable=not desk.console.is_terminal
    )
    for outcome in shown:
        outcomes.append(outcome)
        if outcome.unknown:
            break
    return outcomes


def _overview(records: Sequence[Record]) -> Table:
    kinds = Counter((record.key.period, record.status or "absent", record.reason()) for record in records)
    table = Table(header_style="bold")
    for head in ("messages", "period", "status", "reason"):
        table.add_column(head, justify="right" if head == "messages" else "left", overflow="fold")
    for (period, status, reason), number in kinds.most_common(_LISTED):
        table.add_row(f"{number:,}", period, status, reason)
    if len(kinds) > _LISTED:
        rest = sum(number for _, number in kinds.most_common()[_LISTED:])
        table.add_row(f"{rest:,}", "", "", f"{len(kinds) - _LISTED:,} other reasons")
    return table


def _tell_losses(desk: Desk, outcomes: Sequence[Outcome], untried: int) -> None:
    lost = [outcome for outcome in outcomes if outcome.why_not]
    for outcome in lost[:_LISTED]:
        desk.say(f"✗ {named(outcome.record.key)}: {outcome.why_not}")
    if len(lost) > _LISTED:
        desk.say(f"  and {len(lost) - _LISTED:,} more that were not done")
    if untried:
        desk.say(f"✗ {counted(untried)} after that may not have been tried. The same command does the rest")


def _tell_next(desk: Desk, decision: Decision) -> None:
    desk.say(f"recorded: {decision.by}: {decision.reason}")
    if decision.transition.reopens and (why := desk.paused):
        desk.say(f"the campaign is paused ({plain(why)}): nothing is sent until `resume`")
