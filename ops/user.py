"""show, without a month: every month of a user, each in a line."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from ops.absence import listed_of, rejected, unsubscribed
from ops.errors import RefusedError
from ops.formatting import person, plain
from ops.listing import MINUTES
from ops.month.produced import produced
from ops.rejections import Rejection
from ops.session import Session
from ops.show import for_scripts
from ops.snapshot import Snapshot, snapshot_of
from shared.keys import Key


@dataclass(frozen=True)
class Month:
    """A month of the user: their message, or why there is none."""

    key: Key
    snapshot: Snapshot | None
    reasons: list[str]


def show(session: Session, user_id: str, *, reveal: bool, as_json: bool) -> int:
    """The latest month first. Raises RefusedError for a user of whom nothing is known."""
    listed, why_not = listed_of(session, user_id)
    months = months_of(session, user_id, listed)
    if not any(one.snapshot or one.reasons for one in months):
        raise RefusedError(
            f"there is no message of {person(user_id)}: is the id right?{f' And {why_not}' if why_not else ''}"
        )
    if as_json:
        for month in months:
            told = (
                month.snapshot.for_scripts(reveal=reveal) if month.snapshot else for_scripts(month.key, month.reasons)
            )
            print(json.dumps(told), file=session.console.file)
        return 0
    session.say(person(user_id))
    session.console.print(_table(months, reveal=reveal))
    if why_not:
        session.say(why_not)
    session.say(f"`show {person(user_id)} PERIOD` tells one month's story")
    return 0


def months_of(session: Session, user_id: str, listed: Sequence[Rejection]) -> list[Month]:
    """Of every month that was produced, and those of which something is known; the latest first."""
    items = session.messages.partition("user_id", user_id)
    snapshots = {str(item["period"]): snapshot_of(Key(user_id, str(item["period"])), item) for item in items}
    there = {*snapshots, *(one.period for one in listed), *map(str, produced(session))}
    found = []
    for period in sorted(there, reverse=True):
        key = Key(user_id, period)
        reasons = [rejected(one) for one in listed if one.period == period]
        if period not in snapshots and not reasons:
            reasons = list(unsubscribed(session, key))
        found.append(Month(key, snapshots.get(period), reasons))
    return found


def _table(months: list[Month], *, reveal: bool) -> Table:
    table = Table(header_style="bold")
    for head in ("period", "status", "since (UTC)", "reason"):
        table.add_column(head, overflow="fold", no_wrap=head != "reason")
    for month in months:
        if month.snapshot:
            since = month.snapshot.since.removesuffix(" UTC")[:MINUTES]
            table.add_row(plain(month.key.period), month.snapshot.status, since, month.snapshot.reason(reveal=reveal))
        else:
            table.add_row(plain(month.key.period), "no message", "", "; ".join(month.reasons))
    return table
