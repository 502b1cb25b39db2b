"""One message's story, for a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from ops.pages.tones import tone
from ops.snapshot import history
from shared.outbox.transitions import PRODUCE, TRANSITIONS
from shared.store import Item

_KNOWN = {one.name: one for one in (PRODUCE, *TRANSITIONS)}
_OTHERS = {"readmit": "operator"}
"""Who writes what is no transition."""


@dataclass(frozen=True)
class Event:
    at: str
    name: str
    by: str
    to: str
    """The status that it led to; "" where it stayed as it was."""
    tone: str


def story(item: Item) -> Sequence[Event]:
    """Of each kind of event the last time, the earliest first."""
    return [_event(at, name) for at, name in history(item)]


def _event(at: str, name: str) -> Event:
    known = _KNOWN.get(name)
    to = str(known.to) if known and known.to else ""
    return Event(at, name, known.by if known else _OTHERS.get(name, ""), to, tone(to))
