"""One look at a month: everything at once, in a few seconds and for under a cent."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from ops.errors import UnreadableError
from ops.month.alarms import alarms
from ops.month.campaign import campaign_view, waiting_for
from ops.month.counts import Told, counts, waiting_everywhere
from ops.month.curve import counted_since, curve, rate_now, step_of
from ops.month.held import held_groups
from ops.month.run import months_back, run_view
from ops.month.view import Curve, MonthView
from ops.session import Session
from shared.outbox.table_pin import Standing
from shared.pacing.campaign_state import campaign_state
from shared.pacing.control_item import KEY
from shared.periods import Period
from shared.store import Item
from shared.times import from_text

T = TypeVar("T")
AFTERWARDS = timedelta(hours=1)
"""So long after a month is settled its curve goes on: SES's last events come."""
BEFORE = timedelta(minutes=5)
"""So long before now a curve begins, at the latest: what went out in the last minutes is in it."""
MONTHS_BACK = 14


def look(session: Session, period: Period) -> MonthView:
    """The month as it is now. What AWS does not tell is named in `unread`. Raises StoreUnavailableError where the tables are
    unavailable.
    """
    now, record, control = session.clock(), session.runs.get(period), session.control.get(KEY)
    rate = campaign_state(control).pace.rate if control else 0.0
    unread = _Unread()
    with ThreadPoolExecutor() as pool:
        measured = pool.submit(unread.asking, "metrics", lambda: _curve(session, record, rate, now))
        ringing = pool.submit(unread.asking, "alarms", lambda: alarms(session))
        held = pool.submit(held_groups, session, period)
        everywhere = pool.submit(waiting_everywhere, session)
        pin = pool.submit(session.pin.look)
        counted = pool.submit(counts, session, period, record, _told(session, period, record, measured.result()))
    groups, read = held.result()
    found = measured.result()
    return MonthView(
        stage=session.name,
        period=period,
        at=now,
        run=run_view(record, now) if record else None,
        counts=counted.result(),
        campaign=campaign_view(control, now, rate_now(found, now) if found else None) if control else None,
        waiting=waiting_for(session, everywhere.result()),
        held=groups,
        held_read=read,
        alarms=ringing.result() or (),
        curve=found,
        foreign_table=pin.result().standing is Standing.FOREIGN,
        unread=unread.why,
    )


def latest_period(session: Session) -> Period:
    """The month that a person means who names none: the latest that has a run, else the last one that is over."""
    months = months_back(session.clock(), MONTHS_BACK)
    return next((one for one in months if session.runs.get(one)), months[1])


@dataclass
class _Unread:
    """What AWS did not tell, and why."""

    why: dict[str, str] = field(default_factory=dict)

    def asking(self, what: str, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except UnreadableError as error:
            self.why[what] = str(error)
            return None


def _curve(session: Session, record: Item | None, rate: float, now: datetime) -> Curve:
    """From the run's start to now, or until the month was over."""
    started_at, settled_at = (_instant(record or {}, name) for name in ("started_at", "settled_at"))
    end = min(now, settled_at + AFTERWARDS) if settled_at else now
    start = min(started_at or now, end - BEFORE)
    return curve(session.read, session.stage.name, start, end, rate, now)


def _instant(record: Item, name: str) -> datetime | None:
    """None also where somebody has edited it."""
    with suppress(KeyError, TypeError, ValueError):
        return from_text(record[name])
    return None


def _told(session: Session, period: Period, record: Item | None, found: Curve | None) -> Told | None:
    """None where the events may be of another month's mails: the metrics do not tell months apart."""
    others = [run.period for run in session.open_runs.all() if run.period != period]
    began = _instant(record or {}, "started_at")
    if found is None or began is None or others:
        return None
    first = step_of(found, began)  # the curve begins earlier
    return Told(
        counted_since(found, "mark_sent", first),
        lambda since: counted_since(found, "mark_delivered", since or first),
    )
