"""produce: runs the producer for a period, and shows its report."""

from datetime import timedelta

from ops.desk import Desk
from ops.errors import RefusedError
from ops.words import plain
from shared.periods import Period

EASTERNMOST = timedelta(hours=14)
"""Where a month is over first. The stack's own time zone is the functions' knowledge; the question is asked anyway."""


def produce(desk: Desk, period: Period, *, agreed: bool) -> int:
    """Every user of the period gets her mail, so it asks first. Raises RefusedError when nothing was done."""
    run = desk.runs.get(period)
    if run and run.get("state") == "COMPLETED":
        raise RefusedError(f"{period} is completed: {run['produced']:,} messages. Nothing is produced twice")
    if (desk.clock() + EASTERNMOST).date() < period.next.start:
        raise RefusedError(f"{period} is not over: what is produced now would be all that its mails ever say")
    if not agreed:
        desk.agree(f"{desk.name}: every user of {period} will be sent a mail. Type {period} to go on: ", str(period))
    desk.say("the producer is at work; it takes up to 15 minutes")
    report = desk.produce(str(period))
    for name, value in report.items():
        if value == "":
            continue
        desk.say(f"  {plain(name)}: {value:,}" if isinstance(value, int) else f"  {plain(name)}: {plain(value)}")
    return 0
