"""producer: turns a month's usage, as Athena tells it, into one outbox message for each user."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from shared import wiring
from shared.athena import Athena, request_token
from shared.campaign import Campaign
from shared.errors import InvalidMessageError, InvalidPeriodError, InvalidRowError, UsageQueryError
from shared.keys import Key
from shared.message import new_item
from shared.outbox import Outbox
from shared.periods import Period
from shared.recipients import usable_email
from shared.rejects import RejectedRow, Rejects
from shared.runs import Run, Runs
from shared.settings import ProducerSettings
from shared.sweeping import STRANDED_AFTER
from shared.telemetry import Telemetry
from shared.templates import Templates
from shared.times import Clock, from_text, utc_now
from shared.usage import COLUMNS, template_data
from shared.writes import Item

QUERY = Path(__file__).resolve().parents[1] / "queries" / "monthly_usage.sql"
BATCH_ROWS = 100
"""Rows between two looks at the run record: whoever was taken over stops within this many."""

Row = dict[str, str | None]


@dataclass(frozen=True)
class Deps:
    outbox: Outbox
    runs: Runs
    campaign: Campaign
    templates: Templates
    athena: Athena
    rejects: Rejects
    telemetry: Telemetry
    clock: Clock
    template: str
    time_zone: str
    preferences_url: str
    """Where a recipient changes what she gets; "" leaves the line out of the mail."""
    stranded_after: timedelta = STRANDED_AFTER


def handle(event: dict[str, Any], deps: Deps, request_id: str) -> dict[str, Any]:
    """Produces the event's period: {"period": "2026-10"}, or the month before {"scheduled_time":
    "2026-11-01T06:00:00Z"}.

    May be killed at any point and started again: it asks Athena the same question under the same token, and a user
    who has her message keeps exactly that one. Raises InvalidPeriodError, UsageQueryError, RunTakenOverError.
    """
    period = _period(event, deps.time_zone)
    run = deps.runs.begin(period, by=request_id)
    if run.completed:
        deps.telemetry.count("produce_closed", period=str(period))
        return _report(run, produced=run.produced, rejected=run.rejected, fresh=0)
    deps.campaign.refresh_quota()
    deps.templates.required(deps.template)  # fails here, before the first message, if SES does not have the template
    try:
        return _produce(run, deps)
    except UsageQueryError:
        deps.runs.ask_anew(run)
        raise


def _produce(run: Run, deps: Deps) -> dict[str, Any]:
    sql = QUERY.read_text()
    token = request_token(str(run.period), sql, run.attempt)
    rows = deps.athena.rows(sql, {"period_start": run.period.start}, token)
    due_at = _expected(deps)
    rejected: list[RejectedRow] = []
    produced = fresh = 0
    for batch in _batches(enumerate(rows, start=1)):
        _check_columns(batch[0][1])
        items = list(_items(batch, run.period, deps, due_at, rejected))
        fresh += deps.outbox.produce(items)
        produced += len(items)
        deps.runs.note(run, produced=produced, rejected=len(rejected))
    listed = deps.rejects.store(run.period, rejected) if rejected else ""
    deps.runs.complete(run, produced, len(rejected))
    report = _report(run, produced=produced, rejected=len(rejected), fresh=fresh)
    deps.telemetry.count("produce_completed", **report)
    return {**report, "rejected_rows": listed}


def _items(
    batch: Iterable[tuple[int, Row]],
    period: Period,
    deps: Deps,
    due_at: Callable[[int], datetime],
    rejected: list[RejectedRow],
) -> Iterator[Item]:
    """The batch's messages; rows that can't become one are appended to `rejected` with their reason."""
    for number, row in batch:
        try:
            key = Key.of(row["user_id"], str(period))
            email = usable_email(row["email"])
            data = template_data(row, period, deps.preferences_url)
        except (InvalidMessageError, InvalidRowError) as error:
            rejected.append(RejectedRow(number, row.get("user_id"), str(error)))
            deps.telemetry.refuse("row_rejected", error, row=number)
            continue
        yield new_item(key, email, data, deps.template, deps.clock(), due_at(number))


def _check_columns(row: Row) -> None:
    """Somebody may have edited the query. Without a column every row would be rejected, one by one."""
    missing = sorted({"user_id", "email", *COLUMNS} - row.keys())
    if missing:
        raise UsageQueryError(
            f"the usage query gives no column {', '.join(missing)}; it gives {', '.join(sorted(row))}"
        )


def _expected(deps: Deps) -> Callable[[int], datetime]:
    """When the n-th message should be claimed at the latest: what is still PENDING then is stranded."""
    sent_at = deps.campaign.forecast()
    return lambda number: sent_at(number) + deps.stranded_after


def _batches(rows: Iterator[tuple[int, Row]]) -> Iterator[list[tuple[int, Row]]]:
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


def _period(event: dict[str, Any], time_zone: str) -> Period:
    if "period" in event:
        return Period.parse(event["period"])
    try:
        return Period.before(from_text(event["scheduled_time"]), time_zone)
    except (KeyError, TypeError, ValueError) as error:
        wanted = 'the event needs {"period": "YYYY-MM"} or {"scheduled_time": "2026-11-01T06:00:00Z"}'
        raise InvalidPeriodError(f"{wanted}, got {str(event)[:200]}") from error


def _report(run: Run, *, produced: int, rejected: int, fresh: int) -> dict[str, Any]:
    """`produced`: users who have a message of this run. `fresh`: those that this invocation put there."""
    return {"period": str(run.period), "produced": produced, "fresh": fresh, "rejected": rejected}


@cache
def _deps() -> Deps:
    settings = wiring.environment(ProducerSettings)
    bucket = settings.usage_bucket
    return Deps(
        outbox=wiring.outbox(settings.outbox_table),
        runs=wiring.runs(settings.control_table),
        campaign=wiring.campaign(settings.control_table, settings.headroom),
        templates=wiring.templates(settings.control_table),
        athena=Athena(wiring.session(), settings.athena_database, settings.athena_work_group, f"s3://{bucket}/athena/"),
        rejects=wiring.rejects(bucket),
        telemetry=wiring.telemetry("producer"),
        clock=utc_now,
        template=settings.template_name,
        time_zone=settings.time_zone,
        preferences_url=settings.preferences_url,
        stranded_after=timedelta(seconds=settings.stranded_after_s),
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        return handle(event, _deps(), context.aws_request_id)
    finally:
        _deps().telemetry.flush()
