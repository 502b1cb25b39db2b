"""The rows that could not become a message, as the producer has listed them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ops.formatting import plain
from ops.privacy.bucket import REJECTED, rejected_of
from ops.session import Session
from shared.periods import Period


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


def rejections_of(session: Session, period: Period) -> Iterator[tuple[str, Rejection]]:
    """Each of the month's, with its user's id as the query gave it; of the query that was asked last, in the order of its rows.
    Raises ClientError, BotoCoreError.
    """
    attempt = (session.runs.get(period) or {}).get("attempt", "")
    bucket = session.bucket()
    for key in bucket.keys(f"{REJECTED}{period}/{attempt}/"):
        for line in filter(None, bucket.text(key).split("\n")):  # a user_id may hold other separators
            row = json.loads(line)
            yield str(row.get("user_id") or ""), _rejection(str(period), row)


def _rejection(period: str, row: dict[str, Any]) -> Rejection:
    number = row.get("row")
    shown = number if isinstance(number, int) else None
    return Rejection(period, shown, plain(row.get("column", "")), plain(row.get("reason", "")))
