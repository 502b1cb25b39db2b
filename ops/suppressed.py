"""suppressed: the addresses that SES keeps mails from, and which messages of a month go to one of them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from rich.table import Table

from ops.errors import RefusedError, UnreadableError
from ops.formatting import counted, masked, person, plain, when
from ops.month.produced import check_produced
from ops.questions import Ask, pages
from ops.selection import unfinished
from ops.session import Session
from ops.snapshot import Snapshot, snapshot_of
from shared.keys import Key
from shared.outbox.outbox import A_PAGE
from shared.periods import Period
from shared.times import to_text

_DENIED = ("AccessDeniedException", "AccessDenied")


@dataclass(frozen=True)
class Suppressed:
    """One address on the account's list, and why (source: ses-suppression-reasons)."""

    address: str
    reason: str
    since: str

    def facts(self, *, reveal: bool) -> dict[str, str]:
        address = plain(self.address, reveal=True) if reveal else masked(self.address)
        return {"email": address, "suppressed": self.reason, "suppressed_since": self.since}


def listed(session: Session, limit: int | None, *, as_json: bool, reveal: bool) -> int:
    """The account's list, as SES gives it; no further than to the limit. Raises RefusedError."""
    found = addresses(session.read)
    shown = list(islice(found, limit))
    _show(session, [one.facts(reveal=reveal) for one in shown], as_json=as_json)
    if not as_json:
        more = ", and there are more" if next(found, None) is not None else ""
        session.say(f"addresses shown: {len(shown):,}{more}" if shown else "SES keeps mails from nobody")
    return 0


def of_month(session: Session, period: Period, limit: int | None, *, as_json: bool, reveal: bool) -> int:
    """The messages of a month that are not final and go to an address on the list. Reads each once. Raises RefusedError,
    and UnavailableError for a month that was never produced.
    """
    by_address = {one.address.lower(): one for one in addresses(session.read)}
    found, total = [], 0
    for snapshot, email in _messages(session, period):
        total += 1
        if (entry := by_address.get(email.lower())) is not None:
            found.append({**_named(snapshot, as_json=as_json), **entry.facts(reveal=reveal)})
    if not total:
        check_produced(session, period)
    _show(session, found[:limit], as_json=as_json)
    if not as_json:
        session.say(f"{period}: {len(found):,} of {counted(total)} that are not final go to a suppressed address")
    return 0


def addresses(ask: Ask) -> Iterator[Suppressed]:
    """The account's list. Asks for a page when it is needed, once a second (source: ses-one-a-second). Raises RefusedError."""
    try:
        for one in pages(ask, "sesv2", "list_suppressed_destinations", "SuppressedDestinationSummaries"):
            yield Suppressed(one["EmailAddress"], one["Reason"], to_text(one["LastUpdateTime"]))
    except UnreadableError as error:
        if error.code in _DENIED:
            needed = "You need the permission ses:ListSuppressedDestinations"
            raise RefusedError(f"SES does not show you its suppression list. {needed}: {error}") from error
        raise RefusedError(f"SES's suppression list can't be read: {error}") from error


def _messages(session: Session, period: Period) -> Iterator[tuple[Snapshot, str]]:
    """What waits and what is held, and its address."""
    keys = (key for key in unfinished(("OPEN", "HELD"), session.messages) if key.period == str(period))
    while page := dict.fromkeys(islice(keys, A_PAGE)):  # one that moves while the index is read may come twice
        for item in session.messages.get_many([key._asdict() for key in page]):
            yield snapshot_of(Key(item["user_id"], item["period"]), item), str(item.get("email", ""))


def _named(snapshot: Snapshot, *, as_json: bool) -> dict[str, Any]:
    if as_json:
        return snapshot.for_scripts()
    return {"user": person(snapshot.key.user_id), "status": snapshot.status or ""}


def _show(session: Session, rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            print(json.dumps(row), file=session.console.file)
    elif rows:
        table = Table(header_style="bold")
        for head in rows[0]:
            table.add_column(head.replace("_", " "), overflow="fold")
        for row in rows:
            table.add_row(*(when(value) if name == "suppressed_since" else value for name, value in row.items()))
        session.console.print(table)
