"""What a lap through the outbox counts of one period. Pure: messages in, sums out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from shared.outbox.states import HELD, WAITING, Status


@dataclass
class Sums:
    """One period: produced = final + waiting + held (I6). `adopted` ones were put in by hand and are in the sums, too."""

    expected: int = 0
    """Messages that the period's run had noted as produced when the lap began."""
    produced: int = 0
    adopted: int = 0
    waiting: int = 0
    held: int = 0
    final: int = 0
    unsubscribed: int = 0
    """Users whom the period's run has skipped: they have no message."""
    statuses: dict[str, int] = field(default_factory=dict)
    """The same messages by status."""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Sums":
        """As a lap has them, which may hold more."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: count for name, count in stored.items() if name in known})

    def count(self, status: Status, *, produced: bool) -> None:
        if produced:
            self.produced += 1
        else:
            self.adopted += 1
        self.statuses[status.value] = self.statuses.get(status.value, 0) + 1
        if status in WAITING:
            self.waiting += 1
        elif status in HELD:
            self.held += 1
        else:
            self.final += 1

    @property
    def missing(self) -> int:
        return max(0, self.expected - self.produced)

    @property
    def settled(self) -> bool:
        """All are there and nothing is left to do but what waits for an operator, of which another alarm tells."""
        return not self.missing and not self.waiting
