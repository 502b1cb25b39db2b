"""producer: turns a month's usage, as Athena tells it, into one outbox message for each user.

In two passes over the stored result. The first looks at every row and writes no message; what it finds wrong stops the
run until somebody accepts it. The second writes. Both go page by page and note after each how far they came, so that
another invocation goes on from there.
"""

import gc
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta
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
    UnfitResultError,
    UsageQueryError,
)
from shared.outbox.table_pin import TablePin
from shared.pacing.campaign import Campaign
from shared.periods import Period
from shared.producing.checks import Limits
from shared.producing.composer import Composer
from shared.producing.event import ProducerEvent
from shared.producing.first_pass import FirstPass
from shared.producing.handed import Wanted
from shared.producing.inspection import Inspection
from shared.producing.pages import MARGIN_MS, Ahead, Pages, RemainingMs, check_time, in_a_thread
from shared.producing.query import Question, filled, request_token
from shared.producing.rejected_rows import Rejects
from shared.producing.report import Report
from shared.producing.run import Run, RunState, lost
from shared.producing.run_records import RunRecords
from shared.producing.second_pass import SecondPass
from shared.settings import ProducerSettings
from shared.telemetry import Telemetry
from shared.times import Clock, utc_now

ENDS = {
    RunState.COMPLETED: "produce_completed",
    RunState.STOPPED: "produce_stopped",
    "TAKEN_OVER": "produce_taken_over",
}
"""From how a run has ended for this invocation, to what is counted."""
GC_THRESHOLD = 50_000
"""Python looks for unreachable cycles each time so many more objects were made than went. A page is some ten thousand small ones,
all of which go without: at its own 700 that search takes a fifteenth of the CPU.
"""
WAIT_S = 30.0
"""Between two signs of life while Athena works."""


@dataclass(frozen=True)
class Deps:
    pin: TablePin
    runs: RunRecords
    campaign: Campaign
    athena: Athena
    composer: Composer
    first_pass: FirstPass
    second_pass: SecondPass
    rejects: Rejects
    functions: Functions
    unsubscribed: Callable[[], Collection[str]]
    """The users who get no mail. Raises StoreUnavailableError: nobody is mailed without it being known."""
    telemetry: Telemetry
    clock: Clock
    time_zone: str
    ahead: Ahead = in_a_thread
    """How the next page is read."""


def handle(
    event: dict[str, Any], deps: Deps, request_id: str, remaining_ms: RemainingMs, *, only_check: bool = False
) -> dict[str, Any]:
    """Produces the event's period: {"period": "2026-10"}, or the month before {"scheduled_time":
    "2026-11-01T06:00:00Z"}. An operator who has seen why the query of "attempt": 1 has stopped lets it go on, with
    "accept": ["fewer", …] or without; "again": true asks Athena anew. "by" is the operator's name. With "result": "…" a run
    that begins takes the stored result of that query, which they have looked at, instead of asking.

    `only_check`: it ends after the first pass, and the next call goes on. Else it goes on to the end.

    May be killed at any point and started again: it asks Athena the same question under the same token, and a user
    who has a message keeps exactly that one. Raises ForeignTableError before anything is written; InvalidEventError,
    UnfitResultError, InvalidPeriodError, InvalidRunError, UsageQueryError, AthenaUnavailableError, SendUnavailableError,
    StoreUnavailableError.
    """
    asked = ProducerEvent.of(event, deps.time_zone, deps.clock())
    period, reconciled_at = asked.period, deps.pin.hold().reconciled_at
    if asked.result:
        _check_result(asked, deps)
    run = deps.runs.begin(
        period,
        asked.by or request_id,
        attempt=asked.attempt,
        accept=asked.accept,
        again=asked.again,
        result=asked.result,
    )
    if run.completed:
        deps.telemetry.count("produce_closed", period=str(period))
        return _report(replace(run, written=replace(run.written, fresh=0)), deps)
    if run.state == RunState.RUNNING:
        try:
            restored = lost(run, reconciled_at)
            run = (
                deps.runs.stop(run, restored) if restored else _produced(run, deps, remaining_ms, only_check=only_check)
            )
        except RunTakenOverError:  # an error would bring this event back, to take the run over in its turn
            if deps.runs.get(period) is None:  # it was not taken over: the record was deleted
                raise
            run = replace(run, state="TAKEN_OVER")
    report = _report(run, deps)
    if run.state in ENDS:
        deps.telemetry.count(ENDS[run.state], **{**report, "stopped_for": sorted(run.stopped_for)})
    return report


def _check_result(asked: ProducerEvent, deps: Deps) -> None:
    """Before the run takes it: the result is what the run would get from Athena now, and is there: Athena remembers queries whose
    result is gone. Raises UnfitResultError.
    """
    try:
        wanted = Wanted(asked.period, question(asked.period, 1, deps).sql, deps.athena.work_group, deps.athena.database)
        wanted.check(deps.athena.execution(asked.result), deps.clock())
        deps.athena.page(asked.result, "")
    except (QueryParameterError, UsageQueryError) as error:
        raise UnfitResultError(f"the result {asked.result} can't be looked at: {error}") from error
    deps.campaign.refresh_quota()


def question(period: Period, attempt: int, deps: Deps) -> Question:
    """What Athena is asked for the period, without the space around it, which PyAthena leaves out. Raises QueryParameterError."""
    files = deps.composer.kind.files
    sql = files.read(files.query)
    return Question(filled(sql, {"period_start": period.start}).strip(), request_token(str(period), sql, attempt))


def _produced(run: Run, deps: Deps, remaining_ms: RemainingMs, *, only_check: bool) -> Run:
    """The run as far as it came: completed, stopped, checked, or going on in another invocation. Raises RunTakenOverError."""
    pages = Pages(deps.athena, remaining_ms, deps.ahead)
    try:
        run = _asked(run, deps, remaining_ms)
        if run.phase == "write" and run.template != deps.composer.template.name:  # another was deployed in between
            run = deps.runs.look_again(run)
        unsubscribed = deps.unsubscribed()
        if run.phase == "check":
            run = deps.first_pass.check(run, pages, unsubscribed)
        if run.state == RunState.RUNNING and not only_check:
            run = deps.second_pass.write(run, pages, unsubscribed)
        return run
    except QueryCancelledError as error:
        return deps.runs.stop(run, {"cancelled": str(error)})
    except QueryParameterError as error:
        return deps.runs.stop(run, {"parameter": f"{deps.composer.kind.files.query}, {error}"})
    except UsageQueryError as error:
        if run.handed_by:  # what nobody has looked at is not to go out instead
            return deps.runs.stop(run, {"result": f"the result that {run.handed_by} handed in can't be read: {error}"})
        deps.runs.ask_anew(run)
        raise
    except OutOfTimeError:
        deps.runs.let_go(run)
        _start_again(run.period, deps)
        return run


def _asked(run: Run, deps: Deps, remaining_ms: RemainingMs) -> Run:
    """The run with its query's id, whose result is there."""
    if not run.query_id:
        deps.campaign.refresh_quota()
        run = deps.runs.note_query(run, deps.athena.ask(*question(run.period, run.attempt, deps)))
    while not deps.athena.done(run.query_id, WAIT_S):
        deps.runs.renew(run)
        check_time(remaining_ms, MARGIN_MS + 1000 * WAIT_S, "Athena is still at work")
    return run


def _start_again(period: Period, deps: Deps) -> None:
    """Another invocation goes on. An error is no reason to fail: Lambda would repeat this event, `again` and all."""
    try:
        deps.functions.start({"period": str(period)})
        deps.telemetry.count("produce_continued", period=str(period))
    except FunctionStartError as error:  # the sweeper starts it
        deps.telemetry.refuse("produce_not_continued", error, period=str(period))


def _report(run: Run, deps: Deps) -> dict[str, Any]:
    return Report.of(run, deps.rejects.address(run.period, run.attempt)).to_json()


@wiring.at_start
def make_deps() -> Deps:
    gc.set_threshold(GC_THRESHOLD)
    settings = wiring.environment(ProducerSettings)
    bucket, control_table = settings.usage_bucket, settings.control_table
    retention = timedelta(days=settings.retention_days)
    runs, campaign = wiring.runs(control_table, retention), wiring.campaign(control_table, settings.headroom)
    rejects, telemetry = wiring.rejects(bucket), wiring.telemetry("producer")
    kind = kind_of(settings.mail_kind)
    composer = Composer(
        kind,
        kind.files.template(settings.stack, settings.unsubscribe),
        settings.sender,
        utc_now,
        settings.reply_to,
        retention,
    )
    inspection = Inspection(
        runs=runs,
        composer=composer,
        required=wiring.templates(control_table).of,
        account=wiring.account(),
        limits=Limits(settings.max_rejected, settings.max_change),
        unsubscribing=wiring.unsubscribing(settings),
    )
    return Deps(
        pin=wiring.table_pin(settings.outbox_table, control_table),
        runs=runs,
        campaign=campaign,
        athena=wiring.athena(settings.athena_database, settings.athena_work_group, bucket),
        composer=composer,
        first_pass=FirstPass(runs, inspection, rejects, telemetry),
        second_pass=SecondPass(
            outbox=wiring.outbox(settings.outbox_table, settings.writers),
            runs=runs,
            campaign=campaign,
            composer=composer,
            stranded_after=timedelta(seconds=settings.stranded_after_s),
        ),
        rejects=rejects,
        functions=wiring.functions(settings.producer_function),
        unsubscribed=wiring.unsubscribed(settings.unsubscribed_table).users,
        telemetry=telemetry,
        clock=utc_now,
        time_zone=settings.time_zone,
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        return handle(event, make_deps(), context.aws_request_id, context.get_remaining_time_in_millis)
    finally:
        make_deps().telemetry.flush()
