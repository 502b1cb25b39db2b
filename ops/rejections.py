"""A user's rows that could not become a message, as the producer has listed them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ops.formatting import plain
from ops.privacy.bucket import REJECTED, rejected_of
from ops.session import Session


@dataclass(frozen=True)
class Rejection:
    period: str
    row: int | None
    """Its number among the query's rows, from 1."""
    column: str
    """The column that can't be used."""
    reason: str


def rejections(session: Session, user_id: str, period: str = "") -> Sequence[Rejection]:
    """Of one month, or of all that are still listed; a query that was asked anew lists its own. Raises ClientError,
    BotoCoreError.
    """
    bucket = session.bucket()
    found = []
    for key in bucket.keys(f"{REJECTED}{period}"):
        of_period = key.removeprefix(REJECTED).split("/")[0]
        found += [_rejection(of_period, row) for row in rejected_of(user_id, bucket.text(key))[0]]
    return list(dict.fromkeys(found))


def _rejection(period: str, row: dict[str, Any]) -> Rejection:
    number = row.get("row")
    shown = number if isinstance(number, int) else None
    return Rejection(period, shown, plain(row.get("column", "")), plain(row.get("reason", "")))
