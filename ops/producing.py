"""produce: runs the producer for a period, and shows its report."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ops.desk import Desk
from ops.errors import RefusedError
from ops.words import plain
from shared.checking import NEVER_ACCEPTED
from shared.periods import Period

EASTERNMOST = timedelta(hours=14)
"""Where a month is over first. The stack's own time zone is the functions' knowledge; the question is asked anyway."""


def produce(desk: Desk, period: Period, *, accept: Sequence[str] = (), again: bool = False, agreed: bool) -> int:
    """Every user of the period gets her mail, so it asks first. 1 if the run has stopped. Raises RefusedError when nothing
    was done.
    """
    if never := NEVER_ACCEPTED & set(accept):
        raise RefusedError(f"{', '.join(sorted(never))} can't be accepted: mend the query, deploy, and {_anew(period)}")
    run = desk.runs.get(period) or {}
    if run.get("state") == "COMPLETED" and not again:
        raise RefusedError(
            f"{period} is completed: {run['produced']:,} messages. Nothing is produced twice; "
            "--again asks Athena anew, for users who have no message yet"
        )
    if run.get("state") == "STOPPED" and not accept and not again:
        raise RefusedError(_stopped(str(period), run["stopped_for"]))
    if (desk.clock() + EASTERNMOST).date() < period.next.start:
        raise RefusedError(f"{period} is not over: what is produced now would be all that its mails ever say")
    if not agreed:
        desk.agree(f"{desk.name}: every user of {period} will be sent a mail. Type {period} to go on: ", str(period))
    desk.say("the producer is at work; it takes up to 15 minutes")
    event: dict[str, Any] = {"period": str(period)}
    report = desk.produce(
        {**event, **({"accept": list(accept)} if accept else {}), **({"again": True} if again else {})}
    )
    for name, value in report.items():
        if value in ("", {}):
            continue
        desk.say(f"  {plain(name)}: {value:,}" if isinstance(value, int) else f"  {plain(name)}: {plain(str(value))}")
    if report.get("state") == "STOPPED":
        desk.say(_stopped(str(period), report["stopped_for"]))
        return 1
    if report.get("state") == "RUNNING":
        desk.say("its time was over; it goes on by itself: see `status`")
    return 0


def _stopped(period: str, reasons: Mapping[str, str]) -> str:
    lines = [f"{period} has stopped before its first message:"]
    lines += [f"  {word}: {plain(reason)}" for word, reason in reasons.items()]
    lines.append(f"mend it and {_anew(period)}")
    if not NEVER_ACCEPTED & set(reasons):
        accepting = " ".join(f"--accept {word}" for word in reasons)
        lines.append(f"or go on all the same: `produce {period} {accepting}`")
    return "\n".join(lines)


def _anew(period: object) -> str:
    return f"ask Athena anew: `produce {period} --again`"
