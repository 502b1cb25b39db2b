"""rejected: whose rows of a month could not become a message, and why."""

import json
from collections.abc import Iterable
from itertools import islice

from rich.table import Table

from ops.formatting import counted, person
from ops.month.look import latest_period
from ops.month.produced import check_produced
from ops.rejections import Rejection, rejections_of
from ops.session import Session
from shared.periods import Period


def rejected(session: Session, asked: Period | None, limit: int | None, *, as_json: bool) -> int:
    """Those of the latest month, if none is named; of each no more than its reason. Raises UnavailableError for a month that was
    never produced.
    """
    period = asked or latest_period(session)
    check_produced(session, period)
    found = rejections_of(session, period)
    shown = list(islice(found, limit))
    if as_json:
        for user_id, one in shown:
            told = {
                "user_id": user_id,
                "period": one.period,
                "row": one.row,
                "column": one.column,
                "reason": one.reason,
            }
            print(json.dumps(told), file=session.console.file)
        return 0
    if shown:
        session.console.print(_table(shown))
    more = " at least" if next(found, None) is not None else ""
    session.say(f"{period}: {counted(len(shown), 'row')}{more} could not become a message" if shown else _none(period))
    return 0


def _none(period: Period) -> str:
    return f"{period}: no rejected row is listed. They are kept for 30 days"


def _table(shown: Iterable[tuple[str, Rejection]]) -> Table:
    table = Table(header_style="bold")
    for head in ("user", "row", "column", "reason"):
        table.add_column(head, overflow="fold", justify="right" if head == "row" else "left")
    for user_id, one in shown:
        table.add_row(person(user_id), "" if one.row is None else f"{one.row:,}", one.column, one.reason)
    return table
