"""What goes wrong in one schedule: drawn for each place where something can, from the seed and the place's own name.

So a place keeps its trouble when another one's is left out, and a schedule can be shrunk to the few troubles that matter.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from shared.sweeping.intervals import SKEW

WITHIN_SKEW = SKEW.total_seconds() / 2
"""Clocks that are wrong by this much differ by what the product allows for. Beyond that only mails are counted, not seconds."""
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


class Fate(StrEnum):
    """What becomes of one AWS call, or of the process that makes it."""

    STALLED = "stalls before the request leaves"
    FROZEN = "is frozen before the request leaves, and its clock with it"
    ANSWERED_LATE = "stalls before it sees the answer"
    COPIED = "is answered; the network keeps a copy that arrives later"
    REPEATED = "loses the answer, and the SDK sends the request again"
    KILLED_BEFORE = "dies before the request leaves"
    KILLED_AFTER = "dies before the answer, the request was carried out"
    KILLED_MEANWHILE = "dies, the request still travels"
    UNREACHED = "is told that AWS is unavailable, the request never arrived"
    UNANSWERED = "is told that AWS is unavailable, the request was carried out"
    UNANSWERED_MEANWHILE = "is told that AWS is unavailable, the request still travels"
    UNFIT = "is refused for its clock or its credentials"
    STALE = "reads what was there a while ago"


AT_ONCE = (Fate.REPEATED, Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.UNREACHED, Fate.UNANSWERED, Fate.UNFIT)
UNTIL = ((0, ""), (0, ""), (1, ""), (2, ""), (3, ""), (1, "claim"), (1, "claim"), (1, "begin_send"), (1, "begin_send"))
"""Writes of the message that something lasts for, which are the moments at which it may matter; 0: for a time."""


@dataclass(frozen=True)
class Trouble:
    """One thing that goes wrong. What lasts ends after `seconds`, or once the message was written `writes` more times."""

    fate: Fate
    seconds: float = 0.0
    writes: int = 0
    of: str = ""
    """The transition that these writes are; "": any."""

    @property
    def lasts(self) -> str:
        until = f"until {self.writes} more {self.of or 'write'}(s) of the message, at most " if self.writes else "for "
        return f"{until}{in_words(self.seconds)}"

    def __str__(self) -> str:
        return str(self.fate) if self.fate in AT_ONCE else f"{self.fate} ({self.lasts})"


def in_words(seconds: float) -> str:
    for unit, name in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if seconds >= unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.1f} seconds"


ANSWERS = (
    "accepted, the answer lost", "lost on the way", "not reached", "throttled", "the day is spent", "paused", "rejected",
    "an error of SES, accepted", "an error of SES", "the signature has expired",
)  # fmt: skip


@dataclass(frozen=True)
class Mood:
    """What kind of schedule it is: how many messages, how fast, and what is likely to go wrong. Some kinds of trouble are left
    out of each, so that the others meet each other more often.
    """

    users: int
    months: int
    batch: int
    rate: float
    daily: float
    lasts: float
    """Seconds from the first production until everybody is left in peace."""
    calls: float
    """Share of the AWS calls that something happens to; around the ask it is more."""
    answers: float
    """Share of the asks that SES does not simply accept."""
    skew: float
    """Seconds that clocks are wrong by, at most."""
    wakes_late: float
    doubles: float
    """Share of the invocations that the platform makes twice, or refuses, or gives up."""
    stream_twice: float
    stream_lost: float
    events_lost: float
    events_twice: float
    sweeps_left_out: float
    sweeps_twice: float
    decisions: int
    by_hand: bool
    quota_changes: bool
    fates: tuple[Fate, ...]
    ses: tuple[str, ...]
    outcomes: float = 0.3
    """Share of the mails that may become something else than delivered."""

    @classmethod
    def of(cls, rng: random.Random) -> "Mood":
        users = rng.choice([1, 1, 1, 2, 2, 3, 4, 6])
        batch = rng.choice([1, 1, 1, 2, 3, 0, 25])
        rate = rng.choice([5.0, 14.0] if batch != 1 else [1.0, 2.0, 5.0, 14.0, 50.0])
        months = 2 if rng.random() < 0.06 else 1
        return cls(
            users=users,
            months=months,
            batch=batch,
            rate=rate,
            daily=rng.choice([-1.0, 2.0, 3.0, 6.0]) if rate <= 5.0 else -1.0,
            lasts=40 * DAY if months == 2 else rng.choice([*[30 * MINUTE, 2 * HOUR, 12 * HOUR] * 3, 3 * DAY, 31 * DAY]),
            calls=rng.choice([0.0, *[0.01, 0.03, 0.05, 0.08] * 2]),
            answers=rng.choice([0.0, *[0.1, 0.3, 0.5] * 2]),
            skew=rng.choice([*[0.0] * 6, *[WITHIN_SKEW] * 4, 30.0, 120.0]),
            wakes_late=rng.choice([0.0, 0.05, 0.3]),
            doubles=rng.choice([0.0, 0.02, 0.1]),
            stream_twice=rng.choice([0.0, 0.1, 0.3]),
            stream_lost=rng.choice([0.0, 0.0, 0.2]),
            events_lost=rng.choice([0.0, 0.2, 1.0]),
            events_twice=rng.choice([0.0, 0.3]),
            sweeps_left_out=rng.choice([0.0, 0.0, 0.5]),
            sweeps_twice=rng.choice([0.0, 0.2]),
            decisions=rng.choice([0, 2, 5, 9]),
            by_hand=rng.random() < 0.1,
            quota_changes=rng.random() < 0.1,
            fates=_some(list(Fate), rng),
            ses=_some(list(ANSWERS), rng),
        )


def _some(kinds: list[Any], rng: random.Random) -> tuple[Any, ...]:
    chosen = tuple(kind for kind in kinds if rng.random() < 0.5)
    return chosen or tuple(kinds)


@dataclass
class Chaos:
    """The troubles of one schedule. `only`: the names of those that happen; None: all."""

    seed: str
    only: frozenset[str] | None = None
    given: Mood | None = None
    """None: the seed's own."""
    over: bool = False
    """Everybody is left in peace."""
    happened: dict[str, str] = field(default_factory=dict)
    """The troubles so far, by name, in words."""

    def __post_init__(self) -> None:
        self._salt = self.seed.encode()
        self.mood = self.given or Mood.of(random.Random(self.seed))

    def share(self, place: str) -> float:
        """A number from 0 to 1 that is the place's own."""
        return int.from_bytes(blake2b(place.encode(), digest_size=7, key=self._salt[-64:]).digest()) / (1 << 56)

    def strikes(self, place: str, likely: float, what: str = "") -> random.Random | None:
        """Whether something goes wrong there; gives what its details are drawn from. `what` tells it, if that is known yet."""
        if self.over or self.share(place) >= likely:
            return None
        name = blake2b(place.encode(), digest_size=4, key=self._salt[-64:]).hexdigest()
        if self.only is not None and name not in self.only:
            return None
        self.happened[name] = f"{place}: {what}"
        return random.Random(f"{self.seed} {place}")

    def at_call(self, place: str, operation: str, weight: float) -> Trouble | None:
        """What happens at an AWS call."""
        rng = self.strikes(place, self.mood.calls * weight)
        if rng is None:
            return None
        trouble = _trouble(_fitting(self.mood.fates, operation), rng)
        self.explain(f"{place}: {operation}: {trouble}")
        return trouble

    def of_ses(self, place: str) -> str | None:
        """What SES answers, if it does not as its limits have it."""
        rng = self.strikes(place, self.mood.answers)
        if rng is None:
            return None
        answer = rng.choice([*self.mood.ses, "throttled", "throttled", "the day is spent"])
        self.explain(f"{place}: {answer}")
        return answer

    def explain(self, what: str) -> None:
        """What the last trouble is, in words."""
        self.happened[next(reversed(self.happened))] = what


def _fitting(fates: Sequence[Fate], operation: str) -> list[Fate]:
    """The kinds that can happen to this call."""
    never = set[Fate]()
    if operation == "ses.SendEmail":  # the send client's SDK repeats nothing, and nobody else does
        never = {Fate.COPIED, Fate.REPEATED, Fate.STALE}
    elif operation.startswith(("athena.", "s3.", "ses.", "lambda.")):
        never = {Fate.STALE, Fate.UNFIT, Fate.COPIED}
    elif not operation.endswith((".Query", ".BatchGetItem", ".Scan")):
        never = {Fate.STALE}
    elif Fate.STALE in fates:
        return [Fate.STALE, *(fate for fate in fates if fate not in never)]
    oftener = [fate for fate in fates if fate is Fate.COPIED and operation == "outbox.UpdateItem"] * 2
    return [*oftener, *(fate for fate in fates if fate not in never)] or [Fate.KILLED_AFTER]


def _trouble(fates: Sequence[Fate], rng: random.Random) -> Trouble:
    fate = rng.choice(fates)
    writes, of = rng.choice(UNTIL)
    if fate in (Fate.FROZEN, Fate.STALE):
        return Trouble(fate, rng.choice([0.5, 2.0, 20.0, 200.0]) * rng.uniform(0.5, 1.2))
    seconds = lasting(rng)
    return Trouble(fate, max(seconds, HOUR) if writes else seconds, writes, of)


def lasting(rng: random.Random) -> float:
    """From seconds to days."""
    scale = rng.choice([1.0, 5.0, 30.0, 150.0, 1_000.0, 2 * HOUR, DAY, 10 * DAY])
    return scale * rng.uniform(0.3, 1.7)
