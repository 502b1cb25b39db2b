"""A message as it is made: by the producer, or completed by claim where a person has put it in by hand."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.keys import Key, shard_of
from shared.outbox import formats
from shared.outbox.states import Status
from shared.outbox.transitions import ADOPT, PRODUCE, Transition
from shared.store import Item
from shared.times import to_text

RETENTION = timedelta(days=180)
"""TTL of an item as deployed by default (ADR 43 D4)."""


_encoded = json.JSONEncoder(sort_keys=True).encode


def digest_of(email: str, data: Mapping[str, str], template: str, sender: str, reply_to: str) -> str:
    """Of what the mail says, to whom and from whom: it stays when these are gone (ADR 33)."""
    said = _encoded([email, data, template, sender, reply_to])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def new_item(
    key: Key,
    email: str,
    data: Mapping[str, str],
    template: str,
    sender: str,
    now: datetime,
    due_at: datetime,
    reply_to: str = "",
    retention: timedelta = RETENTION,
) -> Item:
    """A message as it is produced. What it says, to whom and from whom is fixed from here on (I5)."""
    made = {**_bookkeeping(key, template, sender, now, due_at, PRODUCE, reply_to, retention), "email": email}
    return {**made, "data": dict(data), "digest": digest_of(email, data, template, sender, reply_to)}


def adopted(
    key: Key,
    template: str,
    sender: str,
    now: datetime,
    due_at: datetime,
    reply_to: str = "",
    retention: timedelta = RETENTION,
) -> Item:
    """The attributes that a message put into the table by hand still lacks."""
    made = _bookkeeping(key, template, sender, now, due_at, ADOPT, reply_to, retention)
    return {name: value for name, value in made.items() if name not in ("user_id", "period", "status")}


def _bookkeeping(
    key: Key,
    template: str,
    sender: str,
    now: datetime,
    due_at: datetime,
    entry: Transition,
    reply_to: str,
    retention: timedelta,
) -> Item:
    message_id = key.message_id
    return {
        "user_id": key.user_id,
        "period": key.period,
        "message_id": message_id,
        formats.FORMAT: formats.WRITTEN,
        "status": Status.PENDING.value,
        "fence": 0,
        "attempt": 0,
        "template": template,
        "sender": sender,
        **({"reply_to": reply_to} if reply_to else {}),
        "unfinished": f"OPEN#{shard_of(message_id)}",
        "due_at": to_text(due_at),
        "history": {entry.name: to_text(now)},
        "expires_at": int((now + retention).timestamp()),
    }
