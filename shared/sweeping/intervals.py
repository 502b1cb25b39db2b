"""How often the sweeper comes, and after how long it does something."""

from datetime import timedelta

SWEEP_EVERY = timedelta(minutes=4)
"""As it is deployed by default (`sweepMinutes`)."""
BACK_WITHIN = timedelta(minutes=20)
"""A message whose stream record is lost is claimed after so long: stranded, the next sweep asks the stream, the one after it
knows.
"""
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
