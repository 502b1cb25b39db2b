"""Tables in memory that are metered as DynamoDB meters them, and stand for as many items as the month has."""

import math
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from bench.scale.meter import Meter
from ops.bill.units import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from shared.aws.dynamodb import INSERTS_PER_CALL
from shared.aws.dynamodb_wire import to_wire
from shared.store import WHOLE, Answer, Item, Page, TableKey, Walk, Write
from simulation.fakes.table import INDEXES, FakeTable, allowed
from simulation.fakes.wire import Wire
from simulation.item_size import size_of

PAGE_BYTES = 1_000_000
"""Of a scan or a query (source: ddb-page)."""
ENTRY_BYTES = 110
"""Of an index entry: its keys and the table's."""
Place = tuple[str, ...]


class MeteredTable(FakeTable):
    """Counts the units of its reads and writes. An index's entry fits in one (source: ddb-index-writes)."""

    def __init__(
        self, name: str, key: Place, clock: Callable[[], datetime], wire: Wire, meter: Meter,
        indexes: Mapping[str, tuple[str, str]] = INDEXES,
    ) -> None:  # fmt: skip
        super().__init__(name, key, clock, wire, indexes)
        self.meter = meter
        self.sizes: dict[Place, int] = {}

    def get(self, key: TableKey) -> Item | None:
        found = super().get(key)
        self.meter.read(
            f"{self._name}.GetItem", max(1, math.ceil(self.sizes.get(self._place(key), 0) / READ_UNIT_BYTES))
        )
        return found

    def get_many(self, keys: Sequence[TableKey]) -> list[Item]:
        """As of a moment ago, which costs half."""
        units = sum(max(1, math.ceil(self.sizes.get(self._place(key), 0) / READ_UNIT_BYTES)) for key in keys) / 2
        self.meter.read(f"{self._name}.BatchGetItem", units)
        return super().get_many(keys)

    def scan(self, after: TableKey | None, only: tuple[str, ...] = (), walk: Walk = WHOLE) -> Page:  # noqa: ARG002
        """A small table, which is walked as a whole: one page."""
        items = self._wire.call(f"{self._name}.Scan", self.items)
        self.meter.read(f"{self._name}.Scan", max(1, math.ceil(sum(self.sizes.values()) / READ_UNIT_BYTES)))
        return Page([{name: value for name, value in one.items() if not only or name in only} for one in items], None)

    def _update(self, write: Write) -> Answer:
        place = self._place(write.key)
        before, size = self._items.get(place, {}), self.sizes.get(place, 0)
        answer = super()._update(write)
        self._charge("UpdateItem", before, size, place)
        return answer

    def _insert(self, item: Item) -> bool:
        place = self._place(item)
        before, size = self._items.get(place, {}), self.sizes.get(place, 0)
        put = super()._insert(item)
        self._charge("BatchExecuteStatement", before, size, place)
        return put

    def _charge(self, operation: str, before: Item, size: int, place: Place) -> None:
        """A write that is refused costs as one that is not; an index is charged for what changes in it."""
        after = self._items.get(place, {})
        units = max(1, math.ceil(max(size, self.sizes.get(place, 0)) / WRITE_UNIT_BYTES))
        if after is not before:
            self._tell(f"{self._name}.{operation}")
            for keys in self._indexes.values():
                was, now = entry(before, keys), entry(after, keys)
                units += 0 if was == now else bool(was) + bool(now)
        self.meter.wrote(f"{self._name}.{operation}", units)

    def _tell(self, operation: str) -> None:
        """It has no stream."""

    def _keep(self, place: Place, item: Item) -> None:
        self._items[place] = item
        self.sizes[place] = size_of(item)


def entry(item: Item, keys: tuple[str, str]) -> tuple[str, ...]:
    """() where the index has none."""
    return (item[keys[0]], item[keys[1]]) if keys[0] in item and keys[1] in item else ()


class Outbox(MeteredTable):
    """The outbox: its stream hands on what is PENDING, its index is kept in order, and it has the months before this one."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        wire: Wire,
        meter: Meter,
        lanes: int,
        on_pending: Callable[[int], None],
        on_insert: Callable[[int], None],
    ) -> None:
        super().__init__("outbox", ("user_id", "period"), clock, wire, meter)
        self._on_pending, self._on_insert = on_pending, on_insert
        self.pending: list[deque[dict[str, Any]]] = [deque() for _ in range(lanes)]
        """What each lane of the stream mapping has still to bring; a message is always in the same one."""
        self.unfinished = 0
        self._filed: defaultdict[tuple[str, str], list[tuple[str, Place]]] = defaultdict(list)
        self._order: list[Place] = []
        self._position: dict[Place, int] = {}
        self._before: list[Item] = []
        self._streamed = 0

    def keep_months(self, pages: int, item: Item) -> None:
        """Months that are over: so many pages of a scan, each with this item for all that are in it."""
        self._before = [{**item, "user_id": f"~{number}"} for number in range(pages)]

    def _tell(self, operation: str) -> None:
        self.meter.changed(operation)

    def insert(self, items: list[Item]) -> list[bool]:
        calls = math.ceil(len(items) / INSERTS_PER_CALL)
        self.meter.counts.calls["outbox.BatchExecuteStatement"] += (calls - 1) * self.meter.weight  # type: ignore[assignment]
        put = super().insert(items)
        self._on_insert(len(items))
        return put

    def query(self, index: str, partition: tuple[str, str], up_to: tuple[str, str] | None = None) -> Iterator[Item]:
        after: tuple[str, Place] = ("", ())
        entries_a_page = max(1, int(PAGE_BYTES / ENTRY_BYTES / self.meter.weight))
        while True:
            take = partial(self._page, (index, partition[1]), after, up_to[1] if up_to else "~", entries_a_page)
            page = self._wire.call("outbox.Query", take)
            self._read_entries(len(page))
            yield from (dict(zip(self._key, place, strict=True)) for _, place in page)
            if len(page) < entries_a_page:
                return
            after = page[-1]

    def _page(self, filed: tuple[str, str], after: Any, up_to: str, most: int) -> list[tuple[str, Place]]:
        entries = self._filed[filed]
        first = bisect_right(entries, after)
        return entries[first : min(first + most, bisect_left(entries, (up_to + "~", ())))]

    def count(self, index: str, partition: tuple[str, str], only: tuple[str, str] | None = None) -> int:  # noqa: ARG002
        found = self._wire.call("outbox.Query", lambda: len(self._filed[index, partition[1]]))
        self._read_entries(found)
        return found

    def _read_entries(self, played: int) -> None:
        self.meter.read(
            "outbox.Query", max(1, math.ceil(played * self.meter.weight * ENTRY_BYTES / READ_UNIT_BYTES)) / 2
        )

    def has_entry(self, index: str, partition: tuple[str, str]) -> bool:
        found = self._wire.call("outbox.Query", lambda: bool(self._filed[index, partition[1]]))
        self._read_entries(found)
        return found

    def scan(self, after: TableKey | None, only: tuple[str, ...] = (), walk: Walk = WHOLE) -> Page:  # noqa: ARG002
        """The months before come first, a page each. What is n-th here is in segment n modulo their number."""
        start = 0 if after is None else self._at(after) + 1
        start += (walk.segment - start) % walk.segments
        page, read = self._wire.call("outbox.Scan", partial(self._walked, start, walk.segments))
        units = max(1, math.ceil(read / READ_UNIT_BYTES)) * (1 if walk.consistent else 0.5)
        self.meter.read("outbox.Scan", units)
        there = start + len(page) * walk.segments < len(self._before) + len(self._order)
        last = {name: page[-1][name] for name in self._key} if there else None
        return Page([item for item in page if not walk.arms or allowed(walk.arms, item)], last, units)

    def _walked(self, start: int, step: int) -> tuple[list[Item], float]:
        """A page, and the bytes that reading it takes."""
        if start < len(self._before):
            return [self._before[start]], PAGE_BYTES
        found, read = list[Item](), 0.0
        for number in range(start - len(self._before), len(self._order), step):
            item = self._items[self._order[number]]
            found.append(dict(item))
            read += self._weighs(item)
            if read >= PAGE_BYTES:
                break
        return found, read

    def _weighs(self, item: Item) -> float:
        return self.sizes[self._place(item)] * self.meter.weight

    def _at(self, key: TableKey) -> int:
        place = self._place(key)
        return int(place[0][1:]) if place[0].startswith("~") else len(self._before) + self._position[place]

    def _keep(self, place: Place, item: Item) -> None:
        before = self._items.get(place, {})
        super()._keep(place, item)
        if not before:
            self._position[place] = len(self._order)
            self._order.append(place)
        for index, keys in self._indexes.items():
            was, now = entry(before, keys), entry(item, keys)
            if was != now:
                self._file_anew(index, was, now, place)
        if item.get("status") == "PENDING" and item != before:
            self._stream(item)

    def _file_anew(self, index: str, was: tuple[str, ...], now: tuple[str, ...], place: Place) -> None:
        if was:
            entries = self._filed[index, was[0]]
            del entries[bisect_left(entries, (was[1], place))]
        if now:
            insort(self._filed[index, now[0]], (now[1], place))
        if index == "unfinished":
            self.unfinished += bool(now) - bool(was)

    def _stream(self, item: Item) -> None:
        self._streamed += 1
        lane = int(item["user_id"].rpartition("-")[2]) % len(self.pending)  # as even as where there are many
        change = {
            "SequenceNumber": f"{self._streamed:026d}",
            "ApproximateCreationDateTime": int(self._clock().timestamp()),
            "NewImage": to_wire(item),
        }
        self.pending[lane].append({"eventID": change["SequenceNumber"], "eventName": "MODIFY", "dynamodb": change})
        self._on_pending(lane)
