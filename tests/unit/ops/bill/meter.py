"""What DynamoDB charges a table's reads and writes for, counted as its pages say."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import yaml

from ops.bill.units import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from shared.store import WHOLE, Answer, Item, Page, TableKey, Walk, Write
from simulation.item_size import size_of
from simulation.watched_table import WatchedTable
from simulation.world import World

TABLES = Path(__file__).parents[4] / "deploy/tables.yml"


@cache
def indexes() -> list[tuple[str, ...]]:
    """The keys of each index of the outbox, as it is deployed."""
    table = yaml.safe_load(TABLES.read_text())["Resources"]["OutboxTable"]["Properties"]
    return [tuple(key["AttributeName"] for key in one["KeySchema"]) for one in table["GlobalSecondaryIndexes"]]


class MeteredTable(WatchedTable):
    """Counts the units. Every index has keys alone, which fit in one (source: ddb-write-unit, ddb-index-writes)."""

    reads = 0.0
    writes = 0
    index_writes = 0

    def get(self, key: TableKey) -> Item | None:
        found = super().get(key)
        self.reads += math.ceil(size_of(found or {}) / READ_UNIT_BYTES) or 1
        return found

    def get_many(self, keys: Sequence[TableKey]) -> list[Item]:
        """As of a moment ago, which costs half; each item rounds up by itself (source: ddb-read-unit)."""
        found = super().get_many(keys)
        self.reads += sum(math.ceil(size_of(item) / READ_UNIT_BYTES) for item in found) / 2
        return found

    def scan(self, after: TableKey | None, only: tuple[str, ...] = (), walk: Walk = WHOLE) -> Page:
        """A page of 1 MB rounds up once, so what is read is charged as it is long."""
        read = super().scan(after, (), replace(walk, arms=()))
        units = sum(map(size_of, read.items)) / READ_UNIT_BYTES * (1 if walk.consistent else 0.5)
        self.reads += units
        return replace(super().scan(after, only, walk), units=units)

    def write(self, write: Write) -> Answer:
        before = self._now(write.key)
        answer = super().write(write)
        self._charge(before, self._now(write.key))
        return answer

    def insert(self, items: list[Item]) -> list[bool]:
        before = [self._now(item) for item in items]
        put = super().insert(items)
        for found, item in zip(before, items, strict=True):
            self._charge(found, self._now(item))
        return put

    def _now(self, key: TableKey) -> Item:
        found = self._items.get(self._place(key))
        return dict(found) if found else {}

    def _charge(self, before: Item, after: Item) -> None:
        """A write that is refused costs as one that is not; an index is charged for what changes in it."""
        self.writes += max(1, math.ceil(max(size_of(before), size_of(after)) / WRITE_UNIT_BYTES))
        for keys in indexes():
            was, now = (_entry(item, keys) for item in (before, after))
            if was != now:
                self.index_writes += bool(was) + bool(now)


def _entry(item: Item, keys: Sequence[str]) -> tuple[str, ...]:
    """() where the index has none."""
    return tuple(item[key] for key in keys) if set(keys) <= item.keys() else ()


def metered(world: World) -> MeteredTable:
    """The world's outbox, from now on metered."""
    table = MeteredTable("outbox", ("user_id", "period"), world.clock, world.wire)
    world.outbox_table = table
    return table
