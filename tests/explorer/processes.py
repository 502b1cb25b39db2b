"""Processes side by side in virtual time: each is one invocation of a function, or a person, with a clock of its own."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from simulation import virtual_time
from simulation.virtual_time import VirtualTime, current_process
from simulation.world import ProcessKilled


class Process(virtual_time.Process):
    """One that can be killed while it waits, and says what it does."""

    def __init__(self, name: str, work: Callable[[], Any], skew: timedelta = timedelta()) -> None:
        super().__init__(work, skew)
        self.name = name
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


class Processes(VirtualTime):
    """The time in which they run."""

    @property
    def current(self) -> Process | None:
        """The process whose turn it is; None: it is the platform itself."""
        here = current_process()
        return here if isinstance(here, Process) else None

    def start(self, process: Process) -> None:
        """Lets it begin, beside all others."""
        self.at(self.now, process.go_on)

    def wait(self, seconds: float) -> None:
        """So much time passes for the process that calls this. Raises ProcessKilled if it was killed meanwhile."""
        process = self._running()
        self.elapse(timedelta(seconds=max(seconds, 0.0)))
        _die_if_doomed(process)

    def suspend(self, at_latest: datetime | None = None) -> Callable[[], None]:
        """Gives what wakes the calling process, unless the latest time comes first; `park` then waits for it."""
        process, timer, awake = self._running(), 0, False

        def wake() -> None:
            nonlocal awake
            if not awake:
                awake = True
                self.cancel(timer)
                self.at(self.now, process.go_on)

        if at_latest is not None:
            timer = self.at(at_latest, wake)
        return wake

    def park(self) -> None:
        """Waits to be woken. Raises ProcessKilled if it was killed meanwhile."""
        process = self._running()
        process.give_way()
        _die_if_doomed(process)

    def _running(self) -> Process:
        process = self.current
        assert process is not None
        return process


def _die_if_doomed(process: Process) -> None:
    if process.doomed:
        raise ProcessKilled(process.name)
