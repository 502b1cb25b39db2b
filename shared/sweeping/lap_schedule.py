"""When the next lap of the accounts begins: soon where that is cheap, and never later than a loss is to be seen."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from shared.producing.run import Run
from shared.sweeping.lap import Lap

SEEN_WITHIN = timedelta(hours=6)
"""From the loss of a message to the alarm, at most, while its month is open."""
SLACK = timedelta(minutes=10)
"""Sweeps come minutes apart, and one may be left out."""
UNITS_A_DAY = 100_000
"""Read units that laps may take before the six hours ask for one: a cent and a quarter."""


def gap(took: timedelta, units: float) -> timedelta:
    """From the begin of a lap that took so long, and so many read units, to that of the next.

    A message may be lost directly after it was read. Then the next lap finds it amiss, and a close look at that must end in
    time; half a lap more is left for what holds them up.
    """
    at_most = SEEN_WITHIN - SLACK - 2.5 * took
    return max(timedelta(), min(at_most, timedelta(days=units / UNITS_A_DAY)))


def is_due(last: Lap, runs: Sequence[Run], since: datetime, nothing_waits: Callable[[], bool], now: datetime) -> bool:
    """`runs`: the open ones, of which the first began at `since`. At a month's end a lap comes at once, so that it settles."""
    if last.doubtful or now >= max(last.begun, since) + gap(last.took, last.units):
        return True
    ended = any(run.completed and not last.counted_to_the_end(run) for run in runs)
    return ended and nothing_waits()
