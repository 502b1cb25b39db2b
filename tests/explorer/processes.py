"""Processes side by side in virtual time: each is one invocation of a function, or a person, with a clock of its own."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from greenlet import getcurrent, greenlet

from simulation.world import ProcessKilled


class Process(greenlet):
    """What runs until it waits, and goes on when its time has come."""

    def __init__(self, name: str, work: Callable[[], Any], skew: timedelta = timedelta()) -> None:
        super().__init__(self._run)
        self.name = name
        self.skew = skew
        """What its clock is wrong by."""
        self.doomed = False
        """It is killed as soon as it would go on."""
        self.deadline: datetime | None = None
        """When the platform gives it up."""
        self.calls = 0
        self.doing = ""
        """What its next request is, in words: the name of a transition."""
        self.about: tuple[str, str] | None = None
        """The message that its next request is about."""
        self.disturbed = False
        """Something has held it up: it may be late for what it has looked up."""
        self._work = work

    def _run(self) -> None:
        self._work()


class Processes:
    """Virtual time: who waits lets those go on who come first. What happens depends on the order of the times alone."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._timers: list[tuple[datetime, int, Callable[[], object]]] = []
        self._cancelled: set[int] = set()
        self._number = 0
        self._main = getcurrent()

    @property
    def current(self) -> Process | None:
        """The one whose turn it is; None: it is the platform itself."""
        here = getcurrent()
        return here if isinstance(here, Process) else None

    @property
    def next_at(self) -> datetime | None:
        """When the next thing happens."""
        while self._timers and self._timers[0][1] in self._cancelled:
            self._cancelled.discard(heapq.heappop(self._timers)[1])
        return self._timers[0][0] if self._timers else None

    def clock(self) -> datetime:
        """As the process that runs has it."""
        here = getcurrent()
        return self.now + here.skew if isinstance(here, Process) else self.now

    def true_clock(self) -> datetime:
        return self.now

    def at(self, when: datetime, happens: Callable[[], object]) -> int:
        """It happens then. It must not wait. Gives the number by which it can be cancelled."""
        self._number += 1
        heapq.heappush(self._timers, (max(when, self.now), self._number, happens))
        return self._number

    def cancel(self, number: int) -> None:
        """It does not happen, if it has not yet."""
        if any(number == waiting for _, waiting, _ in self._timers):
            self._cancelled.add(number)

    def start(self, process: Process, when: datetime | None = None) -> None:
        """Lets it begin, beside all others."""
        process.parent = self._main
        self.at(when or self.now, process.switch)

    def wait(self, seconds: float) -> None:
        """For the process that calls this, so much time goes by. Raises ProcessKilled if it was killed meanwhile."""
        process = self.current
        assert process is not None
        until = self.now + timedelta(seconds=max(seconds, 0.0))
        next_at = self.next_at
        if next_at is not None and next_at <= until:
            self.at(until, process.switch)
            self._main.switch()
        else:
            self.now = until
        if process.doomed:
            raise ProcessKilled(process.name)

    def sleep(self, seconds: float) -> None:
        """As the process has it: it asks for nothing less than no time."""
        self.wait(seconds)

    def suspend(self, at_latest: datetime | None = None) -> Callable[[], None]:
        """Gives what wakes the calling process, unless the latest time comes first; `park` then waits for it."""
        process = self.current
        assert process is not None
        timer, awake = 0, False

        def wake() -> None:
            nonlocal awake
            if not awake:
                awake = True
                self.cancel(timer)
                self.at(self.now, process.switch)

        if at_latest is not None:
            timer = self.at(at_latest, wake)
        return wake

    def park(self) -> None:
        """Waits to be woken. Raises ProcessKilled if it was killed meanwhile."""
        process = self.current
        assert process is not None
        self._main.switch()
        if process.doomed:
            raise ProcessKilled(process.name)

    def step(self) -> bool:
        """Lets the next thing happen; False if there is none. Raises what a process ended in."""
        if self.next_at is None:
            return False
        self.now, _, happens = heapq.heappop(self._timers)
        happens()
        return True
