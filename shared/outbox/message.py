"""A message: one outbox item, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.errors import InvalidMessageError
from shared.keys import Key
from shared.outbox import formats
from shared.outbox.states import FINAL, Status
from shared.outbox.transitions import PRODUCE, home, outcome
from shared.store import Item
from shared.times import from_text

PRIVATE = ("email", "data")
"""Attributes whose values no error may quote."""
QUIET = "quiet"
"""Holds the id of the last write that only postponed the message."""


@dataclass(frozen=True)
class Message:
    """What the handlers need of an item. Attributes that only people read (history, owner, …) stay in the item."""

    key: Key
    status: Status
    fence: int
    attempt: int
    email: str
    """"" where the message is final and nobody needs it any more, as with `data`."""
    template: str
    data: Mapping[str, str]
    sender: str = ""
    """The From address, with or without a name; "": the item is older than this attribute, and goes out from the deployed one."""
    reply_to: str = ""
    """Where answers go; "": to the sender."""
    send_at: datetime | None = None
    ticket: int = -1
    """Its place in the campaign's timetable; -1: none yet."""
    lease_expires_at: datetime | None = None
    due_at: datetime | None = None
    nudges: int = 0
    touched_at: datetime | None = None
    """When it was last nudged."""
    owner: str | None = None
    send_token: str | None = None
    send_fence: int | None = None
    last_write: str | None = None
    history: Mapping[str, str] = field(default_factory=dict)
    unfinished: str = ""
    """Where that index has it."""
    outcome: str = ""
    """Where that index has it."""

    @property
    def filed_under_its_status(self) -> bool:
        """Else no sweep, no alarm and no list would find it."""
        place = home(self.status, self.key.shard)
        listed = self.outcome == outcome(self.status, self.key.period)
        return listed and self.unfinished == place and (not place or self.due_at is not None)

    @property
    def names_somebody(self) -> bool:
        """It still has an address or contents."""
        return bool(self.email or self.data)

    @property
    def produced(self) -> bool:
        """Whether the producer has put it in, and not a person by hand."""
        return PRODUCE.name in self.history

    @property
    def changed_at(self) -> datetime | None:
        """When its status last changed."""
        return max((from_text(at) for at in self.history.values()), default=None)

    @property
    def streamed_at(self) -> datetime | None:
        """When it was last written in a way that the stream shows to `claim`."""
        return max((at for at in (self.changed_at, self.touched_at) if at is not None), default=None)


def from_item(item: Item) -> Message:
    """The item, checked. Raises NewerFormatError for one that a later release has made; InvalidMessageError naming the
    attribute that is wrong: items can be edited by hand.
    """
    formats.check(item)
    key = Key.of(item.get("user_id"), item.get("period"))
    reader = _Reader(item)
    status = reader.status()
    reader.number(formats.FORMAT, default=formats.FIRST)
    if status in (Status.CLAIMED, Status.SENDING):
        reader.text("lease_expires_at")  # without one it would be held for ever
    return Message(
        key=key,
        status=status,
        fence=reader.number("fence"),
        attempt=reader.number("attempt"),
        email=(reader.optional_text("email") or "") if status in FINAL else reader.text("email"),
        template=reader.text("template"),
        data=reader.texts("data") if status not in FINAL or "data" in item else {},
        sender=reader.optional_text("sender") or "",
        reply_to=reader.optional_text("reply_to") or "",
        send_at=reader.instant("send_at"),
        ticket=reader.number("ticket", default=-1),
        lease_expires_at=reader.instant("lease_expires_at"),
        due_at=reader.instant("due_at"),
        nudges=reader.number("nudges", default=0),
        touched_at=reader.instant("touched_at"),
        owner=reader.optional_text("owner"),
        send_token=reader.optional_text("send_token"),
        send_fence=reader.number("send_fence", default=-1),
        last_write=reader.optional_text("last_write"),
        history=reader.instants("history"),
        unfinished=reader.optional_text("unfinished") or "",
        outcome=reader.optional_text("outcome") or "",
    )


def standing(item: Item) -> tuple[Status, bool]:
    """The status, and whether the producer has put it in: what every format has alike. Raises InvalidMessageError."""
    reader = _Reader(item)
    return reader.status(), PRODUCE.name in reader.instants("history")


def ticket_of(item: Item) -> int:
    """The ticket of an item of whatever format; -1: it has none."""
    ticket = item.get("ticket")
    return ticket if isinstance(ticket, int) and not isinstance(ticket, bool) else -1


class _Reader:
    """Takes typed attributes out of an item that may have been edited by hand."""

    def __init__(self, item: Item) -> None:
        self._item = item

    def _wrong(self, name: str, wanted: str) -> InvalidMessageError:
        if name not in self._item:
            found = "nothing"
        else:
            found = type(self._item[name]).__name__ if name in PRIVATE else repr(self._item[name])[:80]
        return InvalidMessageError(f"attribute {name} should be {wanted}, found {found}", attribute=name)

    def status(self) -> Status:
        try:
            return Status(self._item.get("status", ""))
        except ValueError:
            raise self._wrong("status", f"one of {', '.join(Status)}") from None

    def number(self, name: str, default: int | None = None) -> int:
        value = self._item.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "a whole number")
        return value

    def text(self, name: str) -> str:
        value = self._item.get(name)
        if not isinstance(value, str) or not value:
            raise self._wrong(name, "a text")
        return value

    def optional_text(self, name: str) -> str | None:
        return self.text(name) if name in self._item else None

    def texts(self, name: str) -> dict[str, str]:
        value: Any = self._item.get(name)
        if not isinstance(value, dict) or not all(isinstance(part, str) for part in value.values()):
            raise self._wrong(name, "a map of texts")
        return value

    def instant(self, name: str) -> datetime | None:
        if name not in self._item:
            return None
        try:
            return from_text(self.text(name))
        except ValueError:
            raise self._wrong(name, "an instant such as 2026-11-01T06:00:00.000Z") from None

    def instants(self, name: str) -> dict[str, str]:
        texts = self.texts(name)
        try:
            for text in texts.values():
                from_text(text)
        except ValueError:
            raise self._wrong(name, "a map of instants such as 2026-11-01T06:00:00.000Z") from None
        return texts


def asks_for_nothing(item: Item) -> bool:
    """Whether the write that the stream shows has only postponed the message."""
    return QUIET in item and item[QUIET] == item.get("last_write")
