"""One month, from the first row to the settled account, and what AWS would bill for it."""

import math
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta

from bench.scale.meter import Counts, logged
from bench.scale.scenario import Scenario
from bench.scale.stack import MeteredStack
from bench.scale.table import PAGE_BYTES
from bench.scale.thinning import CHUNK, Thinning
from ops.bill.units import ITEM_BYTES
from shared.outbox.new_message import RETENTION
from shared.store import Item

PLAYED_AT_MOST = 5 * CHUNK
MONTHS_BEFORE = RETENTION // timedelta(days=365.25 / 12)
"""That are kept, each with as many messages."""
LASTS_AT_MOST = timedelta(days=90)
OVER: Item = {
    "period": "2026-09",
    "status": "DELIVERED",
    "message_id": "",
    "fence": 2,
    "attempt": 1,
    "template": "usage-1",
    "history": {"produce": "2026-10-01T06:00:00.000Z", "mark_delivered": "2026-10-01T06:10:00.000Z"},
}
"""A message of the months before."""


@dataclass(frozen=True)
class Month:
    """A month that was played."""

    thinning: Thinning
    counts: Counts
    """Without what the stack does anyway, sending or not."""
    takes: timedelta
    """From the first mail to the last."""
    accounted: timedelta
    """From the producer's start to the settled account."""
    refused: int
    """Requests of those played that SES refused."""
    remedies: Counter[str]
    """What the sweeper did for those played."""
    sweeps: int
    item_bytes: float
    """Of a message whose story is over."""
    statuses: Counter[str]


def played(
    scenario: Scenario,
    at_most: int = PLAYED_AT_MOST,
    on_progress: Callable[[float], None] = lambda _: None,
    months_before: int = MONTHS_BEFORE,
) -> Month:
    """The whole month; of more than so many users a part is played."""
    stack = MeteredStack(Thinning.of(scenario.users, at_most), scenario)
    with logged(stack.meter), stack.waiting():
        return _played(stack, months_before, on_progress)


def _played(stack: MeteredStack, months_before: int, on_progress: Callable[[float], None]) -> Month:
    users = stack.thinning.users
    stack.outbox_table.keep_months(math.ceil(months_before * users * ITEM_BYTES / PAGE_BYTES), OVER)
    idle = _idle_sweep(stack)
    before, sweeps, began = deepcopy(stack.meter.counts), stack.sweeps, stack.time.now
    stack.start_producer()
    stack.at(began, lambda: stack.sweep_on(lambda: _over(stack)))
    while stack.time.step():
        on_progress(stack.ses_client.accepted / stack.thinning.played)
        assert stack.time.now < began + LASTS_AT_MOST, "the month does not end"
    counts = stack.meter.counts.less(before, 1).less(idle, stack.sweeps - sweeps)
    return _month(stack, counts, stack.time.now - began, stack.sweeps - sweeps)


def _over(stack: MeteredStack) -> bool:
    return any("settled_at" in item for item in stack.control_table.items())


def _idle_sweep(stack: MeteredStack) -> Counts:
    """What a sweep costs where nothing is to be done: it is a part of the stack, whatever is sent."""
    costs = []
    for _ in range(2):
        before = deepcopy(stack.meter.counts)
        stack.at(stack.time.now, stack.sweep_now)
        while stack.time.step():
            pass
        costs.append(stack.meter.counts.less(before, 1))
    return costs[-1]


def _month(stack: MeteredStack, counts: Counts, accounted: timedelta, sweeps: int) -> Month:
    ses, items = stack.ses_client, stack.outbox_table.items()
    return Month(
        thinning=stack.thinning,
        counts=counts,
        takes=ses.last_at - ses.first_at,
        accounted=accounted,
        refused=ses.refused,
        remedies=stack.remedies,
        sweeps=sweeps,
        item_bytes=sum(stack.outbox_table.sizes.values()) / len(items),
        statuses=Counter(item["status"] for item in items),
    )
