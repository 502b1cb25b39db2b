"""How often the sweeper comes, and after how long it does something."""

from datetime import timedelta

SWEEP_EVERY = timedelta(minutes=4)
"""As it is deployed by default (`sweepMinutes`)."""
STRANDED_AFTER = timedelta(minutes=10)
"""A PENDING message that is this old and still not claimed may have lost its stream record. It is looked at again after
as long.
"""
FED_AFTER = timedelta(minutes=1)
"""So long after the end of a halt, no process is at work any more that saw it last."""
LONGEST_GAP = timedelta(hours=6)
LOOK_AGAIN = timedelta(minutes=5)
"""After its slot a message is looked at this often, until it is sent or its lease is over."""
SKEW = timedelta(seconds=5)
"""Clocks of two Lambdas differ by at most this much; a lease is over only after it."""


def answered_within(stranded_after: timedelta) -> timedelta:
    """What a probe takes at most through a stream that is not behind: seconds. Less than from one sweep to the next."""
    return stranded_after / 5


def next_sweep(stranded_after: timedelta) -> timedelta:
    """A message that is postponed by this much is due when the next sweep comes."""
    return stranded_after / 10


def back_within(sweep_every: timedelta) -> timedelta:
    """A message whose stream record is lost is claimed after so long: stranded, the next sweep asks the stream, and one that
    comes after the answer knows. Sweeps are two minutes late at most.
    """
    knows = max(sweep_every, answered_within(STRANDED_AFTER) + next_sweep(STRANDED_AFTER))
    return STRANDED_AFTER + sweep_every + knows + timedelta(minutes=2)


BACK_WITHIN = back_within(SWEEP_EVERY)
"""As it is deployed by default."""
