"""sweeper: brings back what got stuck (expired claims, silent sends, messages that the stream lost, producers that died),
counts the accounts (I6) and refreshes the quota.
"""

import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shared import wiring
from shared.aws.lambda_functions import Functions
from shared.errors import ForeignTableError, FunctionStartError, NewerFormatError
from shared.keys import SHARDS
from shared.outbox import formats
from shared.outbox.outbox import Outbox
from shared.outbox.table_pin import TablePin
from shared.pacing.campaign import Campaign
from shared.pacing.campaign_state import CampaignState
from shared.producing.open_runs import OpenRuns
from shared.settings import SweeperSettings
from shared.sweeping.accounting import Accounting
from shared.sweeping.intervals import FED_AFTER, STRANDED_AFTER
from shared.sweeping.parallel import InParallel, in_threads
from shared.sweeping.remedies import Standing
from shared.sweeping.sweep import Sweep
from shared.telemetry import Telemetry
from shared.times import Clock, to_micros, to_text, utc_now

MARGIN_MS = 10_000
"""Stop with this much time left. Every look moves a message out of the way, so the next run goes on where this one
stopped.
"""


@dataclass(frozen=True)
class Deps:
    outbox: Outbox
    pin: TablePin
    campaign: Campaign
    telemetry: Telemetry
    clock: Clock
    accounting: Accounting
    runs: OpenRuns
    producer: Functions
    attempts: int
    """Attempts after which a message whose claims always die is FAILED."""
    stranded_after: timedelta = STRANDED_AFTER
    in_parallel: InParallel = in_threads


def handle(deps: Deps, remaining_ms: Callable[[], int]) -> dict[str, int]:
    """Looks at every unfinished message that is due. Two sweepers at once are harmless: each write wins or loses as a
    whole. On a foreign table it touches nothing.
    """
    state = _campaign(deps)
    _tell_how_it_stands(state, deps)
    if not _holds_the_table(deps):
        return {}
    _resume_producers(deps)
    deps.telemetry.gauge("nudged_in_vain", 0)  # beside those that the sweep counts: the alarm sees that there are none
    done, whole = _sweep(state, deps, lambda: remaining_ms() > MARGIN_MS)
    if whole:
        _account(deps, remaining_ms)
    else:
        deps.telemetry.count("sweep_interrupted")
    return done


def _tell_how_it_stands(state: CampaignState | None, deps: Deps) -> None:
    deps.telemetry.gauge("held", deps.outbox.held())
    deps.telemetry.gauge("paused", 1 if state and state.paused is not None else 0)
    if state is not None:
        deps.telemetry.gauge("pace", state.pace.rate_at(to_micros(deps.clock())))


def _holds_the_table(deps: Deps) -> bool:
    try:
        deps.pin.hold()
    except ForeignTableError as error:
        deps.telemetry.refuse("foreign_table_found", error)
        deps.telemetry.gauge("foreign_table", 1)
        return False
    deps.telemetry.gauge("foreign_table", 0)
    return True


def _campaign(deps: Deps) -> CampaignState | None:
    """As it stands, with the account's quota as it is now. That quota may be unreadable for a while: everything else goes on,
    also on a stack where it was never read. Raises StoreUnavailableError.
    """
    try:
        deps.campaign.refresh_quota()
    except Exception as error:
        deps.telemetry.refuse("quota_unread", error)
    return deps.campaign.begun()


def _sweep(state: CampaignState | None, deps: Deps, in_time: Callable[[], bool]) -> tuple[dict[str, int], bool]:
    """All shards, in parallel: what was done, and whether there was time for all of it."""
    now = deps.clock()
    standing = Standing.of(state, now)
    sweep = Sweep(
        deps.outbox, deps.campaign, deps.telemetry, deps.clock, standing, deps.attempts, deps.stranded_after, in_time
    )
    swept = deps.in_parallel([partial(sweep.through, shard) for shard in in_order(now)])
    if (
        standing.halt_ended_at is not None
        and now > standing.halt_ended_at + FED_AFTER
        and all(one.fed for one in swept)
    ):
        deps.campaign.fed(standing.halt_ended_at)
    _tell_of_newer(sum((one.newer for one in swept), Counter[int]()), deps.telemetry)
    done = sum((one.done for one in swept), Counter[str]())
    return dict(done), all(one.whole for one in swept)


def _tell_of_newer(newer: Counter[int], telemetry: Telemetry) -> None:
    """Messages of a later release: its sweeper takes them up."""
    telemetry.gauge("newer_format", newer.total())
    for version, messages in sorted(newer.items()):
        telemetry.refuse("newer_format_found", NewerFormatError(version, formats.KNOWN), messages=messages)


def in_order(now: datetime) -> list[int]:
    """The shards, another one first each time, however often a sweep comes: no shard is always behind a full one."""
    first = zlib.crc32(to_text(now).encode()) % SHARDS
    return [(first + number) % SHARDS for number in range(SHARDS)]


def _account(deps: Deps, remaining_ms: Callable[[], int]) -> None:
    """With the time that is left, checks that no message has got lost (I6)."""
    report = deps.accounting.go_on(lambda: remaining_ms() > MARGIN_MS, deps.in_parallel)
    deps.telemetry.gauge("unaccounted", report.unaccounted)
    for finding in report.findings:
        deps.telemetry.refuse("unaccounted_found", finding)
    if report.refiled:
        deps.telemetry.count("refile", messages=report.refiled)
    if report.redacted:
        deps.telemetry.count("redact", messages=report.redacted)
    for period, sums in report.closed.items():
        lap = {"lap_units": round(report.units), "lap_s": round(report.took.total_seconds())}
        deps.telemetry.count("accounted", period=period, **lap, **asdict(sums))


def _resume_producers(deps: Deps) -> None:
    """A producer that died, or that was not started again when its time was over: its run goes on where it stopped."""
    deps.telemetry.gauge("runs_waiting", len(deps.runs.waiting()))
    for period in deps.runs.silent():
        try:
            deps.producer.start({"period": str(period)})
            deps.telemetry.count("producer_resumed", period=str(period))
        except FunctionStartError as error:
            deps.telemetry.refuse("producer_not_resumed", error, period=str(period))


@wiring.at_start
def make_deps() -> Deps:
    settings = wiring.environment(SweeperSettings)
    return Deps(
        outbox=wiring.outbox(settings.outbox_table),
        pin=wiring.table_pin(settings.outbox_table, settings.control_table),
        campaign=wiring.campaign(settings.control_table, settings.headroom),
        telemetry=wiring.telemetry("sweeper"),
        clock=utc_now,
        accounting=wiring.accounting(settings.outbox_table, settings.control_table, settings.address_days),
        runs=wiring.open_runs(settings.control_table),
        producer=wiring.functions(settings.producer_function),
        attempts=settings.attempts,
        stranded_after=timedelta(seconds=settings.stranded_after_s),
    )


def handler(_event: Any, context: Any) -> dict[str, int]:
    try:
        return handle(make_deps(), context.get_remaining_time_in_millis)
    finally:
        make_deps().telemetry.flush()
