"""How long mails took to be delivered, by a sample: the messages' histories tell, and no index has those that went well."""

from collections.abc import Iterator

from ops.parallel import each
from ops.report.facts import Delivered
from ops.session import Session
from shared.keys import Key
from shared.outbox.transitions import CONFIRM, MARK_DELIVERED, MARK_SENT
from shared.periods import Period
from shared.store import Item, TableKey
from shared.times import from_text

STARTS = 4
"""Places of the table from which pages are read. DynamoDB orders users by a hash, so each is as good as any."""
PAGES = 2
"""From each place: a megabyte each, and 256 read units (source: ddb-page). All of it costs less than a tenth of a cent."""
READ = ("user_id", "period", "history")


def delivery_times(session: Session, period: Period) -> Delivered | None:
    """None where no message of the sample tells."""
    starts: list[TableKey | None] = [None]
    starts += [{"user_id": f"sample-{number}", "period": str(period)} for number in range(1, STARTS)]
    pages = each(lambda start: list(_read(session, start)), starts)
    of_month = {item["user_id"]: item for page in pages for item in page if item["period"] == str(period)}
    seconds = [one for item in of_month.values() if (one := _seconds(item)) is not None]
    return Delivered(sorted(seconds)) if seconds else None


def _read(session: Session, start: TableKey | None) -> Iterator[Item]:
    for _ in range(PAGES):
        page = session.messages.scan(start, READ)
        yield from page.items
        if page.next is None:
            return
        start = {name: page.next[name] for name in Key._fields}


def _seconds(item: Item) -> float | None:
    """From the earliest word that SES took the mail, to the one that it was delivered."""
    history = item.get("history")
    if not isinstance(history, dict):
        return None
    try:
        accepted = [from_text(history[one.name]) for one in (MARK_SENT, CONFIRM) if one.name in history]
        delivered = from_text(history[MARK_DELIVERED.name])
        return max(0.0, (delivered - min(accepted)).total_seconds())
    except (KeyError, TypeError, ValueError):
        return None
