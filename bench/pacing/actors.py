"""Virtual time in which many things happen side by side: whoever lets time pass gives way to those who come first.

Each runs in a thread, and one at a time: what happens depends on the order of the times alone.
"""

import heapq
import threading
from collections.abc import Callable
from datetime import datetime, timedelta


class Actor(threading.Thread):
    """Runs one thing after the other; while it waits, others run."""

    def __init__(self, times: "Times") -> None:
        super().__init__(daemon=True)
        self._times = times
        self._turn = threading.Lock()
        self._turn.acquire()
        self.act: Callable[[], None] = lambda: None
        self.skew = timedelta()
        """What the clock of the process that it plays is wrong by."""
        self.start()

    def run(self) -> None:
        while True:
            self._turn.acquire()
            if self.act == self._times.end:
                self._times.give_back()
                return
            try:
                self.act()
            except BaseException as error:
                self._times.failed = error
            self.skew = timedelta()
            self._times.idle.append(self)
            self._times.give_back()

    def resume(self) -> None:
        """Called by the one who distributes turns: it goes on, until it waits or ends."""
        self._turn.release()
        self._times.await_turn()

    def pause(self) -> None:
        """Called by the actor itself."""
        self._times.give_back()
        self._turn.acquire()


class Times:
    """What is to happen, in the order of its times."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self.idle: list[Actor] = []
        self.failed: BaseException | None = None
        self.current: Actor | None = None
        self._turn = threading.Lock()
        self._turn.acquire()
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._number = 0

    def give_back(self) -> None:
        self._turn.release()

    def await_turn(self) -> None:
        self._turn.acquire()

    def at(self, when: datetime, what: Callable[[], None]) -> None:
        """It happens then, beside whatever else goes on."""
        self._push(when, lambda: self._begin(what))

    def pass_ms(self, milliseconds: float) -> None:
        """For the actor who calls this, so much time goes by."""
        until, actor = self.now + timedelta(milliseconds=milliseconds), self.current
        if actor is None or not self._events or until < self._events[0][0]:
            self.now = max(self.now, until)
            return
        self._push(until, lambda: self._resume(actor))
        actor.pause()

    def run(self, on_progress: Callable[[], None]) -> None:
        """Until nothing is left to happen. Raises what an actor raised."""
        while self._events:
            self.now, _, happens = heapq.heappop(self._events)
            happens()
            if self.failed:
                raise self.failed
            on_progress()
        for actor in self.idle:
            actor.act = self.end
            actor.resume()

    def end(self) -> None:
        """What an actor is given to do when nothing is left to do."""

    def _push(self, when: datetime, happens: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (max(when, self.now), self._number, happens))

    def _begin(self, what: Callable[[], None]) -> None:
        actor = self.idle.pop() if self.idle else Actor(self)
        actor.act = what
        self._resume(actor)

    def _resume(self, actor: Actor) -> None:
        self.current = actor
        actor.resume()
        self.current = None
