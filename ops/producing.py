"""produce, halt, close: a month's run, by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

from ops import diary
from ops.errors import RefusedError
from ops.formatting import plain
from ops.month.produced import check_produced
from ops.session import Session
from shared.periods import Period
from shared.producing.checks import LOOKED_AT_AGAIN, NEVER_ACCEPTED
from shared.producing.run import HALTED, RunState, readable
from shared.store import Item

_REPORTED = {
    "state": "state",
    "produced": "users with a message",
    "fresh": "of them put by this run",
    "differing": "kept, though the figures differ now",
    "rejected": "rejected rows",
    "unsubscribed": "skipped, unsubscribed",
    "rejected_rows": "listed under",
}


def produce(
    session: Session,
    period: Period,
    *,
    accept: Sequence[str],
    again: bool,
    recheck: bool,
    by: str,
    agreed: bool,
    result: str = "",
) -> int:
    """Every user of the period gets a mail, so it asks first. `result`: of the query that `preflight` has looked at. 1 if the
    run has stopped. Raises RefusedError when nothing was done.
    """
    run = session.runs.get(period) or {}
    _check(period, run, accept, again=again, recheck=recheck)
    if result:
        _check_result(period, run, result, accept, again=again, recheck=recheck)
    if session.clock() < period.ends_at:
        raise RefusedError(f"{period} is not over in UTC: what is produced now would be all that its mails ever say")
    if accept:
        session.say(_why(period, run))
    if session.paused is not None:
        session.say(f"the campaign is paused, so nothing is sent until `resume`: {plain(session.paused)}")
    if not agreed:
        of = f"the result {result} of {period}" if result else str(period)
        whom = f"every user of {of}{' without a message' if again else ''} will be sent a mail"
        session.agree(f"{session.name}: {whom}.\nType {period} to go on: ", str(period))
    session.say("the producer is at work; it takes up to 15 minutes")
    event: dict[str, Any] = {"period": str(period), "by": by}
    if accept or again or recheck:
        event |= {"attempt": run.get("attempt"), "accept": list(accept), "again": again}
    if result:
        event["result"] = result
    report = session.produce(event)
    diary.note(session, "produce", by, _decided(accept, again=again, recheck=recheck, result=result), str(period))
    _show(session, report)
    return _ended(session, period, report)


def _decided(accept: Sequence[str], *, again: bool, recheck: bool, result: str) -> str:
    """What was said beside the period."""
    said = {"--again": again, "--recheck": recheck, f"--result {result}": bool(result)}
    return (
        " ".join([*(f"--accept {word}" for word in accept), *(word for word, is_said in said.items() if is_said)])
        or "by hand"
    )


def halt(session: Session, period: Period, reason: str, by: str) -> int:
    """The producer stops at its next page. Raises RefusedError if none is at work; UnavailableError for a month that was never
    produced.
    """
    if not session.runs.halt(period, by, reason):
        check_produced(session, period)
        raise RefusedError(f"{period} is not being produced: {_state(session, period)}. Nothing was done")
    diary.note(session, "halt", by, reason, str(period))
    session.say("halted. What is produced stays, and is sent unless the campaign is paused")
    session.say(_how_to_go_on(period, [HALTED]))
    return 0


def close(session: Session, period: Period, reason: str, by: str) -> int:
    """Raises RefusedError if the period is not stopped; UnavailableError for a month that was never produced."""
    if not session.runs.close(period, by, reason):
        check_produced(session, period)
        hint = (
            ""
            if (session.runs.get(period) or {}).get("state") == RunState.COMPLETED
            else "; `halt` stops one that is produced"
        )
        raise RefusedError(f"{period} is not stopped: {_state(session, period)}{hint}. Nothing was done")
    diary.note(session, "close", by, reason, str(period))
    session.say(f"closed: what was produced of {period} is all. `produce {period} --again` opens it")
    return 0


def messages_of(run: Item) -> int:
    """How many a period has at least, be they of an earlier query."""
    return max(int(run.get("produced", 0)), int(run.get("produced_before", 0)))


def _check(period: Period, run: Item, accept: Sequence[str], *, again: bool, recheck: bool) -> None:
    if run and not readable(run):
        raise RefusedError(
            f"the record run#{period} was edited and can't be read: mend it in the console. Nothing was done"
        )
    state, reasons = run.get("state"), run.get("stopped_for", {})
    if (again and accept) or (again and recheck):
        raise RefusedError(
            "--again asks anew: what that finds can be accepted, or looked at again, once you have seen it"
        )
    if never := NEVER_ACCEPTED & set(accept):
        raise RefusedError(
            f"{', '.join(sorted(never))} can't be accepted: mend the query or the template, deploy, and {_anew(period)}"
        )
    if again and not run:
        raise RefusedError(f"{period} was never produced: leave out --again")
    if state == RunState.COMPLETED and not again:
        closed = f", and closed by {plain(run['closed_for'])}" if "closed_for" in run else ""
        raise RefusedError(
            f"{period} is completed: {messages_of(run):,} messages{closed}. Nothing is produced twice;\n"
            "--again asks Athena anew, for users who have no message yet"
        )
    if (accept or recheck) and state != RunState.STOPPED:
        raise RefusedError(f"{period} has not stopped: its run is {state or 'not begun'}. Nothing was done")
    if unknown := set(accept) - set(reasons):
        raise RefusedError(f"{period} has not stopped for {', '.join(sorted(unknown))}.\n{_stopped(period, run)}")
    if state == RunState.STOPPED and not (accept or again or recheck):
        raise RefusedError(_stopped(period, run))
    if recheck and HALTED in reasons:
        raise RefusedError(f"{period} was halted: that is accepted, or not.\n{_stopped(period, run)}")


def _check_result(period: Period, run: Item, result: str, accept: Sequence[str], *, again: bool, recheck: bool) -> None:
    if accept or recheck:
        raise RefusedError(
            "--result is for a run that begins: what it finds can be accepted, or looked at again, afterwards"
        )
    if run and run.get("query_id") != result and not again:
        raise RefusedError(
            f"the run of {period} has begun with a query of its own: leave out --result to go on with that, or take the "
            f"result instead: `produce {period} --again --result …`"
        )


def _show(session: Session, report: Mapping[str, Any]) -> None:
    counts = report.get("state") in (RunState.RUNNING, RunState.COMPLETED)  # else the run record knows more
    for name, words in _REPORTED.items() if counts else [("state", "state"), ("rejected_rows", "rejected rows")]:
        value = report.get(name, "")
        if value != "":
            session.say(f"  {words}: {f'{value:,}' if isinstance(value, int) else plain(value)}")


def _ended(session: Session, period: Period, report: Mapping[str, Any]) -> int:
    run = session.runs.get(period) or {}
    if RunState.STOPPED in (report.get("state"), run.get("state")):  # it may have been halted in between
        session.say(_stopped(period, run))
        return 1
    match report.get("state"):
        case RunState.RUNNING:
            session.say("its time was over; it goes on by itself: see `status`")
        case "TAKEN_OVER":
            session.say("another invocation has taken it over and goes on: see `status`")
    return 0


def _why(period: Period, run: Item) -> str:
    written = messages_of(run)
    when = (
        f"with {written:,} messages produced, or a page more"
        if written or run.get("phase") == "write"
        else "before its first message"
    )
    reasons = [f"  {word}: {plain(reason)}" for word, reason in run.get("stopped_for", {}).items()]
    return "\n".join([f"{period} has stopped {when}:", *reasons])


def _stopped(period: Period, run: Item) -> str:
    return f"{_why(period, run)}\n{_how_to_go_on(period, list(run.get('stopped_for', {})))}"


def _how_to_go_on(period: Period, words: Sequence[str]) -> str:
    lines = [f"mend the query and {_anew(period)}"]
    never = NEVER_ACCEPTED & set(words)
    if LOOKED_AT_AGAIN & set(words) and never <= LOOKED_AT_AGAIN:
        lines.append(f"or mend the sender or the template, and look at it again: `produce {period} --recheck`")
    if not never:
        accepting = " ".join(f"--accept {word}" for word in words)
        lines.append(f"or go on all the same: `produce {period} {accepting}`")
    lines.append(f'or leave it at that: `close {period} --reason "…"`')
    return "\n".join(lines)


def _anew(period: Period) -> str:
    return f"ask Athena anew: `produce {period} --again`"


def _state(session: Session, period: Period) -> str:
    return f"its run is {(session.runs.get(period) or {}).get('state', 'not begun')}"
