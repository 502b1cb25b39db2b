"""producer: turns a month's usage, as Athena tells it, into one outbox message for each user.

In two passes over the stored result. The first looks at every row and writes nothing; what it finds wrong stops the run
until somebody accepts it. The second writes. Both go page by page and note after each how far they came, so that another
invocation goes on from there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from mail import kind_of
from shared import wiring
from shared.aws.athena import Athena
from shared.aws.lambda_functions import Functions
from shared.errors import (
    FunctionStartError,
    OutOfTimeError,
    QueryCancelledError,
    QueryParameterError,
    RunTakenOverError,
    UsageQueryError,
)
from shared.outbox.outbox import Outbox
from shared.pacing.campaign import Campaign
from shared.periods import Period
from shared.producing.checks import Limits, comparable
from shared.producing.event import ProducerEvent
from shared.producing.first_pass import Inspection
from shared.producing.pages import MARGIN_MS, Reader, ResultPage
from shared.producing.query import filled, request_token
from shared.producing.rejected_rows import Rejects
from shared.producing.rows import Drafts
from shared.producing.run import Run
from shared.producing.run_records import RunRecords
from shared.settings import ProducerSettings
from shared.store import Item
from shared.sweeping.decisions import STRANDED_AFTER
from shared.telemetry import Telemetry
from shared.times import Clock, utc_now

ENDS = {"COMPLETED": "produce_completed", "STOPPED": "produce_stopped", "TAKEN_OVER": "produce_taken_over"}
WAIT_S = 30.0
"""Between two signs of life while Athena works."""


@dataclass(frozen=True)
class Deps:
    outbox: Outbox
    runs: RunRecords
    campaign: Campaign
    athena: Athena
    inspection: Inspection
    drafts: Drafts
    rejects: Rejects
    functions: Functions
    telemetry: Telemetry
    clock: Clock
    time_zone: str
    stranded_after: timedelta = STRANDED_AFTER


def handle(event: dict[str, Any], deps: Deps, request_id: str, remaining_ms: Callable[[], int]) -> dict[str, Any]:
    """Produces the event's period: {"period": "2026-10"}, or the month before {"scheduled_time":
    "2026-11-01T06:00:00Z"}. Who has seen why the query of "attempt": 1 has stopped says so and lets it go on, with
    "accept": ["fewer", …] or without; with "again": true Athena is asked anew. "by" is her name.

    May be killed at any point and started again: it asks Athena the same question under the same token, and a user
    who has her message keeps exactly that one. Raises InvalidEventError, InvalidPeriodError, UsageQueryError,
    AthenaUnavailableError, StoreUnavailableError.
    """
    asked = ProducerEvent.of(event, deps.time_zone, deps.clock())
    period = asked.period
    run = deps.runs.begin(period, asked.by or request_id, attempt=asked.attempt, accept=asked.accept, again=asked.again)
    if run.state == "COMPLETED":
        deps.telemetry.count("produce_closed", period=str(period))
        return _report(replace(run, fresh=0), deps)
    if run.state == "RUNNING":
        try:
            run = _produced(run, deps, Reader(deps.athena, deps.runs, remaining_ms))
        except RunTakenOverError:  # an error would bring this event back, to take over from whoever took over
            if deps.runs.get(period) is None:  # nobody has: the record was deleted
                raise
            run = replace(run, state="TAKEN_OVER")
    report = _report(run, deps)
    if run.state in ENDS:
        deps.telemetry.count(ENDS[run.state], **{**report, "stopped_for": sorted(run.stopped_for)})
    return report


def _produced(run: Run, deps: Deps, reader: Reader) -> Run:
    """The run as far as it came: completed, stopped, or going on in another invocation. Raises RunTakenOverError."""
    try:
        run = _asked(run, deps, reader)
        if run.phase == "write" and run.template != deps.drafts.template:  # another was deployed in between
            run = deps.runs.look_again(run)
        if run.phase == "check":
            run = deps.inspection.inspect(run, reader)
        return run if run.state == "STOPPED" else _written(run, deps, reader)
    except QueryCancelledError as error:
        return deps.runs.stop(run, {"cancelled": str(error)})
    except QueryParameterError as error:
        return deps.runs.stop(run, {"parameter": f"{deps.drafts.kind.files.query}, {error}"})
    except UsageQueryError:
        deps.runs.ask_anew(run)
        raise
    except OutOfTimeError:
        deps.runs.let_go(run)
        _start_again(run.period, deps)
        return run


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
        files = deps.drafts.kind.files
        sql = files.read(files.query)
        token = request_token(str(run.period), sql, run.attempt)
        question = filled(sql, {"period_start": run.period.start})
        run = replace(run, query_id=deps.athena.ask(question, token))
        deps.runs.note(run, query_id=run.query_id)
    while not deps.athena.done(run.query_id, WAIT_S):
        deps.runs.note(run)
        reader.check_time("Athena is still at work", MARGIN_MS + 1000 * WAIT_S)
    return run


def _written(run: Run, deps: Deps, reader: Reader) -> Run:
    """The second pass. Ends with the run completed."""
    due_at, done_before = _expected(deps), run.row

    def write(run: Run, page: ResultPage) -> dict[str, Any]:
        items: list[Item] = []
        last_user = run.last_user
        for number, row in enumerate(page.rows, start=run.row + 1):
            item = deps.drafts.message(row, run.period, due_at(number - done_before))
            if isinstance(item, dict) and row["user_id"] != last_user:  # of a user who comes twice the first row counts
                items.append(item)
            last_user = comparable(row) or last_user
        there = deps.outbox.produce(items)
        found = deps.outbox.compare(there)
        return {
            "last_user": last_user,
            "produced": run.produced + len(items) - found.adopted,
            "fresh": run.fresh + len(items) - len(there),
            "differing": run.differing + found.differing,
        }

    run, facts = reader.each_page(run, write)
    return deps.runs.complete(run, facts)


def _expected(deps: Deps) -> Callable[[int], datetime]:
    """When the n-th message should be claimed at the latest: what is still PENDING then is stranded."""
    sent_at = deps.campaign.forecast()
    return lambda number: sent_at(number) + deps.stranded_after


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
    runs, rejects, telemetry = wiring.runs(settings.control_table), wiring.rejects(bucket), wiring.telemetry("producer")
    drafts = Drafts(
        kind_of(settings.mail_kind), settings.template_name, settings.sender, settings.preferences_url, utc_now
    )
    inspection = Inspection(
        runs=runs,
        drafts=drafts,
        rejects=rejects,
        templates=wiring.templates(settings.control_table),
        account=wiring.account(),
        limits=Limits(settings.max_rejected, settings.max_change),
        telemetry=telemetry,
    )
    return Deps(
        outbox=wiring.outbox(settings.outbox_table, settings.writers),
        runs=runs,
        campaign=wiring.campaign(settings.control_table, settings.headroom),
        athena=Athena(wiring.session(), settings.athena_database, settings.athena_work_group, f"s3://{bucket}/athena/"),
        inspection=inspection,
        drafts=drafts,
        rejects=rejects,
        functions=wiring.functions(settings.producer_function),
        telemetry=telemetry,
        clock=utc_now,
        time_zone=settings.time_zone,
        stranded_after=timedelta(seconds=settings.stranded_after_s),
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        return handle(event, _deps(), context.aws_request_id, context.get_remaining_time_in_millis)
    finally:
        _deps().telemetry.flush()
