"""sweeper: brings back what got stuck. Expired claims, silent sends, messages that the stream lost; refreshes the
quota.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from shared import wiring
from shared.accounting import Accounting
from shared.campaign import Campaign
from shared.errors import FunctionStartError, LeaseLostError, StoreUnavailableError
from shared.functions import Functions
from shared.keys import SHARDS, Key
from shared.outbox import Outbox
from shared.runs import Runs
from shared.settings import SweeperSettings
from shared.sweeping import NEXT_SWEEP, STRANDED_AFTER, Decision, Standing, decide
from shared.telemetry import Telemetry
from shared.times import Clock, utc_now

IN_VAIN = 3
"""A message that was nudged this often, over an hour and more, will not be claimed by nudging alone."""
MARGIN_MS = 10_000
"""Stop with this much time left. Every look moves a message out of the way, so the next run goes on where this one
stopped.
"""


@dataclass(frozen=True)
class Deps:
    outbox: Outbox
    campaign: Campaign
    telemetry: Telemetry
    clock: Clock
    accounting: Accounting
    runs: Runs
    producer: Functions
    attempts: int
    """Attempts after which a message whose claims always die is FAILED."""
    stranded_after: timedelta = STRANDED_AFTER


def handle(deps: Deps, remaining_ms: Callable[[], int]) -> dict[str, int]:
    """Looks at every unfinished message that is due. Two sweepers at once are harmless: each write wins or loses as a
    whole.
    """
    try:
        deps.campaign.refresh_quota()
    except Exception as error:  # the account can't be asked for now; everything else goes on
        deps.telemetry.refuse("quota_unread", error)
    _resume_producers(deps)
    state = deps.campaign.state()
    deps.telemetry.gauge("held", deps.outbox.held())
    deps.telemetry.gauge("paused", 0 if state.paused is None else 1)
    done: dict[str, int] = {}
    now = deps.clock()
    standing = Standing.of(state, now)
    first = int(now.timestamp()) // 60  # another one each time: a full shard can't starve those behind it
    for shard in ((first + number) % SHARDS for number in range(SHARDS)):
        for key in deps.outbox.due(shard, now):
            if remaining_ms() < MARGIN_MS:
                deps.telemetry.count("sweep_interrupted", shard=shard)
                return done
            action = _sweep(key, standing, deps)
            if action:
                done[action] = done.get(action, 0) + 1
    _account(deps, remaining_ms)
    return done


def _account(deps: Deps, remaining_ms: Callable[[], int]) -> None:
    """With the time that is left, checks that no message has got lost (I6)."""
    report = deps.accounting.go_on(lambda: remaining_ms() > MARGIN_MS)
    deps.telemetry.gauge("unaccounted", report.unaccounted)
    for finding in report.findings:
        deps.telemetry.refuse("unaccounted_found", finding)
    if report.refiled:
        deps.telemetry.count("refile", messages=report.refiled)
    for period, books in report.closed.items():
        deps.telemetry.count("accounted", period=period, **asdict(books))


def _resume_producers(deps: Deps) -> None:
    """A producer that died, or that was not started again when its time was over: its run goes on where it stopped."""
    deps.telemetry.gauge("runs_waiting", len(deps.runs.waiting()))
    for period in deps.runs.silent():
        try:
            deps.producer.start({"period": str(period)})
            deps.telemetry.count("producer_resumed", period=str(period))
        except FunctionStartError as error:
            deps.telemetry.refuse("producer_not_resumed", error, period=str(period))


def _sweep(key: Key, standing: Standing, deps: Deps) -> str | None:
    """Does what one message needs; returns what was done."""
    try:
        message = deps.outbox.get(key)
        if message is None:
            return None
        now = deps.clock()
        decision = decide(message, now, standing, deps.attempts, deps.stranded_after)
        if decision is None:
            return None
        if decision.probes and not deps.campaign.probe(deps.stranded_after):
            decision = Decision("postpone", now + NEXT_SWEEP)
        match decision.action:
            case "expire_claim":
                deps.outbox.expire_claim(key, message.fence, deps.attempts)
            case "exhaust":
                deps.outbox.exhaust(key, message.fence, deps.attempts)
            case "expire_send":
                deps.outbox.expire_send(key, message.fence)
            case "nudge":
                deps.outbox.nudge(key, message.fence, message.nudges + 1, decision.due_at or now)
                if message.nudges >= IN_VAIN:
                    deps.telemetry.count("nudged_in_vain", message_id=key.message_id, nudges=message.nudges)
            case "postpone":
                deps.outbox.postpone(key, message.fence, decision.due_at or now)
    except LeaseLostError as lost:
        deps.telemetry.debug("sweep_lost", message_id=key.message_id, reason=str(lost))
        return None
    except StoreUnavailableError:
        raise
    except Exception as error:  # whatever was edited into this item: the others must not wait behind it
        deps.telemetry.refuse("sweep_refused", error, message_id=key.message_id)
        return None
    if decision.action != "postpone":
        deps.telemetry.count(decision.action, message_id=key.message_id, fence=message.fence, attempt=message.attempt)
    return decision.action


@cache
def _deps() -> Deps:
    settings = wiring.environment(SweeperSettings)
    return Deps(
        outbox=wiring.outbox(settings.outbox_table),
        campaign=wiring.campaign(settings.control_table, settings.headroom),
        telemetry=wiring.telemetry("sweeper"),
        clock=utc_now,
        accounting=wiring.accounting(settings.outbox_table, settings.control_table),
        runs=wiring.runs(settings.control_table),
        producer=wiring.functions(settings.producer_function),
        attempts=settings.attempts,
        stranded_after=timedelta(seconds=settings.stranded_after_s),
    )


def handler(_event: Any, context: Any) -> dict[str, int]:
    try:
        return handle(_deps(), context.get_remaining_time_in_millis)
    finally:
        _deps().telemetry.flush()
