"""What is held of a month, and why: grouped, so that one decision can be about many."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from ops.month.view import HeldGroup
from ops.session import Session
from ops.snapshot import snapshot_of
from shared.keys import Key
from shared.outbox.outbox import OUTCOME
from shared.outbox.states import HELD, Status
from shared.outbox.transitions import outcome
from shared.periods import Period

READ_AT_MOST = 1_000
"""Of each status: reading more would take longer than a look may."""


def held_groups(session: Session, period: Period) -> tuple[Sequence[HeldGroup], int]:
    """The groups, the largest first, and how many messages they are made of."""
    numbers, examples = Counter[tuple[Status, str]](), dict[tuple[Status, str], str]()
    for status in sorted(HELD):
        entries = session.messages.query(OUTCOME, (OUTCOME, outcome(status, str(period))))
        keys = [{name: entry[name] for name in Key._fields} for entry in islice(entries, READ_AT_MOST)]
        for item in session.messages.get_many(keys):
            snapshot = snapshot_of(Key(item["user_id"], item["period"]), item)
            if snapshot.status == status:  # the index may be a moment late
                group = (status, snapshot.reason())
                numbers[group] += 1
                examples.setdefault(group, snapshot.key.user_id)
    found = [HeldGroup(*group, number, examples[group]) for group, number in numbers.most_common()]
    return found, numbers.total()
