"""What a lap through the outbox has counted so far. Pure: messages in, sums out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from shared.outbox.states import HELD, WAITING, Status
from shared.store import Item


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


@dataclass
class Lap:
    """One walk through the outbox, as it is kept between two sweeps."""

    revision: int
    sums: dict[str, Sums]
    after: dict[str, str] | None = None
    """The key of the last item that was counted."""
    unread: int = 0
    """Items that are no messages."""
    redacts: dict[str, int] = field(default_factory=dict)
    """Periods whose final messages drop address and contents, and how many of each must keep them for now."""
    unaccounted: int = 0
    """What the lap before found."""
    ended_at: str | None = None
    counted: dict[str, dict[str, int]] = field(default_factory=dict)
    """By period, what the last whole lap has counted of each status, for people to see while another lap is under way."""
    counted_at: str = ""
    """When that lap ended; "": there was none yet."""

    @classmethod
    def of(cls, item: Item | None) -> "Lap":
        """The lap as it was kept. Before the first one, a lap that ended long ago."""
        if item is None:
            return cls(0, {}, ended_at="1970-01-01T00:00:00.000Z")
        sums = {period: Sums.of(counts) for period, counts in item["books"].items()}
        after = item["after"] or None
        ended_at, redacts = item["ended_at"] or None, dict(item.get("redacts", {}))
        return cls(
            revision=item["revision"],
            sums=sums,
            after=after,
            unread=item["unread"],
            redacts=redacts,
            unaccounted=item["unaccounted"],
            ended_at=ended_at,
            counted=dict(item.get("counted", {})),
            counted_at=item.get("counted_at", ""),
        )

    def to_attributes(self) -> dict[str, Any]:
        """As it is kept."""
        attributes = asdict(self)
        attributes["books"] = attributes.pop("sums")  # as deployed records name them
        return {**attributes, "after": self.after or {}, "ended_at": self.ended_at or ""}
