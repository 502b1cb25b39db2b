"""Virtual time, in which processes run side by side: each in a greenlet, and one at a time.

What happens depends on the order of the times alone.
"""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta

from greenlet import getcurrent, greenlet


class Process(greenlet):
    """What runs until it gives way to others, and goes on when it is let."""

    def __init__(self, work: Callable[[], object], skew: timedelta = timedelta()) -> None:
        super().__init__(work)
        self.skew = skew
        """What its clock is wrong by."""

    def go_on(self) -> None:
        """Lets it run until it gives way, or to its end. Raises what it ended in."""
        self.parent = getcurrent()
        self.switch()

    def give_way(self) -> None:
        """Called by the process itself: others run until it is let go on."""
        assert self.parent is not None
        self.parent.switch()


def current_process() -> Process | None:
    """The process that calls this; None: the caller is none."""
    here = getcurrent()
    return here if isinstance(here, Process) else None


class VirtualTime:
    """What is to happen, in the order of its times; of those at the same time, what was planned first."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._events: list[tuple[datetime, int, Callable[[], object]]] = []
        self._cancelled: set[int] = set()
        self._number = 0

    @property
    def next_at(self) -> datetime | None:
        """When the next thing happens; None: there is none."""
        while self._events and self._events[0][1] in self._cancelled:
            self._cancelled.discard(heapq.heappop(self._events)[1])
        return self._events[0][0] if self._events else None

    def clock(self) -> datetime:
        """The time as the process that calls this has it."""
        process = current_process()
        return self.now + process.skew if process else self.now

    def true_clock(self) -> datetime:
        """The time without anybody's error."""
        return self.now

    def at(self, when: datetime, happens: Callable[[], object]) -> int:
        """It happens then. It must not wait: what waits is a process. Gives the number by which it can be cancelled."""
        self._number += 1
        heapq.heappush(self._events, (max(when, self.now), self._number, happens))
        return self._number

    def cancel(self, number: int) -> None:
        """It does not happen, if it has not yet."""
        self._cancelled.add(number)

    def elapse(self, duration: timedelta) -> None:
        """So much time passes for the caller. If it is a process, others that come first run meanwhile."""
        until, process, next_at = self.now + duration, current_process(), self.next_at
        if process is None or next_at is None or until < next_at:
            self.now = max(self.now, until)
            return
        self.at(until, process.go_on)
        process.give_way()

    def step(self) -> bool:
        """Lets the next thing happen; False: there is none. Raises what a process ended in."""
        if self.next_at is None:
            return False
        self.now, _, happens = heapq.heappop(self._events)
        happens()
        return True
