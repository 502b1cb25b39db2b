"""How many messages of a month are in which status: in seconds, also where a million wait among fourteen months.

What waits is counted in the index `unfinished`, what did not go as it should in the index `outcome`; all others are the rest
of what was produced. DELIVERED and SENT are in no index: they are told apart by the sweeper's last whole count, and since
then by what SES's events were counted as.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ops.month.view import Counts
from ops.parallel import each
from ops.session import Session
from shared.keys import SHARDS
from shared.outbox.month import Questions, counted
from shared.outbox.outbox import INDEX
from shared.outbox.states import WAITING, Status
from shared.periods import Period
from shared.producing.run import RunState, expires_from, readable, run_of
from shared.store import Item
from shared.times import from_text


@dataclass(frozen=True)
class Told:
    """What the functions' metrics tell of this month's mails."""

    accepted: int
    """Mails that SES took since the run began."""
    delivered_since: Callable[[datetime | None], int]
    """Mails that SES's events called delivered since then, or since the run began."""


def counts(session: Session, period: Period, run: Item | None, told: Told | None) -> Counts:
    """As they stand now. Of a month whose messages have begun to expire: as its accounts were settled. `told`: None where
    the metrics may be of another month's mails, too.
    """
    if run is not None and readable(run) and _is_settled(run) and session.clock() >= expires_from(run):
        return _settled(run)
    waiting, exceptional = counted(session.messages, str(period), side_by_side)
    found, counted_at = _last_count(session, period, run)
    seen = waiting + sum(exceptional.values()) + _not_noted_yet(period, run, exceptional, told)
    total = max(_produced(period, run), sum(found.values()), seen)
    well = total - waiting - sum(exceptional.values())
    since = told.delivered_since(counted_at) if told else 0
    delivered = min(found.get(Status.DELIVERED, 0) + since, well)
    statuses = {**exceptional, Status.SENT: well - delivered, Status.DELIVERED: delivered}
    return Counts(total, waiting, {one: statuses[one] for one in Status if statuses.get(one)}, counted_at)


def waiting_everywhere(session: Session) -> int:
    """PENDING, CLAIMED and SENDING, of all months: they share the slots."""
    shards = (f"OPEN#{shard}" for shard in range(SHARDS))
    return sum(each(lambda shard: session.messages.count(INDEX, (INDEX, shard)), shards))


def side_by_side(questions: Questions) -> Iterable[int]:
    return each(lambda question: question(), questions)


def _is_settled(run: Item) -> bool:
    """A run that is opened again keeps its old sums, and an older version kept none."""
    return "settled_at" in run and "settled_statuses" in run


def _settled(run: Item) -> Counts:
    found = {Status(name): number for name, number in run["settled_statuses"].items()}
    waiting = sum(found.pop(one, 0) for one in WAITING)
    return Counts(sum(found.values()) + waiting, waiting, found, from_text(run["settled_at"]))


def _last_count(session: Session, period: Period, run: Item | None) -> tuple[Mapping[str, int], datetime | None]:
    """By status, and when; what the month was settled with, where the last count is of another table."""
    last = session.accounting.counted(period)
    if last is not None and last[0]:
        return last
    if run is not None and _is_settled(run):
        return run["settled_statuses"], from_text(run["settled_at"])
    return {}, None


def _not_noted_yet(period: Period, run: Item | None, exceptional: Mapping[Status, int], told: Told | None) -> int:
    """What went well while the month's first query is at work: the record has a page of it only when the page is done. Later,
    a message may have had several mails.
    """
    if told is None or run is None or not readable(run):
        return 0
    noted = run_of(period, run)
    if noted.state != RunState.RUNNING or noted.produced_before:
        return 0
    return max(
        0, told.accepted - sum(exceptional[one] for one in (Status.SUPPRESSED, Status.BOUNCED, Status.COMPLAINED))
    )


def _produced(period: Period, run: Item | None) -> int:
    return run_of(period, run).expected if run is not None and readable(run) else 0
