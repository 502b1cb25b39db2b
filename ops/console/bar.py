"""A month's progress as a bar: a part for each status, in the order of how good it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from ops.month.view import Counts
from ops.pages.tones import tone
from shared.outbox.states import Status

_ORDER = (
    Status.DELIVERED,
    Status.SENT,
    Status.COMPLAINED,
    Status.BOUNCED,
    Status.SUPPRESSED,
    Status.CANCELLED,
    Status.UNCERTAIN,
    Status.FAILED,
)
_SEEN = 0.4
"""In per cent of the width: a single message of a million is seen, too."""


@dataclass(frozen=True)
class Part:
    """`x` and `width` in per cent."""

    name: str
    number: int
    tone: str
    x: float
    width: float


def parts(counts: Counts) -> Sequence[Part]:
    """Of all messages; those that wait come last."""
    numbers = [(str(status), counts.statuses.get(status, 0), tone(status)) for status in _ORDER]
    numbers = [one for one in [*numbers, ("waiting", counts.waiting, "wait")] if one[1]]
    total = max(counts.total, sum(number for _, number, _ in numbers), 1)
    wide = [max(_SEEN, 100 * number / total) for _, number, _ in numbers]
    shrunk = [width * min(1, 100 / sum(wide)) for width in wide]
    starts = [sum(shrunk[:at]) for at in range(len(shrunk))]
    return [Part(*one, round(x, 3), round(width, 3)) for one, x, width in zip(numbers, starts, shrunk, strict=True)]
