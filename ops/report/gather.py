"""Puts a report's facts together: from a look at the month, and from what else is cheap to read."""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from ops import diary
from ops.bill import prices
from ops.bill.bill import so_far, works_until
from ops.bill.units import Sending
from ops.diary import Noted
from ops.formatting import plain, when
from ops.month.produced import check_produced
from ops.month.view import MonthView
from ops.report.facts import Accounts, Facts, Sent
from ops.report.reasons import reasons_of
from ops.report.sample import delivery_times
from ops.session import Session
from shared.periods import Period
from shared.producing.run import expires_from, readable
from shared.store import Item
from shared.sweeping.accounting import KEY as ACCOUNTING
from shared.sweeping.lap import Lap
from shared.times import from_text, to_text

Look = Callable[[Session, Period], MonthView]
ACCEPTED = "mark_sent"


def facts_of(session: Session, period: Period, look: Look) -> Facts:
    """The month, beside the one before. Raises UnavailableError for one that never was; StoreUnavailableError."""
    view = look(session, period)
    if not view.counts.total:
        check_produced(session, period)
    last = look(session, period.previous)
    before = _facts(session, last) if last.counts.total else None
    return replace(_facts(session, view), before=before)


def _facts(session: Session, view: MonthView) -> Facts:
    record = session.runs.get(view.period) or {}
    expired = bool(record) and readable(record) and session.clock() >= expires_from(record)
    with ThreadPoolExecutor() as pool:
        bill = pool.submit(so_far, session, view)
        delivered = pool.submit(delivery_times, session, view.period)
        reasons = pool.submit(reasons_of, session, view.period, {} if expired else view.counts.statuses)
    return Facts(
        view=view,
        story=list(_story(record)),
        accounts=_accounts(session.control.get(ACCOUNTING), record),
        sent=_sent(view),
        delivered=delivered.result(),
        reasons=reasons.result(),
        decided=_decided(session, view),
        bill=bill.result(),
        expired=expired,
    )


def _story(record: Item) -> Iterator[str]:
    """Who let the month be produced, and as what."""
    if not record or not readable(record):
        return
    yield f"started by {_starter(str(record.get('started_by', 'somebody')))}, {when(record['started_at'])}"
    if "decided_by" in record:
        yield f"let on or opened again by {plain(record['decided_by'])}, {when(record.get('decided_at', ''))}"
    if record["accepted"]:
        yield f"accepted as it is: {', '.join(map(plain, record['accepted']))}"
    for word, reason in dict(record["stopped_for"]).items():
        yield f"stopped for {plain(word)}: {plain(reason)}"
    if "completed_at" in record:
        yield f"completed {when(record['completed_at'])}"
    if "closed_for" in record:
        yield f"closed by {plain(record['closed_for'])}"


def _starter(name: str) -> str:
    """Where nobody is named, the run has the number of the function's invocation."""
    return "the schedule, or an event without a name" if re.fullmatch(r"[0-9a-f-]{36}", name) else plain(name)


def _accounts(stored: Item | None, record: Item) -> Accounts:
    lap = Lap.of(stored)
    settled_at = record.get("settled_at")
    units = lap.units if lap.units and not lap.left else None
    return Accounts(
        from_text(lap.counted_at) if lap.counted_at else None,
        lap.unaccounted,
        from_text(settled_at) if settled_at else None,
        units,
        prices.READ_UNIT.of(units) if units else None,
    )


def _sent(view: MonthView) -> Sent | None:
    """From the first step in which SES took a mail to the last one."""
    counts = view.curve.counts.get(ACCEPTED, ()) if view.curve else ()
    busy = [number for number, count in enumerate(counts) if count]
    if view.curve is None or not busy:
        return None
    curve, last_at = view.curve, min(view.curve.start + (busy[-1] + 1) * view.curve.step, view.at)
    return Sent(curve.start + busy[0] * curve.step, last_at, curve.step, _at_the_pace(view))


def _at_the_pace(view: MonthView) -> timedelta | None:
    campaign = view.campaign
    if campaign is None or campaign.full_rate <= 0 or campaign.daily == 0:
        return None
    return Sending(campaign.full_rate, campaign.daily).takes(view.counts.accepted)


def _decided(session: Session, view: MonthView) -> Sequence[Noted]:
    """On this month's messages and run; and on the campaign, while it was this month's."""
    begun_at = (view.run.started_at if view.run else None) or view.period.ends_at
    first, last = to_text(begun_at), to_text(works_until(begun_at))
    noted = diary.entries(session, str(view.period))
    return [one for one in noted if one.period or first <= one.at <= last]
