"""How many messages of a month are in which status: in seconds, also where a million wait among fourteen months.

What waits is counted in the index `unfinished`, what did not go as it should in the index `outcome`; all others are the rest
of what was produced. DELIVERED and SENT are in no index: they are told apart by the sweeper's last whole count, and since
then by what SES's events were counted as.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from ops.month.view import Counts
from ops.parallel import each
from ops.session import Session
from shared.keys import SHARDS
from shared.outbox.outbox import INDEX, OUTCOME
from shared.outbox.states import EXCEPTIONAL, WAITING, Status
from shared.outbox.transitions import outcome
from shared.periods import Period
from shared.producing.run import expires_from, readable, run_of
from shared.store import Item
from shared.times import from_text

Since = Callable[[datetime | None], int | None]
"""How many mails SES's events called delivered since then, or since the run began; None: nobody can tell."""


def counts(session: Session, period: Period, run: Item | None, delivered_since: Since) -> Counts:
    """As they stand now. Of a month whose messages have begun to expire: as its accounts were settled."""
    if run is not None and readable(run) and _is_settled(run) and session.clock() >= expires_from(run):
        return _settled(run)
    waiting, exceptional = _counted(session, period)
    found, counted_at = _last_count(session, period, run)
    total = max(_produced(period, run), sum(found.values()), waiting + sum(exceptional.values()))
    well = total - waiting - sum(exceptional.values())
    told = delivered_since(counted_at)
    delivered = min(found.get(Status.DELIVERED, 0) + (told or 0), well)
    statuses = {**exceptional, Status.SENT: well - delivered, Status.DELIVERED: delivered}
    return Counts(total, waiting, {one: statuses[one] for one in Status if statuses.get(one)}, counted_at)


def waiting_everywhere(session: Session) -> int:
    """PENDING, CLAIMED and SENDING, of all months: they share the slots."""
    shards = (f"OPEN#{shard}" for shard in range(SHARDS))
    return sum(each(lambda shard: session.messages.count(INDEX, (INDEX, shard)), shards))


def _is_settled(run: Item) -> bool:
    """A run that is opened again keeps its old sums, and an older version kept none."""
    return "settled_at" in run and "settled_statuses" in run


def _settled(run: Item) -> Counts:
    found = {Status(name): number for name, number in run["settled_statuses"].items()}
    waiting = sum(found.pop(one, 0) for one in WAITING)
    return Counts(sum(found.values()) + waiting, waiting, found, from_text(run["settled_at"]))


def _counted(session: Session, period: Period) -> tuple[int, dict[Status, int]]:
    """What waits, and what did not go as it should; all partitions side by side."""
    of_month, listed = ("period", str(period)), sorted(EXCEPTIONAL)
    questions = [
        *(partial(session.messages.count, INDEX, (INDEX, f"OPEN#{shard}"), of_month) for shard in range(SHARDS)),
        *(partial(session.messages.count, OUTCOME, (OUTCOME, outcome(one, str(period)))) for one in listed),
    ]
    answers = list(each(lambda question: question(), questions))
    return sum(answers[:SHARDS]), dict(zip(listed, answers[SHARDS:], strict=True))


def _last_count(session: Session, period: Period, run: Item | None) -> tuple[Mapping[str, int], datetime | None]:
    """By status, and when; what the month was settled with, where the last count is of another table."""
    last = session.accounting.counted(period)
    if last is not None and last[0]:
        return last
    if run is not None and _is_settled(run):
        return run["settled_statuses"], from_text(run["settled_at"])
    return {}, None


def _produced(period: Period, run: Item | None) -> int:
    return run_of(period, run).expected if run is not None and readable(run) else 0
