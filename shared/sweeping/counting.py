"""What a lap does with each message: it counts it, puts it where the index should have it, and drops what is kept too long."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from shared.errors import InvalidMessageError, LeaseLostError
from shared.outbox.filing import Filing, filing_of
from shared.outbox.outbox import Outbox
from shared.outbox.states import FINAL
from shared.store import Item, Page
from shared.sweeping.lap import Lap
from shared.sweeping.sums import Sums

EVER = datetime(9999, 12, 31, tzinfo=UTC)


class Told(Protocol):
    """What was done, for the sweep's report."""

    refiled: int
    redacted: int

    def note(self, finding: str) -> None: ...


class Counting:
    """Of one sweep's part of a lap."""

    def __init__(self, lap: Lap, told: Told, outbox: Outbox, final_since: datetime) -> None:
        """`final_since`: by then a message must have been final, to drop what it says."""
        self._lap = lap
        self._told = told
        self._outbox = outbox
        self._final_since = final_since

    def page(self, segment: str, page: Page, in_time: Callable[[], bool]) -> bool:
        """Counts a page. False if the time was over before its end: it may have thousands of messages to redact."""
        self._lap.units += page.units
        for item in page.items:
            redacted = self._told.redacted
            self._count(item)
            self._lap.left[segment] = {"user_id": item["user_id"], "period": item["period"]}
            if self._told.redacted > redacted and not in_time():
                return False
        if page.next is None:
            del self._lap.left[segment]
        else:
            self._lap.left[segment] = page.next
        return True

    def _count(self, item: Item) -> None:
        try:
            found = filing_of(item)
        except InvalidMessageError as error:
            self._lap.unread += 1
            if self._lap.consistent:
                self._told.note(f"{item.get('user_id')}/{item.get('period')} can't be read: {error}")
            return
        period = found.key.period
        if period not in self._lap.settled:
            self._lap.sums.setdefault(period, Sums()).count(found.status, produced=found.produced)
        if not found.newer:
            self._file(found)
            if period in self._lap.redacts and found.names_somebody:
                self._redact(found)

    def _file(self, found: Filing) -> None:
        if found.in_its_place:
            return
        try:
            self._outbox.refile(found)
            self._told.refiled += 1
        except LeaseLostError:
            pass  # it moved on since it was read, and its own write files it

    def _redact(self, found: Filing) -> None:
        """If it is final since long; else it is counted as one that the period has left."""
        try:
            if found.status in FINAL and (found.changed_at or EVER) <= self._final_since:
                self._outbox.redact(found)
                self._told.redacted += 1
                return
        except LeaseLostError:
            pass
        self._lap.redacts[found.key.period] += 1
