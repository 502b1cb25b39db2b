"""The product on the model: its functions in sandboxes, its stream and its executions, in virtual time.

An invocation runs as a whole at the time of its start, with a clock of its own that its calls and sleeps move on.
"""

import heapq
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.pacing.model import LeanSes, LeanTable, Model, ModelWire, draw
from handlers import claim, send
from shared.campaign import Campaign
from shared.errors import SlotVoidError
from shared.executions import Executions
from shared.fakes.states import Execution, FakeStatesClient
from shared.fakes.table import FakeTable
from shared.fakes.telemetry import FakeTelemetry
from shared.keys import Key
from shared.message import new_item
from shared.outbox import Outbox
from shared.ses import Sender, Ses
from shared.templates import Templates
from tests.simulation import asl
from tests.simulation.stack import PERIOD
from tests.simulation.world import MACHINE, ProcessKilled

START = datetime(2026, 11, 1, 6, tzinfo=UTC)
TEMPLATE = "usage-1"
RECORDS_A_BATCH = 100
CLAIM_LANES = 10
PRODUCED_A_SECOND = 1_000
FUNCTION_SECONDS = 60
HEADROOM = 0.1


@dataclass
class Sandbox:
    """A function's process: its clock's error and what it remembers between invocations."""

    skew: timedelta
    deps: send.Deps = field(repr=False)


class Platform:
    """One stack in the model."""

    def __init__(self, rate: float, daily: float, batch: int, seed: int, model: Model) -> None:
        self.model, self.rng, self.now = model, random.Random(seed), START
        self._skew = timedelta()
        self.wire = ModelWire(model, self.rng, self._spend)
        self.outbox = LeanTable("outbox", ("user_id", "period"), self.true_clock, self.wire)
        self.control = FakeTable("control", ("name",), self.true_clock, self.wire)
        self.ses = LeanSes(self.true_clock, self.wire, {TEMPLATE: ("{{month}}", "{{total_time}}", "")}, rate, daily)
        self.ses.accepted = []
        self.states = FakeStatesClient(self.true_clock, self.wire)
        self.telemetry = FakeTelemetry()
        self.batch = batch
        self.cold_starts = self.put_off = 0
        self.latest = 0
        """How often at most an order came too late and took new tickets."""
        self._idle: list[tuple[datetime, int, Sandbox]] = []
        self._producing, self._open = True, 0
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._number = 0

    def true_clock(self) -> datetime:
        return self.now

    def clock(self) -> datetime:
        """As the sandbox that is running has it."""
        return self.now + self._skew

    def at(self, when: datetime, what: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (when, self._number, what))

    def run(self, messages: int, on_progress: Callable[[int], None]) -> None:
        """Until nothing is left to do."""
        self.at(START, lambda: self._produce(0, messages))
        for lane in range(CLAIM_LANES):
            self.at(START + timedelta(milliseconds=100 * lane), self._claim)
        while self._events:
            self._happen()
            on_progress(len(self.ses.accepted))

    def _happen(self) -> None:
        """What comes next."""
        self.now, _, what = heapq.heappop(self._events)
        self._skew = timedelta()
        what()

    # --- the product's functions --------------------------------------------------------------------------------------
    def _campaign(self) -> Campaign:
        return Campaign(self.control, self.clock, self._ses().quota, headroom=HEADROOM)

    def _ses(self) -> Ses:
        client: Any = self.ses
        return Ses(client, Sender("usage@example.com", "onlyonce", "onlyonce"))

    def _produce(self, first: int, messages: int) -> None:
        """A second's worth."""
        last = min(messages, first + PRODUCED_A_SECOND)
        items = [
            new_item(
                Key(f"user-{number:07}", PERIOD), f"{number}@example.com", {"month": "October", "total_time": "1 h"},
                TEMPLATE, self.now, self.now,
            )
            for number in range(first, last)
        ]  # fmt: skip
        while True:
            try:
                Outbox(self.outbox, self.clock).produce(items)
                break
            except ProcessKilled:
                continue  # started again, it puts what is not there yet
        self._producing = last < messages
        if self._producing:
            self.at(START + timedelta(seconds=last / PRODUCED_A_SECOND), lambda: self._produce(last, messages))

    def _claim(self) -> None:
        pending = self.outbox.pending
        records = [pending.popleft() for _ in range(min(RECORDS_A_BATCH, len(pending)))]
        if records:
            client: Any = self.states
            telemetry: Any = self.telemetry
            deps = claim.Deps(
                Outbox(self.outbox, self.clock), self._campaign(), Executions(client, "arn"), telemetry, self.clock,
                TEMPLATE, self.batch,
            )  # fmt: skip
            try:
                assert claim.handle({"Records": records}, deps) == {"batchItemFailures": []}
            except ProcessKilled:
                pending.extendleft(reversed(records))  # the stream delivers the batch again
            for execution in self.states.executions.values():
                self._start(execution)
            self.states.executions.clear()
        if pending:
            self.at(self.now, self._claim)
        elif self._producing or self._open:
            self.at(self.now + timedelta(seconds=1 if self._producing else 60), self._claim)

    def _start(self, execution: Execution) -> None:
        self._open += 1
        self._go_on(asl.run(MACHINE, execution.input, self._invoke, self.true_clock, self.rng))

    def _go_on(self, steps: Generator[datetime, None, Any]) -> None:
        try:
            until = next(steps, None)
        except asl.TaskFailedError:
            until = None  # the sweeper would bring back what it leaves behind
        if until is None:
            self._open -= 1
        else:
            late = self.model.late if self.rng.random() < self.model.late_share else self.model.wake
            woken = max(self.now, until) + timedelta(milliseconds=draw(self.rng, *late))
            self.at(woken, lambda: self._go_on(steps))

    def _invoke(self, payload: Any) -> Any:
        """The send function, in an idle sandbox or in a new one."""
        if self._idle and self._idle[0][0] <= self.now:
            sandbox = heapq.heappop(self._idle)[2]
            self._spend(draw(self.rng, *self.model.warm))
        else:
            self.cold_starts += 1
            sandbox = self._sandbox()
            self._spend(draw(self.rng, *self.model.cold))
        started, self._skew = self.now, sandbox.skew
        self.latest = max(self.latest, payload["late"])
        try:
            order: dict[str, Any] = send.handle(payload, sandbox.deps, lambda: self._remaining_ms(started))
            self.latest = max(self.latest, order["late"])
            return order
        except SlotVoidError as void:
            self.put_off += 1
            raise asl.TaskFailedError(type(void).__name__, str(void)) from void
        except ProcessKilled as killed:
            sandbox = self._sandbox()
            raise asl.TaskFailedError("Runtime.ExitError", "signal: killed") from killed
        except Exception as error:
            raise asl.TaskFailedError(type(error).__name__, str(error)) from error
        finally:
            self._skew = timedelta()
            self._number += 1
            heapq.heappush(self._idle, (self.now, self._number, sandbox))

    def _sandbox(self) -> Sandbox:
        telemetry: Any = self.telemetry
        templates = Templates(self.control, self._ses().template_parts)
        deps = send.Deps(
            Outbox(self.outbox, self.clock), self._campaign(), self._ses(), templates, telemetry, self.clock,
            sleep=lambda seconds: self._spend(seconds * 1000),
        )  # fmt: skip
        skew = timedelta(milliseconds=self.rng.uniform(-self.model.skew_ms, self.model.skew_ms))
        return Sandbox(skew, deps)

    def _remaining_ms(self, started: datetime) -> int:
        return FUNCTION_SECONDS * 1000 - (self.now - started) // timedelta(milliseconds=1)

    def _spend(self, milliseconds: float) -> None:
        self.now += timedelta(milliseconds=milliseconds)
