"""producer: turns a month's usage, as Athena tells it, into one outbox message for each user.

In two passes over the stored result. The first looks at every row and writes nothing; what it finds wrong stops the run
until somebody accepts it. The second writes. Both go page by page and note after each how far they came, so that another
invocation goes on from there.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from shared import wiring
from shared.athena import Athena, ResultPage, Row, request_token
from shared.campaign import Campaign
from shared.checking import NEVER_ACCEPTED, Checks, Limits
from shared.errors import (
    FunctionStartError,
    InvalidMessageError,
    InvalidPeriodError,
    InvalidRowError,
    MissingColumnError,
    OutOfTimeError,
    RenderError,
    UsageQueryError,
)
from shared.functions import Functions
from shared.keys import Key
from shared.message import new_item
from shared.outbox import Outbox
from shared.periods import Period
from shared.reading import MARGIN_MS, Reader
from shared.recipients import usable_email
from shared.rejects import RejectedRow, Rejects
from shared.runs import Run, Runs
from shared.senders import Senders
from shared.settings import ProducerSettings
from shared.sweeping import STRANDED_AFTER
from shared.telemetry import Telemetry
from shared.template import check_variables
from shared.templates import Templates
from shared.times import Clock, from_text, utc_now
from shared.usage import COLUMNS, template_data
from shared.writes import Item

QUERY = Path(__file__).resolve().parents[1] / "queries" / "monthly_usage.sql"
WAIT_S = 30.0
"""Between two signs of life while Athena works."""


@dataclass(frozen=True)
class Deps:
    outbox: Outbox
    runs: Runs
    campaign: Campaign
    templates: Templates
    senders: Senders
    athena: Athena
    rejects: Rejects
    functions: Functions
    telemetry: Telemetry
    clock: Clock
    template: str
    time_zone: str
    limits: Limits
    preferences_url: str
    """Where a recipient changes what she gets; "" leaves the line out of the mail."""
    stranded_after: timedelta = STRANDED_AFTER


def handle(event: dict[str, Any], deps: Deps, request_id: str, remaining_ms: Callable[[], int]) -> dict[str, Any]:
    """Produces the event's period: {"period": "2026-10"}, or the month before {"scheduled_time":
    "2026-11-01T06:00:00Z"}. With "accept": ["fewer", …] a stopped run goes on; with "again": true Athena is asked anew.

    May be killed at any point and started again: it asks Athena the same question under the same token, and a user
    who has her message keeps exactly that one. Raises InvalidPeriodError, UsageQueryError, RunTakenOverError.
    """
    period = _period(event, deps.time_zone)
    run = deps.runs.begin(period, request_id, event.get("accept") or (), again=bool(event.get("again")))
    if run.state != "RUNNING":
        deps.telemetry.count("produce_closed", period=str(period), state=run.state)
        return _report(replace(run, fresh=0), deps)
    reader = Reader(deps.athena, deps.runs, remaining_ms)
    try:
        run = _asked(run, deps, reader)
        if run.phase == "check":
            run = _checked(run, deps, reader)
        if run.phase == "write":
            run = _written(run, deps, reader)
    except UsageQueryError:
        deps.runs.ask_anew(run)
        raise
    except OutOfTimeError:
        deps.runs.let_go(run)
        _start_again(period, deps)
    return _report(run, deps)


def _start_again(period: Period, deps: Deps) -> None:
    """Another invocation goes on. An error is no reason to fail: Lambda would repeat this event, `again` and all."""
    try:
        deps.functions.start({"period": str(period)})
        deps.telemetry.count("produce_continued", period=str(period))
    except FunctionStartError as error:  # the sweeper starts it
        deps.telemetry.refuse("produce_not_continued", error, period=str(period))


def _asked(run: Run, deps: Deps, reader: Reader) -> Run:
    """The run with its query's id, whose result is there."""
    if not run.query_id:
        deps.campaign.refresh_quota()
        sql = QUERY.read_text()
        token = request_token(str(run.period), sql, run.attempt)
        run = replace(run, query_id=deps.athena.ask(sql, {"period_start": run.period.start}, token))
        deps.runs.note(run, query_id=run.query_id)
    while not deps.athena.done(run.query_id, WAIT_S):
        deps.runs.note(run)
        reader.check_time("Athena is still at work", MARGIN_MS + 1000 * WAIT_S)
    return run


def _checked(run: Run, deps: Deps, reader: Reader) -> Run:
    """The first pass. Ends with the run ready to write, or stopped."""
    shown: Item | None = None

    def look(run: Run, page: ResultPage) -> dict[str, Any]:
        nonlocal shown
        _check_columns(page)
        checks, rejected = Checks(**run.checks), []
        for number, row in enumerate(page.rows, start=run.row + 1):
            item = _message(row, run.period, deps, deps.clock())
            counts = checks.look(row, usable=isinstance(item, dict))
            if isinstance(item, dict):
                shown = shown or item
            elif counts:
                rejected.append(RejectedRow.of(number, row.get("user_id"), item))
        if rejected:
            deps.rejects.store(run.period, run.attempt, rejected)
            deps.telemetry.count("rows_rejected", period=str(run.period), rows=[row.row for row in rejected])
        return {"checks": asdict(checks), "rejected": checks.rejected}

    try:
        run, facts = reader.each_page(run, look)
    except MissingColumnError as error:  # on the first page
        return _stopped(run, {"columns": str(error)}, deps)
    checks = Checks(**run.checks)
    if shown is None and checks.rejected < checks.rows:  # it came before this invocation took over
        shown = reader.first(run, lambda row: _message(row, run.period, deps, deps.clock()))
    findings = {
        **checks.findings(deps.limits, deps.runs.rows_of(run.period.previous)),
        **_unready(shown, deps),
    }
    accepted = set(run.accepted) - NEVER_ACCEPTED
    open_ones = {word: reason for word, reason in findings.items() if word not in accepted}
    if open_ones:
        return _stopped(run, open_ones, deps)
    begin: dict[str, Any] = {"phase": "write", "page_token": "", "row": 0}
    deps.runs.note(run, **facts, **begin)
    return replace(run, **begin)


def _stopped(run: Run, findings: dict[str, str], deps: Deps) -> Run:
    deps.runs.stop(run, findings)
    deps.telemetry.count("produce_stopped", period=str(run.period), **findings)
    return replace(run, state="STOPPED", stopped_for=findings)


def _unready(item: Item | None, deps: Deps) -> dict[str, str]:
    """What would keep SES from sending the first mail."""
    found = deps.senders.findings()
    if item is not None:
        try:
            check_variables(deps.template, deps.templates.required(deps.template), item["data"])
            deps.senders.render(deps.template, item["data"])
        except RenderError as error:
            found["template"] = str(error)
    return found


def _written(run: Run, deps: Deps, reader: Reader) -> Run:
    """The second pass. Ends with the run completed."""
    due_at, done_before = _expected(deps), run.row

    def write(run: Run, page: ResultPage) -> dict[str, Any]:
        items: list[Item] = []
        last_user = run.last_user
        for number, row in enumerate(page.rows, start=run.row + 1):
            item = _message(row, run.period, deps, due_at(number - done_before))
            if isinstance(item, dict) and row["user_id"] != last_user:  # of a user who comes twice the first row counts
                items.append(item)
            last_user = row["user_id"] or last_user
        there = deps.outbox.produce(items)
        return {
            "last_user": last_user,
            "produced": run.produced + len(items),
            "fresh": run.fresh + len(items) - len(there),
            "differing": run.differing + deps.outbox.differing(there),
        }

    run, facts = reader.each_page(run, write)
    deps.runs.complete(run, facts)
    run = replace(run, state="COMPLETED")
    deps.telemetry.count("produce_completed", **_report(run, deps))
    return run


def _message(row: Row, period: Period, deps: Deps, due_at: datetime) -> Item | InvalidMessageError | InvalidRowError:
    """What becomes of the row, or why it can't become a message."""
    try:
        key = Key.of(row["user_id"], str(period))
        email = usable_email(row["email"])
        data = template_data(row, period, deps.preferences_url)
    except (InvalidMessageError, InvalidRowError) as error:
        return error
    return new_item(key, email, data, deps.template, deps.clock(), due_at)


def _check_columns(page: ResultPage) -> None:
    """Somebody may have edited the query. Without a column every row would be rejected, one by one."""
    missing = sorted({"user_id", "email", *COLUMNS} - set(page.columns))
    if missing:
        raise MissingColumnError(
            f"the usage query gives no column {', '.join(missing)}; it gives {', '.join(sorted(page.columns))}"
        )


def _expected(deps: Deps) -> Callable[[int], datetime]:
    """When the n-th message should be claimed at the latest: what is still PENDING then is stranded."""
    sent_at = deps.campaign.forecast()
    return lambda number: sent_at(number) + deps.stranded_after


def _period(event: dict[str, Any], time_zone: str) -> Period:
    if "period" in event:
        return Period.parse(event["period"])
    try:
        return Period.before(from_text(event["scheduled_time"]), time_zone)
    except (KeyError, TypeError, ValueError) as error:
        wanted = 'the event needs {"period": "YYYY-MM"} or {"scheduled_time": "2026-11-01T06:00:00Z"}'
        raise InvalidPeriodError(f"{wanted}, got {str(event)[:200]}") from error


def _report(run: Run, deps: Deps) -> dict[str, Any]:
    """What became of the run so far, for whoever started it."""
    return {
        "period": str(run.period),
        "state": run.state,
        "produced": run.produced,
        "fresh": run.fresh,
        "rejected": run.rejected,
        "differing": run.differing,
        "stopped_for": dict(run.stopped_for),
        "rejected_rows": deps.rejects.address(run.period, run.attempt) if run.rejected else "",
    }


@cache
def _deps() -> Deps:
    settings = wiring.environment(ProducerSettings)
    bucket = settings.usage_bucket
    return Deps(
        outbox=wiring.outbox(settings.outbox_table, settings.writers),
        runs=wiring.runs(settings.control_table),
        campaign=wiring.campaign(settings.control_table, settings.headroom),
        templates=wiring.templates(settings.control_table),
        senders=wiring.senders(settings.sender),
        athena=Athena(wiring.session(), settings.athena_database, settings.athena_work_group, f"s3://{bucket}/athena/"),
        rejects=wiring.rejects(bucket),
        functions=wiring.functions(settings.producer_function),
        telemetry=wiring.telemetry("producer"),
        clock=utc_now,
        template=settings.template_name,
        time_zone=settings.time_zone,
        preferences_url=settings.preferences_url,
        limits=Limits(settings.max_rejected, settings.max_change),
        stranded_after=timedelta(seconds=settings.stranded_after_s),
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        return handle(event, _deps(), context.aws_request_id, context.get_remaining_time_in_millis)
    finally:
        _deps().telemetry.flush()
