"""Virtual time in which many things happen side by side: whoever lets time pass gives way to those who come first.

Each runs in a greenlet, and one at a time: what happens depends on the order of the times alone.
"""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta

from greenlet import getcurrent, greenlet


class Actor(greenlet):
    """Something that goes on; while it waits, others do."""

    skew = timedelta()
    """What the clock of the process that it plays is wrong by."""


class Times:
    """What is to happen, in the order of its times."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._events: list[tuple[datetime, int, Callable[[], object]]] = []
        self._number = 0
        self._distributor = getcurrent()

    @property
    def actor(self) -> Actor | None:
        """The one whose turn it is; None: the caller is none."""
        current = getcurrent()
        return current if isinstance(current, Actor) else None

    def at(self, when: datetime, what: Callable[[], None]) -> None:
        """It happens then, beside whatever else goes on."""
        self._push(when, lambda: Actor(what).switch())

    def pass_ms(self, milliseconds: float) -> None:
        """For the one who calls this, so much time goes by."""
        until, actor = self.now + timedelta(milliseconds=milliseconds), self.actor
        if actor is None or not self._events or until < self._events[0][0]:
            self.now = max(self.now, until)
            return
        self._push(until, actor.switch)
        self._distributor.switch()

    def run(self, on_progress: Callable[[], None]) -> None:
        """Until nothing is left to happen. Raises what one of those who act raised."""
        self._distributor = getcurrent()
        while self._events:
            self.now, _, happens = heapq.heappop(self._events)
            happens()
            on_progress()

    def _push(self, when: datetime, happens: Callable[[], object]) -> None:
        self._number += 1
        heapq.heappush(self._events, (max(when, self.now), self._number, happens))
