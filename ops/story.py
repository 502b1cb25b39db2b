"""What happened to a message: when, what, by whom, and how long it took."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from ops.formatting import lasted
from ops.snapshot import history
from shared.outbox.transitions import PRODUCE, TRANSITIONS
from shared.store import Item
from shared.times import from_text

_BY = {"readmit": "operator", **{one.name: one.by for one in (PRODUCE, *TRANSITIONS)}}


@dataclass(frozen=True)
class Event:
    at: str
    """An instant, or what an item was edited into."""
    name: str
    by: str
    took: timedelta | None
    """Since the event before it; None: it is the first, or nobody can tell."""

    @property
    def after(self) -> str:
        return lasted(self.took) if self.took is not None else ""

    def for_scripts(self) -> dict[str, Any]:
        took_s = None if self.took is None else round(self.took.total_seconds(), 3)
        return {"at": self.at, "what": self.name, "by": self.by, "after_s": took_s}


def story(item: Item) -> list[Event]:
    """Of each kind of event the last time, the earliest first."""
    told = history(item)
    took = [None, *(_between(before, after) for (before, _), (after, _) in pairwise(told))]
    return [Event(at, name, _BY.get(name, ""), one) for (at, name), one in zip(told, took, strict=False)]


def instants(events: list[Event]) -> list[datetime]:
    """Those that can be read."""
    return [at for event in events if (at := _instant(event.at))]


def _between(before: str, after: str) -> timedelta | None:
    first, second = _instant(before), _instant(after)
    return second - first if first and second else None


def _instant(at: str) -> datetime | None:
    with suppress(ValueError):  # an item may have been edited into anything
        return from_text(at)
    return None
