"""The producer's run of a month, as its record has it."""

from datetime import datetime

from ops.formatting import plain
from ops.month.view import RunView
from shared.periods import Period
from shared.producing.run import PREFIX, Run, RunState, period_of, readable, run_of
from shared.store import Item
from shared.times import from_text

UNREADABLE = "UNREADABLE"
"""The state of a record that somebody has edited."""


def run_view(record: Item, now: datetime) -> RunView:
    if not readable(record):
        name = plain(record["name"].removeprefix(PREFIX))
        return RunView(UNREADABLE, f"the record run#{name} was edited: mend it", {}, 0, 0, 0, None, None, 0)
    run = run_of(period_of(record), record)
    return RunView(
        state=run.state,
        note=_note(run, record["lease_expires_at"], now),
        stopped_for={plain(word): plain(reason) for word, reason in run.stopped_for.items()},
        produced=run.expected,
        rejected=run.rejected,
        unsubscribed=run.unsubscribed,
        started_at=from_text(record["started_at"]),
        noted_at=from_text(record["noted_at"]) if "noted_at" in record else None,
        rows=run.checks.rows,
    )


def months_back(now: datetime, months: int) -> list[Period]:
    """This month and so many before it, the latest first."""
    found = [Period(now.date().replace(day=1))]
    for _ in range(months):
        found.append(found[-1].previous)
    return found


def _note(run: Run, lease: str, now: datetime) -> str:
    if run.state != RunState.RUNNING:
        return ""
    if lease == "":
        return "its query failed"
    return "nobody is at work" if from_text(lease) < now else ""
