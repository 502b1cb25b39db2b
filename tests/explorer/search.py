"""Schedules one after the other, each from its own seed, and a broken one shrunk to the few troubles that matter."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.explorer.month import Month, Verdict


@dataclass
class Tally:
    """What was tried."""

    schedules: int = 0
    invocations: int = 0
    mails: int = 0
    troubles: int = 0
    broken: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        self.schedules += 1
        self.invocations += verdict.invocations
        self.mails += verdict.mails
        self.troubles += len(verdict.troubles)
        self.broken += [verdict] if verdict.broken else []


def verdicts(seed: int, first: int = 0) -> Iterator[Verdict]:
    """One schedule after the other, for ever."""
    number = first
    while True:
        yield Month(f"{seed}.{number}").run()
        number += 1


def first_broken(seed: int, at_most: int) -> Verdict | None:
    """The first schedule that breaks a promise, of so many."""
    for _, verdict in zip(range(at_most), verdicts(seed), strict=False):
        if verdict.broken:
            return verdict
    return None


def explore(seed: int, seconds: float, on_each: Callable[[Tally], None] = lambda _: None) -> Tally:
    """Until the time is over, or a promise is broken."""
    tally, ends_at = Tally(), time.monotonic() + seconds
    for verdict in verdicts(seed):
        tally.add(verdict)
        on_each(tally)
        if verdict.broken or time.monotonic() >= ends_at:
            break
    return tally


def shrunk(verdict: Verdict, seconds: float, on_each: Callable[[int], None] = lambda _: None) -> Verdict:
    """The same schedule with as few of its troubles as still break the same promise of the same message: halves, quarters, and so
    on are left out. What was not tried for want of time stays in.
    """
    ends_at, part = time.monotonic() + seconds, max(1, len(verdict.troubles) // 2)
    while True:
        smaller = _without_a_part(verdict, part, ends_at)
        if smaller is not None:
            verdict = smaller
            part = min(part, max(1, len(verdict.troubles) // 2))
            on_each(len(verdict.troubles))
        elif part == 1 or time.monotonic() >= ends_at:
            return verdict
        else:
            part //= 2


def _without_a_part(verdict: Verdict, size: int, ends_at: float) -> Verdict | None:
    names = list(verdict.troubles)
    for first in range(0, len(names), size):
        if time.monotonic() >= ends_at:
            return None
        kept = frozenset(names[:first] + names[first + size :])
        again = Month(verdict.seed, kept).run()
        if _same(verdict, again) and len(again.troubles) < len(verdict.troubles):
            return again
    return None


def _same(one: Verdict, other: Verdict) -> bool:
    if one.broken is None or other.broken is None:
        return False
    return (one.broken.promise, one.broken.key) == (other.broken.promise, other.broken.key)
