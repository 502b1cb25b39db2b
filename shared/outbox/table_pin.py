"""Which table the outbox is. The control table pins the id of the one that this stack has worked with; on any other one
nobody claims, sends or sweeps, until `onlyonce reconcile` (ADR 34).

A table that was restored or copied holds messages as they were: what is PENDING in it may have been mailed since.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from shared.errors import ForeignTableError, StoreUnavailableError
from shared.store import Item, Store, Term, Write
from shared.times import Clock, to_text

KEY = {"name": "outbox"}
"""Of the control item that has the pin."""
REMEMBERED = timedelta(minutes=1)
"""A process lives on while its table is deleted and restored under its name, which takes longer (source: ddb-restore-time)."""
TOUCHED = frozenset({"history", "fence"})
"""An item that has one of these was worked with, by this stack or by another."""


class Standing(Enum):
    """What the outbox is to this stack."""

    KNOWN = auto()
    """The table that the control table has pinned."""
    NEW = auto()
    """Nothing is pinned, and nobody has worked with the table yet."""
    FOREIGN = auto()
    """Another one than is pinned; or none is, and somebody has worked with it."""


@dataclass(frozen=True)
class Found:
    """The outbox and the pin, as they were looked at."""

    present: str
    """The id of the table that is there."""
    pinned: str | None
    """None: the control table has no pin."""
    touched: bool = False
    """Somebody has worked with the table. Looked at only where there is no pin."""
    reconciled_at: str = ""
    """When a restored table was last reconciled; "": never."""

    @property
    def standing(self) -> Standing:
        if self.pinned is None:
            return Standing.FOREIGN if self.touched else Standing.NEW
        return Standing.KNOWN if self.pinned == self.present else Standing.FOREIGN


class TablePin:
    """The pin of one process. Raises StoreUnavailableError."""

    def __init__(self, control: Store, outbox: Store, clock: Clock) -> None:
        self._control = control
        self._outbox = outbox
        self._clock = clock
        self._remembered: Found | None = None
        self._until = clock()

    def hold(self) -> Found:
        """The table is the one that this stack works with: a new one is, from now on. Raises ForeignTableError."""
        return self._recent() or self._judged(self._settled(self.look()))

    def check(self) -> None:
        """The same for who never meets a new table: there is nothing to send in it. Raises ForeignTableError."""
        if self._recent() is None:
            found = self._read()
            self._judged(found if found.pinned is not None else replace(found, touched=True))

    def look(self) -> Found:
        """How it stands. Changes nothing."""
        found = self._read()
        if found.pinned is None and self._touched():
            found = self._read()  # another process may have pinned it and begun in between
            return replace(found, touched=True)
        return found

    def move(self, found: Found, facts: Mapping[str, Any]) -> bool:
        """Pins the table that was found, with these facts. False if something else was pinned since."""
        as_seen = Term("table_id", "absent") if found.pinned is None else Term("table_id", "equals", found.pinned)
        sets = {"table_id": found.present, "pinned_at": to_text(self._clock()), **facts}
        answer = self._control.write(Write(KEY, ((as_seen,),), sets))
        return answer.won or sets.items() <= (answer.item or {}).items()

    def _settled(self, found: Found) -> Found:
        """A new table is pinned; of two processes at once both find one pin."""
        if found.standing is not Standing.NEW:
            return found
        self.move(found, {})
        return self._read()

    def _read(self) -> Found:
        item: Item = self._control.get(KEY) or {}
        return Found(self._outbox.id(), item.get("table_id"), reconciled_at=item.get("reconciled_at", ""))

    def _touched(self) -> bool:
        """By its first page: a restored table has worked-on items in it, and one that nobody has worked with has none at all."""
        return any(TOUCHED & item.keys() for item in self._outbox.scan(None).items)

    def _recent(self) -> Found | None:
        return self._remembered if self._clock() < self._until else None

    def _judged(self, found: Found) -> Found:
        if found.standing is Standing.FOREIGN:
            raise ForeignTableError(found.present, found.pinned)
        if found.standing is Standing.NEW:
            raise StoreUnavailableError("the table's pin was written and can't be read")
        self._remembered, self._until = found, self._clock() + REMEMBERED
        return found
