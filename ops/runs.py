"""The producer's runs beside the one of the month that `status` shows, and who did what with that one."""

from collections.abc import Iterator

from rich.table import Table

from ops.formatting import plain, when
from ops.month.run import months_back
from ops.producing import messages_of
from ops.session import Session
from shared.periods import Period
from shared.producing.run import PREFIX, RunState, period_of, readable, run_of
from shared.store import Item
from shared.times import to_text

MONTHS = 3
"""How far back other runs are shown."""


def others(session: Session, period: Period) -> Table | None:
    """The runs of the last months, and those that wait for somebody; None: there is no other."""
    months = (one for one in months_back(session.clock(), MONTHS) if one != period)
    runs = [item for one in months if (item := session.runs.get(one))]
    names = {f"{PREFIX}{period}", *(run["name"] for run in runs)}
    runs += [run for run in session.open_runs.waiting() if run["name"] not in names]
    return _table(runs, session) if runs else None


def story(session: Session, period: Period) -> list[str]:
    """Who did what with a month's run, and why."""
    run = session.runs.get(period)
    return list(_story(run)) if run is not None and readable(run) else []


def _table(runs: list[Item], session: Session) -> Table:
    table = Table(header_style="bold")
    for head in ("period", "state", "stopped for", "messages", "rejected", "unsubscribed", "started", "last sign"):
        number = head in ("messages", "rejected", "unsubscribed")
        table.add_column(
            head, justify="right" if number else "left", no_wrap=head in ("period", "state"), overflow="fold"
        )
    for run in runs:
        table.add_row(*_cells(run, session))
    return table


def _cells(run: Item, session: Session) -> list[str]:
    name = plain(run["name"].removeprefix(PREFIX))
    if not readable(run):
        return [name, "UNREADABLE", "", "", "", "", "", ""]
    words = ", ".join(run.get("stopped_for", {}))
    lease = run["lease_expires_at"]
    state = run["state"]
    if state == RunState.RUNNING and lease == "":
        words = "(its query failed)"
    elif state == RunState.RUNNING and lease < to_text(session.clock()):
        words = "(nobody is at work)"
    skipped = run_of(period_of(run), run).unsubscribed
    times = [_minute(run.get(one, "")) for one in ("started_at", "noted_at")]
    return [name, state, words, f"{messages_of(run):,}", f"{run.get('rejected', 0):,}", f"{skipped:,}", *times]


def _story(run: Item) -> Iterator[str]:
    yield f"started by {plain(run.get('started_by', 'somebody'))}"
    if run.get("handed_by"):
        yield f"takes the stored result {plain(run['query_id'])}, handed in by {plain(run['handed_by'])}"
    if "decided_by" in run:
        yield f"let on or opened again by {plain(run['decided_by'])}, {when(run.get('decided_at', ''))}"
    if run.get("accepted"):
        yield f"accepted: {', '.join(map(plain, run['accepted']))}"
    if "closed_for" in run:
        yield f"closed by {plain(run['closed_for'])}"


def _minute(at: str) -> str:
    return when(at)[:16]
