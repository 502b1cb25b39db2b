"""One look at a month: asks or reads the query's result, looks at every row, and at all that its mails depend on."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ops.bill.bill import Bill, expected, sending_of
from ops.doctor import examination
from ops.doctor.finding import Mark
from ops.errors import UnreadableError
from ops.mail.rendering import link_of_a_look
from ops.preflight.course import line_now
from ops.preflight.figures import Before, Figures, Known, Sending
from ops.preflight.mails import laid_out
from ops.preflight.progress import Watched
from ops.preflight.question import Answered, Question
from ops.preflight.stage import Month
from ops.preflight.tally import Tally
from shared.errors import MissingColumnError
from shared.producing.checks import NEVER_ACCEPTED, Findings
from shared.producing.pages import Pages
from shared.producing.run import lost

ENDLESS_MS = 1 << 40
"""A look has as much time as it takes."""


def look(month: Month, *, result: str, anew: bool, reveal: bool, silent: bool) -> Figures:
    """With neither `result` nor `anew` it reads what the month's run has asked, if it has. Raises RefusedError, UnreadableError,
    UsageQueryError, QueryCancelledError, AthenaUnavailableError, SendUnavailableError, StoreUnavailableError.
    """
    session, run = month.session, month.run
    stored = result or ("" if anew or run is None else run.query_id)
    question = Question(month.athena, month.kind.files, month.period, session.clock)
    expected_rows = session.runs.rows_of(month.period.previous)
    with ThreadPoolExecutor(2) as pool, Watched(session.console, expected_rows, silent=silent) as watched:
        examined = pool.submit(examination.examine, month.deployed)
        on_list = pool.submit(month.suppressed)
        answered = question.answered(stored, watched.waiting)
        watched.answered(answered)
        suppressed, why_unknown = on_list.result()
        tally = Tally(month.period, suppressed or frozenset())
        columns = _count(month, answered, tally, watched)
        account = [(group, one) for group, one in examined.result() if one.mark is not Mark.OK]
    findings = columns or _findings(month, tally)
    accepted = _accepted(month, answered, findings)
    known = _known(month, tally)
    page, no_mails = (None, "no row can become one") if columns else _mails(month, tally, reveal=reveal)
    sending, bill = _sending(month, known.fresh, answered, session.clock())
    return Figures(
        stage=session.name,
        period=month.period,
        at=session.clock(),
        state=run.state if run else "",
        answered=answered,
        checks=tally.checks,
        rejected=tally.rejected,
        to_suppressed=None if suppressed is None else tally.to_suppressed,
        suppression=why_unknown,
        known=known,
        before=_before(month),
        limits=month.limits,
        findings={word: reason for word, reason in findings.items() if word not in accepted},
        accepted=accepted,
        sending=sending,
        bill=bill,
        account=account,
        template=month.inspection.composer.template.name,
        mails=page,
        no_mails=no_mails,
    )


def _count(month: Month, answered: Answered, tally: Tally, watched: Watched) -> Findings:
    """Looks at every row. What stops the run at once, if anything does."""
    run = replace(month.or_new_run, query_id=answered.query_id)
    unsubscribed = month.session.unsubscribed().users()
    try:
        for page in Pages(month.athena, lambda: ENDLESS_MS).all(run):
            tally.count(month.inspection, page, unsubscribed)
            watched.counted(tally.checks.rows)
    except MissingColumnError as error:  # on the first page
        return {"columns": str(error)}
    return {}


def _findings(month: Month, tally: Tally) -> Findings:
    """What the run would find; with nothing that anybody has accepted left out."""
    restored = lost(month.or_new_run, month.session.pin.look().reconciled_at)
    return {**restored, **month.inspection.findings(month.period, tally.checks, next(iter(tally.first), None))}


def _accepted(month: Month, answered: Answered, findings: Findings) -> Sequence[str]:
    """The words that somebody has accepted of this very query."""
    run = month.run
    if run is None or run.query_id != answered.query_id:
        return ()
    return sorted(set(run.accepted) & set(findings) - NEVER_ACCEPTED)


def _known(month: Month, tally: Tally) -> Known:
    keys = list(dict.fromkeys(tally.keys))  # of rows out of order a user may come twice
    there = month.session.messages.get_many([key._asdict() for key in keys]) if keys else []
    produced = month.run.expected if month.run else 0
    return Known(len(keys), len(there), tally.checks.usable, produced)


def _before(month: Month) -> Before | None:
    """Of a month that was completed."""
    runs, period = month.session.runs, month.period.previous
    rows, record = runs.rows_of(period), runs.get(period) or {}
    if rows is None:
        return None
    messages = max(record.get("produced", 0), record.get("produced_before", 0))
    return Before(period, rows, messages, record.get("rejected", 0), record.get("unsubscribed", 0))


def _mails(month: Month, tally: Tally, *, reveal: bool) -> tuple[Path | None, str]:
    """The page; None and the reason if there is none."""
    if not tally.first:
        return None, "no row can become one"
    link = link_of_a_look(month.settings.unsubscribe)
    try:
        return laid_out(
            month.session.read, month.inspection.composer, tally.drawn(), month.period, link, reveal=reveal
        ), ""
    except UnreadableError as error:
        return None, str(error)


def _sending(month: Month, messages: int, answered: Answered, now: datetime) -> tuple[Sending, Bill]:
    state, (quota, used), headroom = month.session.campaign.begun(), month.quota, month.settings.headroom
    line = line_now(state, quota, headroom, used, now)
    pace, (due, unscheduled) = line.timetable.pace, month.scheduled(now)
    sending = Sending(
        rate=pace.rate,
        daily=pace.daily,
        used=int(used),
        by_hand=line.course(messages, max(now, month.period.ends_at)),
        by_schedule=line.course(messages, due) if due else None,
        unscheduled=unscheduled,
        halted=(state.halted(now) or "") if state else "",
    )
    as_deployed = replace(sending_of(month.deployed, None), rate=pace.rate, daily=pace.daily)
    return sending, expected(messages, as_deployed, answered.execution.scanned_bytes)
