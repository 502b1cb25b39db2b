"""Invocations that sleep while others run, as the platform runs them: each in a greenlet, one at a time.

What happens depends on the order of the times alone.
"""

from collections.abc import Callable
from datetime import timedelta

from greenlet import getcurrent, greenlet


class Invocation(greenlet):
    """What runs until it sleeps, and goes on when it is let."""

    def go_on(self) -> None:
        """Lets it run to its next sleep, or to its end. Raises what it ended in."""
        self.parent = getcurrent()
        self.switch()

    def give_way(self) -> None:
        """Called by itself: others run until it is let."""
        assert self.parent is not None
        self.parent.switch()


def start(work: Callable[[], object]) -> None:
    """Runs this in an invocation of its own, up to its first sleep."""
    Invocation(work).go_on()


def sleep(seconds: float, later: Callable[[timedelta, Callable[[], object]], None]) -> bool:
    """Lets others run for so long; False: this is no invocation, and nobody runs meanwhile. `later` sets a timer."""
    current = getcurrent()
    if not isinstance(current, Invocation):
        return False
    later(timedelta(seconds=seconds), current.go_on)
    current.give_way()
    return True
