"""The port to a table: conditional writes as data. Rendered for DynamoDB in `aws.dynamodb`, carried out in memory in
`simulation.fakes.table`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Item = dict[str, Any]
TableKey = Mapping[str, str]


@dataclass(frozen=True)
class Term:
    """One condition on one attribute, or on one inside a map ("history.claim"). `differs` also holds for an absent one."""

    attribute: str
    test: Literal["equals", "differs", "in", "before", "at_least", "less", "absent", "exists"]
    value: Any = None


@dataclass(frozen=True)
class Write:
    """One UpdateItem: allowed when all terms of any arm hold; an arm without terms always does.

    `sets` may name an attribute inside a map ("history.claim"). A write creates an absent item if an arm holds for it:
    one without a term such as "exists" or "equals".
    """

    key: TableKey
    arms: tuple[tuple[Term, ...], ...] = ()
    sets: Mapping[str, Any] = field(default_factory=dict)
    adds: Mapping[str, int] = field(default_factory=dict)
    removes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """`item` is the item after a won write, or the one that stood in the way of a lost write (None: there is none)."""

    won: bool
    item: Item | None


@dataclass(frozen=True)
class Walk:
    """How a table is walked through."""

    segment: int = 0
    segments: int = 1
    """The table's parts, which may be read side by side. As long as their number is the same, so are the parts."""
    arms: tuple[tuple[Term, ...], ...] = ()
    """Only items are given for which all terms of any arm hold; the others are read, and paid for, all the same."""
    consistent: bool = True
    """Else a write of a moment ago may be missing, for half the price."""


WHOLE = Walk()


@dataclass(frozen=True)
class Page:
    """Some items of a table; `next` is where to go on (None: these were the last)."""

    items: list[Item]
    next: dict[str, str] | None
    units: float = field(default=0.0, compare=False)
    """Read units that were charged for it."""


class Store(Protocol):
    """One table. Raises StoreUnavailableError when the answer is unavailable; the write may have been carried out all
    the same.
    """

    def get(self, key: TableKey) -> Item | None:
        """The item as it stands now (a consistent read)."""

    def get_many(self, keys: Sequence[TableKey]) -> list[Item]:
        """The items that are there, in any order; a write of a moment ago may be missing."""

    def write(self, write: Write) -> Answer:
        """Carries the write out if it is allowed. Raises InvalidMessageError if DynamoDB calls it invalid."""

    def insert(self, items: list[Item]) -> list[bool]:
        """Puts each item whose key is free, whatever becomes of the others; for each, whether it was put."""

    def query(self, index: str, partition: tuple[str, str], up_to: tuple[str, str] | None = None) -> Iterator[Item]:
        """Index entries of a partition whose sort key is at most the given one, in its order, read page by page."""

    def has_entry(self, index: str, partition: tuple[str, str]) -> bool:
        """Whether a partition of an index has any entry; a write of a moment ago may be missing."""

    def partition(self, name: str, value: str) -> list[Item]:
        """Every item under a partition key, as it stands now."""

    def count(self, index: str, partition: tuple[str, str], only: tuple[str, str] | None = None) -> int:
        """The number of index entries of a partition; of those whose attribute has a value, if `only` names both."""

    def id(self) -> str:
        """The table's id. No other table ever has it, nor one that was restored from it or made under its name."""

    def scan(self, after: TableKey | None, only: tuple[str, ...] = (), walk: Walk = WHOLE) -> Page:
        """The next page of the whole table, each item as it stands now; of each the attributes `only`, if they are named. An
        item that is there all the time comes exactly once, in one segment.
        """
