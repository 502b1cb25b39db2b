"""A campaign in an office where others change it at the same time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from shared.pacing.campaign import Campaign
from shared.pacing.pace import Quota
from shared.pacing.plan import LEAD_US
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire

T = TypeVar("T")
SECOND = timedelta(seconds=1)
LEAD = timedelta(microseconds=LEAD_US)


class Office:
    """A campaign, its clock, its quota, and others that write between its read and its write."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, 6, tzinfo=UTC)
        self.quota = Quota(10, -1)
        self.reads = 0
        self.wire = Interfering(self)
        self.table = FakeTable("control", ("name",), lambda: self.now, self.wire)

    def campaign(self, headroom: float = 0.0) -> Campaign:
        return Campaign(self.table, lambda: self.now, self.read_quota, headroom)

    def read_quota(self) -> Quota:
        self.reads += 1
        return self.quota


class Interfering(Wire):
    """Lets another planner change the item right before a write, so many times."""

    def __init__(self, office: Office) -> None:
        self.change: Callable[[], object] = lambda: office.campaign().reserve(1)
        self.times = 0
        self.updates = 0
        self._busy = False

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        self.updates += operation == "control.UpdateItem"
        if operation == "control.UpdateItem" and self.times and not self._busy:
            self.times -= 1
            self._busy = True
            self.change()
            self._busy = False
        return carry_out()
