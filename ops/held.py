"""held: the messages that wait for a decision, and why."""

import json

from rich.table import Table

from ops.desk import Desk
from ops.record import Record
from ops.selection import Selection, select
from ops.words import counted, person

MINUTES = len("2026-11-01 06:00")
"""Room for the reason on a narrow terminal."""


def held(desk: Desk, selection: Selection, *, as_json: bool) -> int:
    """Those that fit, in no order of users; `as_json`: a line for each, for scripts and for --from."""
    records = select(selection, desk.messages)
    if as_json:
        for record in records:
            print(json.dumps(record.for_scripts()), file=desk.console.file)
        return 0
    shown = list(records)
    if shown:
        desk.console.print(_table(shown))
    total = desk.outbox.held()
    desk.say(f"{counted(len(shown))} shown, {total:,} held in all" if total else "no message is held")
    return 0


def _table(records: list[Record]) -> Table:
    table = Table(header_style="bold")
    for head in ("user", "period", "status", "since (UTC)", "reason"):
        table.add_column(head, overflow="fold", no_wrap=head in ("period", "status", "since (UTC)"))
    for record in records:
        user_id = person(record.key.user_id)
        since = record.since.removesuffix(" UTC")[:MINUTES]
        table.add_row(user_id, record.key.period, record.status or "", since, record.reason())
    return table
