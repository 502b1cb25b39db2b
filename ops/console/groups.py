"""Held messages, by what holds them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ops.errors import RefusedError
from ops.selection import Selection, select
from ops.session import Session
from ops.snapshot import Snapshot
from shared.outbox.states import HELD, Status
from shared.periods import Period

READ = 2_000
"""So many are read for the page; each is a read of its own."""


@dataclass(frozen=True, order=True)
class Group:
    """Held messages of one month, with one status and reason."""

    period: str
    status: Status
    reason: str
    """As it is shown: addresses masked."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Group":
        """Raises RefusedError, InvalidPeriodError."""
        if given.get("status") not in set(HELD):
            raise RefusedError(f"{given.get('status')!r} is no status of a held message")
        return cls(str(Period.parse(given.get("period"))), Status(given["status"]), given.get("reason", ""))

    def holds(self, snapshot: Snapshot) -> bool:
        return self == group_of(snapshot)


@dataclass(frozen=True)
class Groups:
    """`read`: how many messages they are made of. `total`: how many are held."""

    numbers: Sequence[tuple[Group, int]]
    read: int
    total: int


def group_of(snapshot: Snapshot) -> Group:
    """Of a held one."""
    return Group(snapshot.key.period, Status(str(snapshot.status)), snapshot.reason())


def groups(session: Session) -> Groups:
    """Of every month; the largest first."""
    found = Counter(map(group_of, select(Selection(HELD, limit=READ), session.messages)))
    numbers = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return Groups(numbers, found.total(), session.outbox.held())


def members(session: Session, group: Group, at_most: int) -> list[Snapshot]:
    """At most so many of the group."""
    among = select(Selection(frozenset({group.status}), group.period), session.messages)
    return list(islice(filter(group.holds, among), at_most))
