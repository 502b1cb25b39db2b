"""Why a user has no message of a month: rejected, skipped as they had unsubscribed, or not among the query's rows."""

from collections.abc import Iterator, Sequence

from ops.aws import asking
from ops.errors import RefusedError, UnreadableError
from ops.formatting import plain, when
from ops.mail.stored_result import NoResultError, stored_result
from ops.rejections import Rejection, rejections
from ops.session import Session
from shared.errors import OnlyonceError
from shared.keys import Key
from shared.periods import Period
from shared.store import Item
from shared.times import to_text


def why_none(session: Session, key: Key) -> list[str]:
    """Each reason that is known, for people; what can't be read is named. Empty: there is none."""
    listed, why_not = listed_of(session, key.user_id, key.period)
    found = [*map(rejected, listed), *unsubscribed(session, key)]
    return found or [*_by_the_result(session, key), *([why_not] if why_not else [])]


def listed_of(session: Session, user_id: str, period: str = "") -> tuple[Sequence[Rejection], str]:
    """The user's rejected rows, and why they can't be read, if so."""
    try:
        with asking():
            return rejections(session, user_id, period), ""
    except RefusedError as error:
        return (), f"the rejected rows can't be read: {plain(error)}"


def rejected(one: Rejection) -> str:
    row = f" {one.row}" if one.row is not None else ""
    return f"rejected: row{row} of the query, {one.column}: {one.reason}"


def unsubscribed(session: Session, key: Key) -> Iterator[str]:
    """If they were out when the month was produced."""
    record = session.unsubscribed().get(key.user_id)
    run = session.runs.get(Period.parse(key.period)) or {}
    produced_at = str(run.get("completed_at") or run.get("noted_at") or to_text(session.clock()))
    if record and _is_out(record, produced_at):
        yield f"unsubscribed since {when(record['at'])}, by {plain(record.get('by'))}: {plain(record.get('reason'))}"


def _is_out(record: Item, at: str) -> bool:
    return str(record.get("at", "9")) <= at and str(record.get("resubscribed_at", "9")) > at


def _by_the_result(session: Session, key: Key) -> Iterator[str]:
    try:
        if stored_result(session, Period.parse(key.period)).row_of(key.user_id) is None:
            yield "the month's query has no row of theirs"
        else:
            yield "the month's query has a row of theirs, of which no message was made yet"
    except (NoResultError, UnreadableError, OnlyonceError) as error:
        yield f"whether the month's query had a row of theirs nobody can tell: {plain(error)}"
