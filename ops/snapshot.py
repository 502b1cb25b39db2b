"""A message as a decision needs it, read from an item that may have been edited into anything."""

from dataclasses import dataclass
from typing import Any

from ops.formatting import masked, plain, when
from shared.errors import InvalidMessageError, NewerFormatError
from shared.keys import Key
from shared.outbox.message import from_item
from shared.outbox.transitions import ADOPT, TRANSITIONS
from shared.outbox.writes import UNRENDERED
from shared.store import Item, Store

_ORDER = {one.name: number for number, one in enumerate(TRANSITIONS, start=1)}
"""Of what happened in one millisecond: as the protocol has it."""
_NOTES = {one.name for one in TRANSITIONS if one.to is None and one is not ADOPT}
"""What the history tells beside how the message came to its status."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Small: a decision may be about hundreds of thousands."""

    key: Key
    status: str | None
    """None: there is no such message."""
    fence: int
    """The one that was read; the decision's write requires it."""
    changed_at: str | None
    last_error: str
    unreadable: str | None
    """Why the functions of this release can't read it; None: they can."""
    email: str = ""
    """"": it was dropped."""

    @property
    def since(self) -> str:
        """When its status last changed, for people."""
        return when(self.changed_at) if self.changed_at else "unknown"

    def reason(self, *, reveal: bool = False) -> str:
        """What went wrong last, or what is wrong with the item itself; one line, addresses masked."""
        wrong = f"can't be read: {self.unreadable}. " if self.unreadable else ""
        return plain(f"{wrong}{self.last_error}", reveal=reveal).strip()

    def address(self, *, reveal: bool = False) -> str:
        return plain(self.email, reveal=True) if reveal else masked(self.email)

    def for_scripts(self, *, reveal: bool = False) -> dict[str, Any]:
        """A message as `--json` writes it, whatever the command."""
        named = {**self.key._asdict(), "status": self.status, "since": self.changed_at}
        told = {"reason": self.reason(reveal=reveal), "email": self.address(reveal=reveal)}
        return {**named, **told, "message_id": self.key.message_id}


def snapshot_of(key: Key, item: Item | None) -> Snapshot:
    if item is None:
        return Snapshot(key, None, 0, None, "", None)
    try:
        fence, unreadable = from_item(item).fence, None
    except (InvalidMessageError, NewerFormatError) as error:
        fence, unreadable = 0, str(error)
    story = history(item)
    moved = [at for at, name in story if name not in _NOTES and not name.startswith(UNRENDERED)]
    changed_at = moved[-1] if moved else None
    last_error, email = str(item.get("last_error", "")), str(item.get("email", ""))
    return Snapshot(key, plain(item.get("status")), fence, changed_at, last_error, unreadable, email)


def history(item: Item) -> list[tuple[str, str]]:
    """Instant and transition, the earliest first; of each transition its last time only, as the item keeps it."""
    kept = item.get("history")
    entries = [(str(at), plain(name)) for name, at in kept.items()] if isinstance(kept, dict) else []
    return sorted(entries, key=lambda entry: (entry[0], _ORDER.get(entry[1], 0)))


def read(store: Store, key: Key) -> Snapshot:
    """The message as it stands now."""
    return snapshot_of(key, store.get(key._asdict()))
