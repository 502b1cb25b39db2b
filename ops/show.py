"""show: one message's story."""

from rich.table import Table

from ops.errors import RefusedError
from ops.formatting import masked, named, plain, when
from ops.session import Session
from ops.snapshot import Snapshot, history, snapshot_of
from shared.keys import Key
from shared.outbox.states import FINAL
from shared.outbox.transitions import PRODUCE, TRANSITIONS
from shared.store import Item

_BY = {"readmit": "operator", **{one.name: one.by for one in (PRODUCE, *TRANSITIONS)}}
_SHOWN = ("attempt", "fence", "send_at", "lease_expires_at", "due_at", "nudges", "send_fence", "ses_message_id",
          "template", "decided_by", "decision")  # fmt: skip
"""Attributes beside those that have lines of their own. What the mail says is the user's and the recipient's affair."""


def show(session: Session, key: Key, *, reveal: bool) -> int:
    """Raises RefusedError if there is no such message."""
    item = session.messages.get(key._asdict())
    if item is None:
        raise RefusedError(f"there is no message {named(key)}")
    session.say(named(key))
    session.console.print(_facts(snapshot_of(key, item), item, reveal=reveal))
    session.say("what happened, each kind's last time")
    session.console.print(_story(item))
    return 0


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
    table.add_row("message_id", f"{snapshot.key.message_id} (an execution of its own: this and -FENCE)")
    return table


def _email(item: Item, *, reveal: bool) -> str:
    email = item.get("email")
    if email is None and item.get("status") in FINAL:
        return "dropped, as the message is final"
    return plain(email or "", reveal=True) if reveal else masked(email or "")


def _story(item: Item) -> Table:
    table = Table(header_style="bold")
    for head in ("when", "what", "by"):
        table.add_column(head)
    for at, name in history(item):
        table.add_row(when(at), name, _BY.get(name, ""))
    return table
