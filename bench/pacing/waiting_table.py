"""A lean outbox of many messages that wait: its index is kept in order."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from bench.pacing.model import LeanTable
from shared.store import Item
from simulation.fakes.wire import Wire

ENTRIES_A_PAGE = 5_000
"""Of a query: 1 MB holds some more of the index's entries (source: DynamoDB developer guide)."""


class WaitingTable(LeanTable):
    """The same, for more messages than can be looked through for each query."""

    def __init__(
        self, clock: Callable[[], datetime], wire: Wire, lanes: int, on_pending: Callable[[int], None]
    ) -> None:
        super().__init__("outbox", ("user_id", "period"), clock, wire, lanes, on_pending)
        self._filed: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)

    def fill(self, items: Iterable[Item]) -> None:
        """Items that the stream has shown long ago, in the order of `due_at`."""
        for item in items:
            place = self._place(item)
            self._items[place] = item
            self._filed[item["unfinished"]].append((item["due_at"], place))

    def query(self, index: str, partition: tuple[str, str], up_to: tuple[str, str] | None = None) -> Iterator[Item]:  # noqa: ARG002
        after: tuple[str, tuple[str, ...]] = ("", ())
        while True:
            page = self._wire.call(
                f"{self._name}.Query", partial(self._page, partition[1], after, up_to[1] if up_to else "")
            )
            yield from (dict(zip(self._key, place, strict=True)) for _, place in page)
            if len(page) < ENTRIES_A_PAGE:
                return
            after = page[-1]

    def count(self, index: str, partition: tuple[str, str], only: tuple[str, str] | None = None) -> int:  # noqa: ARG002
        return self._wire.call(f"{self._name}.Query", lambda: len(self._filed[partition[1]]))

    def has_entry(self, index: str, partition: tuple[str, str]) -> bool:  # noqa: ARG002
        return self._wire.call(f"{self._name}.Query", lambda: bool(self._filed[partition[1]]))

    def _page(self, partition: str, after: Any, up_to: str) -> list[tuple[str, tuple[str, ...]]]:
        entries = self._filed[partition]
        page = islice(entries, bisect_right(entries, after), bisect_left(entries, (up_to + "~", ())))
        return list(islice(page, ENTRIES_A_PAGE))

    def _keep(self, place: tuple[str, ...], item: Item) -> None:
        before = self._items.get(place)
        super()._keep(place, item)
        if before is not None and "unfinished" in before:
            entries = self._filed[before["unfinished"]]
            del entries[bisect_left(entries, (before["due_at"], place))]
        if "unfinished" in item:
            insort(self._filed[item["unfinished"]], (item["due_at"], place))
