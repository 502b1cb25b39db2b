"""produce, halt, close: a month's run, by hand."""

from collections.abc import Sequence
from typing import Any

from ops.desk import Desk
from ops.errors import RefusedError
from ops.words import plain
from shared.checking import NEVER_ACCEPTED
from shared.periods import Period
from shared.runs import HALTED
from shared.writes import Item


def produce(
    desk: Desk, period: Period, *, accept: Sequence[str], again: bool, recheck: bool, by: str, agreed: bool
) -> int:
    """Every user of the period gets her mail, so it asks first. 1 if the run has stopped. Raises RefusedError when nothing
    was done.
    """
    run = desk.runs.get(period) or {}
    _check(period, run, accept, again=again, recheck=recheck)
    if desk.clock() < period.ends_at:
        raise RefusedError(f"{period} is not over in UTC: what is produced now would be all that its mails ever say")
    if not agreed:
        desk.agree(f"{desk.name}: every user of {period} will be sent a mail. Type {period} to go on: ", str(period))
    desk.say("the producer is at work; it takes up to 15 minutes")
    event: dict[str, Any] = {"period": str(period), "by": by}
    if run and (accept or again or recheck):
        event |= {"attempt": run["attempt"], "accept": list(accept), "again": again}
    report = desk.produce(event)
    for name, value in report.items():
        if value in ("", {}):
            continue
        desk.say(f"  {plain(name)}: {value:,}" if isinstance(value, int) else f"  {plain(name)}: {plain(str(value))}")
    match report.get("state"):
        case "STOPPED":
            desk.say(_stopped(period, desk.runs.get(period) or {}))
            return 1
        case "RUNNING":
            desk.say("its time was over; it goes on by itself: see `status`")
        case "TAKEN_OVER":
            desk.say("another invocation has taken it over and goes on: see `status`")
    return 0


def halt(desk: Desk, period: Period, reason: str, by: str) -> int:
    """Whoever produces stops at her next page. Raises RefusedError if nobody does."""
    if not desk.runs.halt(period, by, reason):
        raise RefusedError(f"{period} is not being produced: {_state(desk, period)}")
    desk.say(
        f"halted. What is produced stays, and is sent unless the campaign is paused; {_how_to_go_on(period, [HALTED])}"
    )
    return 0


def close(desk: Desk, period: Period, reason: str, by: str) -> int:
    """Raises RefusedError if the period is not stopped."""
    if not desk.runs.close(period, by, reason):
        raise RefusedError(f"{period} is not stopped: {_state(desk, period)}. `halt` stops one that is being produced")
    desk.say(f"closed: what was produced of {period} is all. `produce {period} --again` opens it")
    return 0


def _check(period: Period, run: Item, accept: Sequence[str], *, again: bool, recheck: bool) -> None:
    if again and accept:
        raise RefusedError("--again asks anew: accept what that finds once you have seen it")
    if never := NEVER_ACCEPTED & set(accept):
        raise RefusedError(f"{', '.join(sorted(never))} can't be accepted: mend the query, deploy, and {_anew(period)}")
    if run.get("state") == "COMPLETED" and not again:
        raise RefusedError(
            f"{period} is completed: {run['produced']:,} messages. Nothing is produced twice; "
            "--again asks Athena anew, for users who have no message yet"
        )
    if run.get("state") == "STOPPED" and not (accept or again or recheck):
        raise RefusedError(_stopped(period, run))


def _stopped(period: Period, run: Item) -> str:
    reasons, written = run.get("stopped_for", {}), max(run.get("produced", 0), run.get("produced_before", 0))
    when = f"with {written:,} messages produced" if written else "before its first message"
    lines = [f"{period} has stopped {when}:", *(f"  {word}: {plain(reason)}" for word, reason in reasons.items())]
    return "\n".join([*lines, _how_to_go_on(period, list(reasons))])


def _how_to_go_on(period: Period, words: Sequence[str]) -> str:
    lines = [f"mend the query and {_anew(period)}"]
    if not NEVER_ACCEPTED & set(words):
        accepting = " ".join(f"--accept {word}" for word in words)
        if HALTED not in words:
            lines.append(f"or mend the sender or the template, and look at it again: `produce {period} --recheck`")
        lines.append(f"or go on all the same: `produce {period} {accepting}`")
    lines.append(f"or leave it at that: `close {period}`")
    return "\n".join(lines)


def _anew(period: Period) -> str:
    return f"ask Athena anew: `produce {period} --again`"


def _state(desk: Desk, period: Period) -> str:
    return f"its run is {(desk.runs.get(period) or {}).get('state', 'not begun')}"
