"""A DynamoDB table in memory, with its stream."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from threading import RLock
from typing import Any, TypeVar

from shared.aws.dynamodb_wire import to_wire
from shared.errors import InvalidMessageError
from shared.store import WHOLE, Answer, Item, Page, TableKey, Term, Walk, Write
from shared.times import Clock
from simulation.fakes.wire import Wire

T = TypeVar("T")
INDEXES = {"unfinished": ("unfinished", "due_at"), "outcome": ("outcome", "user_id")}
"""Those of the outbox: the name of each, its partition key and its sort key."""
ITEMS_A_PAGE = 3
"""Of a scan: few, so that tests see more than one."""


class FakeTable:
    """A `Store` in memory, atomic like DynamoDB, with the table's stream."""

    def __init__(
        self,
        name: str,
        key: tuple[str, ...],
        clock: Clock,
        wire: Wire,
        indexes: Mapping[str, tuple[str, str]] = INDEXES,
    ) -> None:
        self._name = name
        self._key = key
        self._indexes = indexes
        self._clock = clock
        self._wire = wire
        self._items: dict[tuple[str, ...], Item] = {}
        self._lock = RLock()
        self.table_id = f"the first {name}"
        self.stream: list[dict[str, Any]] = []
        """Records as a stream mapping hands them to Lambda, oldest first."""

    def get(self, key: TableKey) -> Item | None:
        return self._wire.call(f"{self._name}.GetItem", lambda: _copy(self._items.get(self._place(key))))

    def get_many(self, keys: Sequence[TableKey]) -> list[Item]:
        if not keys:
            return []
        if len({self._place(key) for key in keys}) < len(keys):  # source: ddb-batch-get
            raise InvalidMessageError("Provided list of item keys contains duplicates")
        found = (self._items.get(self._place(key)) for key in keys)
        return self._wire.call(
            f"{self._name}.BatchGetItem", lambda: [_copy(item) for item in found if item is not None]
        )

    def write(self, write: Write) -> Answer:
        return self._wire.call(f"{self._name}.UpdateItem", lambda: self._update(write))

    def insert(self, items: list[Item]) -> list[bool]:
        return self._wire.call(f"{self._name}.BatchExecuteStatement", lambda: [self._insert(item) for item in items])

    def query(self, index: str, partition: tuple[str, str], up_to: tuple[str, str] | None = None) -> Iterator[Item]:
        def carry_out() -> list[Item]:
            entries = [item for item in self._entries(index, partition) if not up_to or item[up_to[0]] <= up_to[1]]
            in_order = sorted(entries, key=lambda item: item[self._indexes[index][1]])
            return [{name: item[name] for name in self._key} for item in in_order]

        yield from self._wire.call(f"{self._name}.Query", carry_out)

    def partition(self, name: str, value: str) -> list[Item]:
        return self._wire.call(
            f"{self._name}.Query", lambda: [dict(item) for item in self._items.values() if item[name] == value]
        )

    def count(self, index: str, partition: tuple[str, str], only: tuple[str, str] | None = None) -> int:
        def carry_out() -> int:
            return sum(not only or item.get(only[0]) == only[1] for item in self._entries(index, partition))

        return self._wire.call(f"{self._name}.Query", carry_out)

    def id(self) -> str:
        return self._wire.call(f"{self._name}.DescribeTable", lambda: self.table_id)

    def has_entry(self, index: str, partition: tuple[str, str]) -> bool:
        return self._wire.call(f"{self._name}.Query", lambda: bool(self._entries(index, partition)))

    def scan(self, after: TableKey | None, only: tuple[str, ...] = (), walk: Walk = WHOLE) -> Page:
        def carry_out() -> Page:
            places = sorted(place for place in self._items if _segment(place, walk.segments) == walk.segment)
            left = [place for place in places if after is None or place > self._place(after)]
            here, more = left[:ITEMS_A_PAGE], left[ITEMS_A_PAGE:]
            last = dict(zip(self._key, here[-1], strict=True)) if more else None
            items = (_copy(self._items[place]) for place in here)
            given = (item for item in items if not walk.arms or allowed(walk.arms, item))
            units = max(1, len(here)) * (1 if walk.consistent else 0.5)
            return Page([{n: v for n, v in item.items() if not only or n in only} for item in given], last, units)

        return self._wire.call(f"{self._name}.Scan", carry_out)

    def items(self) -> list[Item]:
        """Everything, for a test to look at."""
        return [_copy(item) for item in self._items.values()]

    def put(self, item: Item) -> None:
        """As an operator does in the console: any item, over whatever is there."""
        with self._lock:
            self._keep(self._place(item), _copy(item))

    def remove(self, key: TableKey) -> None:
        """As DeleteItem: safe to repeat."""
        self._items.pop(self._place(key), None)

    def _entries(self, index: str, partition: tuple[str, str]) -> list[Item]:
        """Sparse: an item without one of the index's keys is not in it."""
        keys = set(self._indexes[index])
        keyed = (item for item in self._items.values() if keys <= item.keys())
        return [item for item in keyed if item[partition[0]] == partition[1]]

    def _place(self, item: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(item[name] for name in self._key)

    def _insert(self, item: Item) -> bool:
        with self._lock:
            place = self._place(item)
            if place in self._items:
                return False
            self._keep(place, _copy(item))
            return True

    def _update(self, write: Write) -> Answer:
        with self._lock:
            place = self._place(write.key)
            found = self._items.get(place)
            if write.arms and not allowed(write.arms, found or {}):
                return Answer(False, _copy(found))
            item: Item = _copy(found) if found is not None else dict(write.key)
            for name, value in write.sets.items():
                _put(item, name.split("."), _copy(value))
            for name, number in write.adds.items():
                if _kind(item.get(name, 0)) != _kind(number):
                    raise InvalidMessageError(f"ADD to {name}, which is no number")
                item[name] = item.get(name, 0) + number
            for name in write.removes:
                item.pop(name, None)
            self._keep(place, item)
            return Answer(True, _copy(item))

    def _keep(self, place: tuple[str, ...], item: Item) -> None:
        """Stores the item; an update that changes nothing writes no stream record."""
        before = self._items.get(place)
        self._items[place] = item
        if item != before:
            change = {
                "SequenceNumber": f"{len(self.stream) + 1:021d}",
                "ApproximateCreationDateTime": int(self._clock().timestamp()),  # the stream knows whole seconds
                "NewImage": to_wire(item),
            }
            event_name = "INSERT" if before is None else "MODIFY"
            self.stream.append({"eventID": change["SequenceNumber"], "eventName": event_name, "dynamodb": change})


def _copy(value: T) -> T:
    """A copy that shares nothing that can change: items are made of maps, lists and plain values."""
    if isinstance(value, dict):
        return {name: _copy(part) for name, part in value.items()}  # type: ignore[return-value]
    if isinstance(value, list):
        return [_copy(part) for part in value]  # type: ignore[return-value]
    return value


def _segment(place: tuple[str, ...], segments: int) -> int:
    """By the partition key: a partition is in one segment."""
    return zlib.crc32(place[0].encode()) % segments


def allowed(arms: Sequence[Sequence[Term]], item: Item) -> bool:
    return any(all(_holds(term, item) for term in arm) for arm in arms)


def _holds(term: Term, item: Item) -> bool:
    *maps, attribute = term.attribute.split(".")
    for name in maps:
        item = item.get(name, {})
    present = isinstance(item, dict) and attribute in item
    value: Any = item[attribute] if present else None
    match term.test:
        case "absent":
            return not present
        case "exists":
            return present
        case "differs":
            return not present or not _equal(value, term.value)
        case "equals":
            return present and _equal(value, term.value)
        case "in":
            return present and any(_equal(value, one) for one in term.value)
    if not present or _kind(value) != _kind(term.value):
        return False
    match term.test:
        case "at_least":
            return bool(value >= term.value)
        case "before" | "less":
            return bool(value < term.value)
    raise AssertionError(f"a term with the test {term.test!r} is not known here")


def _equal(one: Any, other: Any) -> bool:
    return _kind(one) == _kind(other) and bool(one == other)


def _kind(value: Any) -> str:
    """DynamoDB has one type of number and one of text, and compares nothing across types."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return type(value).__name__
    return "text" if isinstance(value, str) else "number"


def _put(item: Item, path: list[str], value: Any) -> None:
    for part in path[:-1]:
        if not isinstance(item.get(part), dict):
            raise InvalidMessageError(f"the document path {'.'.join(path)} is not in the item")
        item = item[part]
    item[path[-1]] = value
