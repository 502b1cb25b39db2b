"""What can go wrong at one AWS call."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from simulation.fakes.wire import Wire
from simulation.outages import outage
from simulation.world import ProcessKilled

T = TypeVar("T")


class Kind(StrEnum):
    """Which process suffers what. Of a call that is carried out, AWS keeps what it did."""

    KILLED_BEFORE = "killed before"
    """The process dies; AWS never hears of the call."""
    KILLED_AFTER = "killed after"
    """AWS carries the call out; the process dies before the answer."""
    UNREACHED = "AWS not reached at"
    """The process lives and is told that AWS is unavailable; the call is not carried out."""
    UNANSWERED = "answer lost for good at"
    """The process lives and is told that AWS is unavailable; the call is carried out all the same."""


KILLS = (Kind.KILLED_BEFORE, Kind.KILLED_AFTER)


@dataclass(frozen=True)
class Disturbance:
    """What happens at the `call`-th AWS call of the day."""

    call: int
    kind: Kind


class DisturbingWire(Wire):
    """Counts the day's calls and disturbs where it was told to."""

    def __init__(self, *disturbances: Disturbance) -> None:
        self._kinds = {one.call: one.kind for one in disturbances}
        self.calls: list[str] = []

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        kind = self._kinds.get(len(self.calls))
        self.calls.append(operation)
        match kind:
            case Kind.KILLED_BEFORE:
                raise ProcessKilled(f"before {operation}")
            case Kind.UNREACHED:
                raise outage(operation, carried_out=False)
        try:
            return carry_out()
        finally:
            match kind:
                case Kind.KILLED_AFTER:
                    raise ProcessKilled(f"after {operation}")
                case Kind.UNANSWERED:
                    raise outage(operation, carried_out=True)
