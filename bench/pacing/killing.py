"""Virtual time in which processes die: all of a function's at once, as the shoot-out kills them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from simulation.virtual_time import Process, VirtualTime, current_process
from simulation.world import ProcessKilled


class KillingTime(VirtualTime):
    """Who is mortal when a kill comes raises ProcessKilled at that moment, whatever it waits for."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self._kills: list[datetime] = []
        self._mortal: set[Process] = set()

    def kill_at(self, when: datetime) -> None:
        self._kills.append(when)

    @contextmanager
    def mortal(self) -> Iterator[None]:
        """The process that calls this can be killed."""
        process = current_process()
        assert process is not None
        self._mortal.add(process)
        try:
            yield
        finally:
            self._mortal.discard(process)

    def elapse(self, duration: timedelta) -> None:
        killed_at = self._next_kill(self.now + duration) if current_process() in self._mortal else None
        if killed_at is None:
            super().elapse(duration)
            return
        super().elapse(killed_at - self.now)
        raise ProcessKilled("with all others")

    def _next_kill(self, until: datetime) -> datetime | None:
        return min((at for at in self._kills if self.now < at <= until), default=None)
