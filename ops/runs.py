"""The producer's runs, as `status` shows them."""

from collections.abc import Iterator

from rich.table import Table

from ops.formatting import plain, when
from ops.producing import messages_of
from ops.session import Session
from shared.periods import Period
from shared.producing.run import PREFIX, RunState, period_of, readable, run_of
from shared.store import Item
from shared.times import to_text

MONTHS = 3
"""How far back runs are shown where no period is named."""


def _last_months(session: Session) -> list[Period]:
    month = Period(session.clock().date().replace(day=1))
    months = [month]
    for _ in range(MONTHS):
        months.append(months[-1].previous)
    return months


def show(session: Session, period: Period | None) -> None:
    """The runs of the last months and those that wait for somebody; or one month's, with who did what and why."""
    periods = [period] if period else _last_months(session)
    runs = [item for one in periods if (item := session.runs.get(one))]
    if period is None:
        names = {run["name"] for run in runs}
        runs += [run for run in session.open_runs.waiting() if run["name"] not in names]
    if not runs:
        session.say(f"no run of {', '.join(map(str, periods))}")
        return
    session.say("runs of the producer")
    table = Table(header_style="bold")
    for head in ("period", "state", "stopped for", "messages", "rejected", "unsubscribed", "started", "last sign"):
        number = head in ("messages", "rejected", "unsubscribed")
        table.add_column(
            head, justify="right" if number else "left", no_wrap=head in ("period", "state"), overflow="fold"
        )
    for run in runs:
        table.add_row(*_cells(run, session))
    session.console.print(table)
    for run in filter(readable, runs) if period else ():
        for line in _story(run):
            session.say(line)


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
    yield f"  started by {plain(run.get('started_by', 'somebody'))}"
    if run.get("handed_by"):
        yield f"  takes the stored result {plain(run['query_id'])}, handed in by {plain(run['handed_by'])}"
    if "decided_by" in run:
        yield f"  let on or opened again by {plain(run['decided_by'])}, {when(run.get('decided_at', ''))}"
    if run.get("accepted"):
        yield f"  accepted: {', '.join(map(plain, run['accepted']))}"
    for word, reason in dict(run.get("stopped_for", {})).items():
        yield f"  stopped for {plain(word)}: {plain(reason)}"
    if "closed_for" in run:
        yield f"  closed by {plain(run['closed_for'])}"


def _minute(at: str) -> str:
    return when(at)[:16]
