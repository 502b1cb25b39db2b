"""What is held of a month, and why: grouped, so that one decision can be about many."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from ops.month.view import HeldGroup
from ops.parallel import each
from ops.session import Session
from ops.snapshot import snapshot_of
from shared.keys import Key
from shared.outbox.outbox import A_PAGE, OUTCOME
from shared.outbox.states import HELD, Status
from shared.outbox.transitions import outcome
from shared.periods import Period
from shared.store import Item

READ_AT_MOST = 1_000
"""Of each status: reading more would take longer than a look may."""


def held_groups(session: Session, period: Period) -> tuple[Sequence[HeldGroup], int]:
    """The groups, the largest first, and how many messages they are made of."""
    numbers, examples = Counter[tuple[Status, str]](), dict[tuple[Status, str], str]()
    for status in sorted(HELD):
        for item in _items(session, outcome(status, str(period))):
            snapshot = snapshot_of(Key(item["user_id"], item["period"]), item)
            if snapshot.status == status:  # the index may be a moment late
                group = (status, snapshot.reason())
                numbers[group] += 1
                examples.setdefault(group, snapshot.key.user_id)
    found = [HeldGroup(*group, number, examples[group]) for group, number in numbers.most_common()]
    return found, numbers.total()


def _items(session: Session, partition: str) -> Iterator[Item]:
    """Several requests at a time."""
    entries = islice(session.messages.query(OUTCOME, (OUTCOME, partition)), READ_AT_MOST)
    keys = [{name: entry[name] for name in Key._fields} for entry in entries]
    pages = [keys[first : first + A_PAGE] for first in range(0, len(keys), A_PAGE)]
    for items in each(session.messages.get_many, pages):
        yield from items
