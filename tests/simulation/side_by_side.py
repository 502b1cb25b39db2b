"""Invocations that sleep while others run, as the platform runs them: each in a thread, one at a time.

What happens depends on the order of the times alone.
"""

import threading
from collections.abc import Callable
from datetime import timedelta


class Invocation(threading.Thread):
    """What runs until it sleeps, and goes on when it is let."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._turn = threading.Semaphore(0)
        self._yielded = threading.Semaphore(0)
        self._error: BaseException | None = None

    def run(self) -> None:
        self._turn.acquire()
        try:
            self._work()
        except BaseException as error:
            self._error = error
        self._yielded.release()

    def go_on(self) -> None:
        """Lets it run to its next sleep, or to its end. Raises what it ended in."""
        self._turn.release()
        self._yielded.acquire()
        if self._error is not None:
            raise self._error

    def give_way(self) -> None:
        """Called in its own thread: others run until it is let."""
        self._yielded.release()
        self._turn.acquire()


def start(work: Callable[[], object]) -> None:
    """Runs this in an invocation of its own, up to its first sleep."""
    invocation = Invocation(work)
    invocation.start()
    invocation.go_on()


def sleep(seconds: float, later: Callable[[timedelta, Callable[[], object]], None]) -> bool:
    """Lets others run for so long; False: this is no invocation, and nobody runs meanwhile. `later` sets a timer."""
    current = threading.current_thread()
    if not isinstance(current, Invocation):
        return False
    later(timedelta(seconds=seconds), current.go_on)
    current.give_way()
    return True
