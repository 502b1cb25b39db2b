"""Why messages did not go as they should, by the index that lists them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

from ops.formatting import plain
from ops.report.facts import Reasons
from ops.session import Session
from ops.snapshot import snapshot_of
from shared.keys import Key
from shared.outbox.outbox import OUTCOME
from shared.outbox.states import Status
from shared.outbox.transitions import outcome
from shared.periods import Period
from shared.store import Item

TOLD = (Status.BOUNCED, Status.COMPLAINED, Status.SUPPRESSED, Status.CANCELLED)
"""Why others are held, the look at the month tells."""
READ_AT_MOST = 2_000
"""Of each status: some hundred read units, and seconds."""
LISTED = 8


def reasons_of(session: Session, period: Period, statuses: Mapping[Status, int]) -> Sequence[Reasons]:
    """Of each status that messages came to."""
    return [_reasons(session, period, one, statuses[one]) for one in TOLD if statuses.get(one)]


def _reasons(session: Session, period: Period, status: Status, number: int) -> Reasons:
    entries = session.messages.query(OUTCOME, (OUTCOME, outcome(status, str(period))))
    keys = [{name: entry[name] for name in Key._fields} for entry in islice(entries, READ_AT_MOST)]
    found = Counter(_reason(item) for item in session.messages.get_many(keys) if item.get("status") == status)
    listed = found.most_common(LISTED)
    rest = found.total() - sum(count for _, count in listed)
    return Reasons(status, number, found.total(), [*listed, *([("other reasons", rest)] if rest else [])])


def _reason(item: Item) -> str:
    if item.get("status") == Status.CANCELLED:
        return plain(item.get("decision") or "no reason is kept")
    return snapshot_of(Key(item["user_id"], item["period"]), item).reason() or "no reason is kept"
