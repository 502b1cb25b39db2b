"""A message: one outbox item, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.keys import Key
from shared.outbox import formats
from shared.outbox.attributes import Reader
from shared.outbox.states import FINAL, Status
from shared.outbox.transitions import PRODUCE
from shared.store import Item
from shared.times import from_text

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
    execution: str = ""
    """The name of the one that it was claimed for last; "": none, or by a release that did not note it."""
    send_token: str | None = None
    send_fence: int | None = None
    last_write: str | None = None
    history: Mapping[str, str] = field(default_factory=dict)
    unfinished: str = ""
    """Where that index has it."""
    outcome: str = ""
    """Where that index has it."""

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
    reader = Reader(item)
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
        execution=reader.optional_text("execution") or "",
        send_token=reader.optional_text("send_token"),
        send_fence=reader.number("send_fence", default=-1),
        last_write=reader.optional_text("last_write"),
        history=reader.instants("history"),
        unfinished=reader.optional_text("unfinished") or "",
        outcome=reader.optional_text("outcome") or "",
    )


def standing(item: Item) -> tuple[Status, bool]:
    """The status, and whether the producer has put it in: what every format has alike. Raises InvalidMessageError."""
    reader = Reader(item)
    return reader.status(), PRODUCE.name in reader.instants("history")


def ticket_of(item: Item) -> int:
    """The ticket of an item of whatever format; -1: it has none."""
    ticket = item.get("ticket")
    return ticket if isinstance(ticket, int) and not isinstance(ticket, bool) else -1


def asks_for_nothing(item: Item) -> bool:
    """Whether the write that the stream shows has only postponed the message."""
    return QUIET in item and item[QUIET] == item.get("last_write")
