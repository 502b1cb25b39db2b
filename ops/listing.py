"""list, held: messages with their status and the reason, in a table, as lines for scripts, or as a CSV file."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

from rich.table import Table

from ops.csv_file import write
from ops.formatting import counted, person
from ops.month.produced import check_produced
from ops.selection import Selection, fits, select
from ops.session import Session
from ops.snapshot import Snapshot, snapshot_of
from shared.keys import Key
from shared.periods import Period

LISTED = 50
"""How many messages or addresses a person is shown without asking for more."""
MINUTES = len("2026-11-01 06:00")
"""Room for the reason on a narrow terminal."""
_READ_BYTES = 2 * 4096
"""What one read unit reads, where a moment ago is near enough (source: ddb-reads)."""
_READ_DOLLARS = 0.125 / 1_000_000
"""A read unit (source: ddb-price)."""


@dataclass(frozen=True)
class Form:
    """How a list is put out."""

    as_json: bool = False
    csv: str | None = None
    """A file's name, or - for standard output."""
    reveal: bool = False

    @property
    def whole(self) -> bool:
        """Not for a person to look through: all of it, unless fewer are wanted."""
        return self.as_json or self.csv is not None


def held(session: Session, selection: Selection, form: Form) -> int:
    """Those that wait for a decision, in no order of users. Raises UnavailableError for a month that was never produced."""
    shown, _ = _put_out(session, select(selection, session.messages), selection.limit, form)
    if not shown and selection.period:
        check_produced(session, Period.parse(selection.period))
    if not form.whole:
        total = session.outbox.held()
        session.say(f"{counted(shown)} shown, {total:,} held in all" if total else "no message is held")
    return 0


def listed(session: Session, selection: Selection, period: Period, form: Form, *, agreed: bool) -> int:
    """A month's messages in some statuses. Raises UnavailableError for a month that was never produced; RefusedError if the
    operator does not want the whole table read.
    """
    if selection.unlisted and not agreed:
        _ask(session, selection)
    found = _found(session, selection)
    first = list(islice(found, 1))
    if not first:
        check_produced(session, period)  # before a file of that name is written over
    shown, more = _put_out(session, chain(first, found), selection.limit, form)
    if not form.whole:
        wanted = " or ".join(sorted(selection.statuses))
        rest = "; there are more: --limit, or --json or --csv for all" if more else ""
        session.say(f"{counted(shown)} of {period} shown{rest}" if shown else f"no message of {period} is {wanted}")
    return 0


def _found(session: Session, selection: Selection) -> Iterator[Snapshot]:
    yield from select(replace(selection, limit=None), session.messages)
    if selection.unlisted:
        for item in session.find(str(selection.period), selection.unlisted):
            snapshot = snapshot_of(Key(item["user_id"], item["period"]), item)
            if fits(snapshot, selection):
                yield snapshot


def _ask(session: Session, selection: Selection) -> None:
    table = session.read("dynamodb", "describe_table", TableName=session.stage.outbox_table)["Table"]
    size, items = table.get("TableSizeBytes", 0), table.get("ItemCount", 0)
    dollars = size / _READ_BYTES * _READ_DOLLARS
    session.say(
        f"{' and '.join(sorted(selection.unlisted))} are in no index: the whole outbox is read, with all its months. "
        f"It has some {items:,} items and {size / 1e9:,.1f} GB: ${dollars:,.2f}"
    )
    session.agree("type yes to go on: ", "yes")


def _put_out(session: Session, found: Iterator[Snapshot], limit: int | None, form: Form) -> tuple[int, bool]:
    """How many, and whether there are more."""
    wanted = islice(found, limit)
    if form.csv is not None:
        return write(form.csv, wanted, session.console.file, reveal=form.reveal), False
    if form.as_json:
        return _lines(session, wanted, form), False
    shown = list(wanted)
    if shown:
        session.console.print(_table(shown, form))
    return len(shown), next(found, None) is not None


def _lines(session: Session, snapshots: Iterable[Snapshot], form: Form) -> int:
    number = 0
    for snapshot in snapshots:
        number += 1
        print(json.dumps(snapshot.for_scripts(reveal=form.reveal)), file=session.console.file)
    return number


def _table(snapshots: list[Snapshot], form: Form) -> Table:
    table = Table(header_style="bold")
    heads = ("user", "period", "status", "since (UTC)", *(("email",) if form.reveal else ()), "reason")
    for head in heads:
        table.add_column(head, overflow="fold", no_wrap=head in ("period", "status", "since (UTC)"))
    for snapshot in snapshots:
        since = snapshot.since.removesuffix(" UTC")[:MINUTES]
        email = (snapshot.address(reveal=True),) if form.reveal else ()
        told = (snapshot.key.period, snapshot.status or "", since, *email, snapshot.reason(reveal=form.reveal))
        table.add_row(person(snapshot.key.user_id), *told)
    return table
