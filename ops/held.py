"""held: the messages that wait for a decision, and why."""

import json

from rich.table import Table

from ops.formatting import counted, person
from ops.selection import Selection, select
from ops.session import Session
from ops.snapshot import Snapshot

MINUTES = len("2026-11-01 06:00")
"""Room for the reason on a narrow terminal."""


def held(session: Session, selection: Selection, *, as_json: bool) -> int:
    """Those that fit, in no order of users; `as_json`: a line for each, for scripts and for --from."""
    snapshots = select(selection, session.messages)
    if as_json:
        for snapshot in snapshots:
            print(json.dumps(snapshot.for_scripts()), file=session.console.file)
        return 0
    shown = list(snapshots)
    if shown:
        session.console.print(_table(shown))
    total = session.outbox.held()
    session.say(f"{counted(len(shown))} shown, {total:,} held in all" if total else "no message is held")
    return 0


def _table(snapshots: list[Snapshot]) -> Table:
    table = Table(header_style="bold")
    for head in ("user", "period", "status", "since (UTC)", "reason"):
        table.add_column(head, overflow="fold", no_wrap=head in ("period", "status", "since (UTC)"))
    for snapshot in snapshots:
        user_id = person(snapshot.key.user_id)
        since = snapshot.since.removesuffix(" UTC")[:MINUTES]
        table.add_row(user_id, snapshot.key.period, snapshot.status or "", since, snapshot.reason())
    return table
