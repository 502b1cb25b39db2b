"""The outbox table, with a list of what was asked of it."""

from shared.store import Answer, Write
from shared.times import Clock
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire


class WatchedTable(FakeTable):
    """Remembers every write that the product made, in order, whether or not it arrived: the n-th one is the n-th
    UpdateItem on the wire.
    """

    def __init__(self, name: str, key: tuple[str, ...], clock: Clock, wire: Wire) -> None:
        super().__init__(name, key, clock, wire)
        self.requested: list[Write] = []

    def write(self, write: Write) -> Answer:
        self.requested.append(write)
        return super().write(write)
