"""A lap through the outbox: how far it has come, what it has counted so far, and what the last whole one has found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.producing.run import Run
from shared.store import Item
from shared.sweeping.sums import Sums
from shared.times import from_text

SEGMENTS = 8
"""Parts of the table that a lap reads side by side: what the sweeper's one CPU can count."""
WALK = ("begun_at", "segments", "left", "consistent", "settled", "over", "units")
"""Attributes that a release before segments does not know. It leaves them as they are, so they name the revision that they
belong to.
"""
LONG_AGO = "1970-01-01T00:00:00.000Z"


@dataclass
class Lap:
    """As it is kept between two sweeps. While nothing is `left`, it is the last whole lap."""

    revision: int
    begun_at: str = LONG_AGO
    segments: int = SEGMENTS
    """The same for all of the lap: with another number each of them would be another part of the table."""
    left: dict[str, dict[str, str]] = field(default_factory=dict)
    """By segment, those that are not counted to their end: the key of the last item that was ({}: none was)."""
    consistent: bool = False
    """It reads the messages as they stand now, for twice the price; else as they were a moment ago."""
    settled: list[str] = field(default_factory=list)
    """Periods that are not counted: of them only what looks odd is read."""
    over: list[str] = field(default_factory=list)
    """Periods that were completed, and of which nothing waited any more, when it began."""
    redacts: dict[str, int] = field(default_factory=dict)
    """Periods whose final messages drop address and contents, and how many of each must keep them for now."""
    sums: dict[str, Sums] = field(default_factory=dict)
    unread: int = 0
    """Items that are no messages."""
    units: float = 0.0
    """Read units that it was charged."""
    unaccounted: int = 0
    """What the last whole lap found that tells of the table as it stands; see `doubtful`."""
    counted: dict[str, dict[str, int]] = field(default_factory=dict)
    """By period, what the last whole lap has counted of each status, for people to see while another lap is under way."""
    counted_at: str = ""
    """When that lap ended; "": there was none yet."""

    @property
    def amiss(self) -> int:
        """Messages that it did not find or could not read."""
        return self.unread + sum(one.missing for one in self.sums.values())

    @property
    def doubtful(self) -> bool:
        """It found something amiss, and may have read what was there a moment before: another lap has to look closely."""
        ended = (self.sums[period] for period in self.over if period in self.sums)
        return not self.consistent and not self.left and (self.amiss > 0 or any(one.waiting for one in ended))

    @property
    def took(self) -> timedelta:
        """The last whole lap, from its begin to its end. Zero if there was none."""
        return (
            max(timedelta(), from_text(self.counted_at) - from_text(self.begun_at)) if self.counted_at else timedelta()
        )

    @property
    def begun(self) -> datetime:
        return from_text(self.begun_at)

    def counted_to_the_end(self, run: Run) -> bool:
        """Whether it began when everything that the run has produced was over."""
        sums = self.sums.get(str(run.period))
        return str(run.period) in self.over and sums is not None and sums.expected == run.expected

    @classmethod
    def of(cls, item: Item | None) -> "Lap":
        """The lap as it was kept. What a release has kept that knows no segments, or has written over them, is begun anew."""
        if item is None:
            return cls(0)
        known = {"unaccounted": item["unaccounted"], "counted": dict(item.get("counted", {}))}
        lap = cls(item["revision"], **known, counted_at=item.get("counted_at", ""))
        walk = item.get("walk", {})
        if walk.get("revision") != lap.revision:
            return lap
        for name in WALK:
            setattr(lap, name, walk[name])
        lap.sums = {period: Sums.of(counts) for period, counts in item["books"].items()}
        lap.redacts, lap.unread = dict(item["redacts"]), item["unread"]
        return lap

    def to_attributes(self) -> dict[str, Any]:
        """As it is kept. A release that knows no segments takes every lap for over: `after` and `ended_at` are for it."""
        attributes = asdict(self)
        walk: Mapping[str, Any] = {name: attributes.pop(name) for name in WALK}
        attributes["books"] = attributes.pop("sums")  # as deployed records name them
        older = {"after": {}, "ended_at": self.counted_at or LONG_AGO}
        return {**attributes, **older, "walk": {**walk, "revision": self.revision}}
