"""Conditional writes as data: made from the protocol's table here, rendered for DynamoDB in `dynamodb`, carried out
in memory in `fakes`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from shared.outbox.states import FINAL, Status
from shared.outbox.transitions import Arm, Guard, Transition, index_partition
from shared.times import to_text

OF_THE_UNFINISHED = ("unfinished", "due_at", "lease_expires_at")
"""Attributes that nobody needs of a final message. Without them an item stays under a kilobyte, which one write unit pays
for (source: DynamoDB developer guide, write capacity units).
"""

Item = dict[str, Any]
TableKey = Mapping[str, str]


@dataclass(frozen=True)
class Term:
    """One condition on one attribute, or on one inside a map ("history.claim"). `differs` also holds where it is absent."""

    attribute: str
    test: Literal["equals", "differs", "in", "before", "at_least", "less", "absent", "exists"]
    value: Any = None


@dataclass(frozen=True)
class Write:
    """One UpdateItem: allowed when all terms of any arm hold; an arm without terms always does.

    `sets` may name one attribute inside a map ("history.claim"). A write that may create its item has an arm without an
    "exists" or "equals" term; DynamoDB would make the item of any update whose condition holds for an absent one.
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
class Page:
    """Some items of a table; `next` is where to go on (None: these were the last)."""

    items: list[Item]
    next: dict[str, str] | None


class Store(Protocol):
    """One table. Raises StoreUnavailableError where an answer can't be had (the write may have been carried out all
    the same).
    """

    def get(self, key: TableKey) -> Item | None:
        """The item as it stands now (a consistent read)."""

    def get_many(self, keys: Sequence[TableKey]) -> list[Item]:
        """Those that are there, in any order; maybe not yet what was written a moment ago."""

    def write(self, write: Write) -> Answer: ...

    def insert(self, items: list[Item]) -> list[bool]:
        """Puts each item that has no namesake; for each, whether it was put. Other items never depend on one item's
        fate.
        """

    def query(self, index: str, partition: tuple[str, str], up_to: tuple[str, str]) -> Iterator[Item]:
        """Index entries of a partition whose sort key is at most the given one, in its order, read page by page."""

    def count(self, index: str, partition: tuple[str, str]) -> int:
        """How many index entries a partition has."""

    def scan(self, after: TableKey | None) -> Page:
        """The next page of the whole table, each item as it stands now. An item that is there all the time comes
        exactly once.
        """


@dataclass(frozen=True)
class Known:
    """What the writer knows, for the guards of the transition's arms to be checked against."""

    fence: int | None = None
    status: Status | None = None
    token: str | None = None
    cap: int | None = None
    last_write: str | None = None
    """The id of the newest write when the message was read; None: it had none."""


def write_of(
    transition: Transition,
    key: TableKey,
    shard: int,
    now: datetime,
    write_id: str,
    known: Known,
    sets: Mapping[str, Any],
) -> Write:
    """The one conditional write of a transition.

    `write_id` is new for each write and stays in the item as `last_write`: if the answer of a won write is lost, the
    SDK's own repetition fails its condition and finds its own id, so that the winner knows that it won.
    """
    at = to_text(now)
    changes: dict[str, Any] = {"last_write": write_id, **sets}
    if transition.to is not None:
        changes["status"] = transition.to.value
        changes[f"history.{transition.name}"] = at
    partition = index_partition(transition, shard, known.status)
    if partition:
        changes["unfinished"] = partition
        if transition.sources & FINAL:  # whoever was final has none, and without one the index does not show it
            changes["due_at"] = at
    adds = {"fence": 1} if transition.takes_fence else {}
    if transition.attempt:
        adds["attempt"] = transition.attempt
    elif transition.attempt is None:
        changes["attempt"] = 0
    arms = tuple(
        (_status_term(arm.sources), *(term for guard in arm.guards for term in _guard_terms(guard, known, at)))
        for arm in transition.arms
        if _checkable(arm, known)
    )
    if not arms:
        raise ValueError(f"{transition.name} can't be guarded by {known}")
    return Write(key, arms, changes, adds, removes=OF_THE_UNFINISHED if partition == "" else ())


def unrendered(fence: int | None) -> str:
    """The attribute that remembers that SES took this attempt's mail and did not send it."""
    return f"history.unrendered_{fence}"


def _status_term(sources: frozenset[Status]) -> Term:
    return Term("status", "in", tuple(sorted(status.value for status in sources)))


def _checkable(arm: Arm, known: Known) -> bool:
    """A writer takes only the ways in whose guards she can show: by fence before the ask, by token after it."""
    needs_token = Guard.TOKEN in arm.guards
    needs_fence = bool({Guard.FENCE, Guard.SEEN_FENCE, Guard.SEND_FENCE, Guard.NOT_UNRENDERED} & set(arm.guards))
    return (known.token is not None or not needs_token) and (known.fence is not None or not needs_fence)


def _guard_terms(guard: Guard, known: Known, now: str) -> tuple[Term, ...]:
    match guard:
        case Guard.FENCE | Guard.SEEN_FENCE:
            return (Term("fence", "equals", known.fence),)
        case Guard.SEEN_STATUS:
            return (Term("status", "equals", known.status),)
        case Guard.TOKEN:
            return (Term("send_token", "equals", known.token),)
        case Guard.LEASE_OVER:
            return (Term("lease_expires_at", "before", now),)
        case Guard.BELOW_CAP:
            return (Term("attempt", "less", known.cap),)
        case Guard.AT_CAP:
            return (Term("attempt", "at_least", known.cap),)
        case Guard.SEND_FENCE:
            return (Term("send_fence", "equals", known.fence),)
        case Guard.NOT_UNRENDERED:
            return (Term(unrendered(known.fence), "absent"),)
        case Guard.UNTOUCHED:
            return (_unless_written_since(known.last_write),)
        case Guard.UNADOPTED:
            return (Term("history", "absent"), Term("fence", "absent"))


def _unless_written_since(last_write: str | None) -> Term:
    return Term("last_write", "absent") if last_write is None else Term("last_write", "equals", last_write)
