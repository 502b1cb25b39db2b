"""show: one message's story, or all months of a user."""

import json
from typing import Any

from rich.table import Table

from ops.absence import why_none
from ops.errors import RefusedError
from ops.formatting import masked, named, plain, when
from ops.links import links
from ops.month.produced import check_produced
from ops.session import Session
from ops.snapshot import Snapshot, snapshot_of
from ops.story import Event, instants, story
from shared.keys import Key
from shared.outbox.states import FINAL
from shared.periods import Period
from shared.store import Item

_SHOWN = ("attempt", "fence", "execution", "send_at", "lease_expires_at", "due_at", "nudges", "send_fence", "ses_message_id",
          "template", "decided_by", "decision")  # fmt: skip
"""Attributes beside those that have lines of their own. What the mail says is the user's and the recipient's affair."""


def show(session: Session, key: Key, *, reveal: bool, as_json: bool) -> int:
    """Raises UnavailableError for a month that was never produced, RefusedError where nobody knows why there is no message."""
    item = session.messages.get(key._asdict())
    if item is None:
        return _absent(session, key, as_json=as_json)
    snapshot, events = snapshot_of(key, item), story(item)
    found = links(session.stage, key, item, instants(events))
    if as_json:
        told = {
            **snapshot.for_scripts(reveal=reveal),
            **_attributes(item),
            "story": [one.for_scripts() for one in events],
        }
        print(json.dumps({**told, "links": {one.name: one.address for one in found}}), file=session.console.file)
        return 0
    session.say(named(key))
    session.console.print(_facts(snapshot, item, reveal=reveal))
    session.say("what happened, each kind's last time")
    session.console.print(_story(events))
    for link in found:
        session.say(f"{link.name}: {link.address}")
    return 0


def _absent(session: Session, key: Key, *, as_json: bool) -> int:
    check_produced(session, Period.parse(key.period), f"there is no message {named(key)}")
    reasons = why_none(session, key)
    if not reasons:
        raise RefusedError(f"there is no message {named(key)}")
    if as_json:
        print(json.dumps(for_scripts(key, reasons)), file=session.console.file)
        return 0
    session.say(f"there is no message {named(key)}")
    for reason in reasons:
        session.say(f"  {reason}")
    return 0


def for_scripts(key: Key, reasons: list[str]) -> dict[str, Any]:
    """A message that there is not, in the shape of one."""
    return {**Snapshot(key, None, 0, None, "", None).for_scripts(), "reason": "; ".join(reasons)}


def _attributes(item: Item) -> dict[str, Any]:
    return {name: item[name] for name in _SHOWN if isinstance(item.get(name), str | int)}


def _facts(snapshot: Snapshot, item: Item, *, reveal: bool) -> Table:
    table = Table(show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("status", f"{snapshot.status} since {snapshot.since}")
    if reason := snapshot.reason(reveal=reveal):
        table.add_row("last_error", reason)
    table.add_row("email", _email(item, reveal=reveal))
    for name in _SHOWN:
        if name in item:
            table.add_row(name, when(plain(item[name])))
    table.add_row("message_id", snapshot.key.message_id)
    return table


def _email(item: Item, *, reveal: bool) -> str:
    email = item.get("email")
    if email is None and item.get("status") in FINAL:
        return "dropped, as the message is final"
    return plain(email or "", reveal=True) if reveal else masked(email or "")


def _story(events: list[Event]) -> Table:
    table = Table(header_style="bold")
    for head in ("when", "what", "by", "after"):
        table.add_column(head)
    for event in events:
        table.add_row(when(event.at), event.name, event.by, event.after)
    return table
