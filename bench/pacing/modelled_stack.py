"""The product on the model: its functions in sandboxes, its stream and its executions, in virtual time, all side by side."""

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.pacing.killing import KillingTime
from bench.pacing.model import LeanSes, LeanStates, LeanTable, Model, ModelWire, draw
from dags import state_machine
from dags.executions import MACHINE
from handlers import claim, send
from shared.aws.ses import Sender, Ses
from shared.aws.ses_account import SesAccount
from shared.aws.step_functions import Executions
from shared.keys import Key
from shared.outbox.new_message import new_item
from shared.outbox.outbox import Outbox
from shared.outbox.table_pin import KEY as PINNED
from shared.outbox.table_pin import TablePin
from shared.pacing.campaign import Campaign
from shared.rendering.mail_kind import MailTemplate
from shared.rendering.template_variables import TemplateVariables
from shared.rendering.unsubscribing import NONE, Unsubscribing
from shared.times import Clock
from simulation.fakes.states import Execution
from simulation.fakes.table import FakeTable
from simulation.fakes.telemetry import FakeTelemetry
from simulation.fakes.wire import Wire
from simulation.stack import PERIOD
from simulation.virtual_time import Process, current_process
from simulation.world import ProcessKilled

START = datetime(2026, 11, 1, 6, tzinfo=UTC)
MAIL_TEMPLATE = MailTemplate("usage-1", "{{month}}", "{{total_time}}", "")
TEMPLATE = MAIL_TEMPLATE.name
SENDER = "usage@example.com"
RECORDS_A_BATCH = 2_000
CLAIM_LANES = 10
BATCH_WINDOW = timedelta(seconds=1)
PRODUCED_A_SECOND = 1_000
FUNCTION_SECONDS, CLAIM_SECONDS = 60, 300
HEADROOM = 0.1


@dataclass
class Sandbox:
    """A function's process: its clock's error and what it remembers between invocations."""

    skew: timedelta
    deps: send.Deps = field(repr=False)


class Platform:
    """One stack in the model."""

    def __init__(
        self, rate: float, daily: float, batch: int, seed: int, model: Model, headroom: float = HEADROOM
    ) -> None:
        self.model, self.rng, self.time = model, random.Random(seed), KillingTime(START)
        self.true_clock, self.clock = self.time.true_clock, self.time.clock
        self.wire = ModelWire(model, self.rng, self.time)
        self.outbox = LeanTable(
            "outbox", ("user_id", "period"), self.true_clock, self.wire, CLAIM_LANES, self._streamed
        )
        self.control = FakeTable("control", ("name",), self.true_clock, self.wire)
        self.pin = _known_table(self.clock)
        self.ses = LeanSes(self.true_clock, self.wire, {TEMPLATE: MAIL_TEMPLATE.parts}, rate, daily)
        self.ses.accepted = []
        self.telemetry = FakeTelemetry()
        self.batch, self.headroom = batch, headroom
        self.cold_starts = self.transitions = 0
        self.most_late = timedelta()
        """How late the latest wake-up came beyond the delay of all, or the longest cold start."""
        self._busy_lanes: set[int] = set()
        self._idle = [self._sandbox() for _ in range(model.warm_functions)]

    @property
    def now(self) -> datetime:
        return self.time.now

    def at(self, when: datetime, work: Callable[[], None]) -> None:
        """A process begins it then, beside whatever else goes on."""
        self.time.at(when, lambda: Process(work).go_on())

    def kill_senders(self, when: datetime) -> None:
        """All processes of the send function die then, busy or not."""
        self.time.kill_at(when)
        self.at(when, self._idle.clear)

    def spend(self, milliseconds: float) -> None:
        """So much time passes for the process that calls this."""
        self.time.elapse(timedelta(milliseconds=milliseconds))

    def run(self, messages: int, on_progress: Callable[[int], None], waiting: int = 0) -> None:
        """Until nothing is left to do. So many are `waiting` behind these messages: tickets that are given out and not used."""
        self.at(START, lambda: self._produce(0, messages))
        if waiting:
            self.at(START + timedelta(seconds=messages / PRODUCED_A_SECOND + 1), lambda: self._give_out(waiting))
        while self.time.step():
            on_progress(len(self.ses.accepted))

    def _give_out(self, tickets: int) -> None:
        """Once everything is claimed."""
        if self._busy_lanes:
            self.at(self.now + BATCH_WINDOW, lambda: self._give_out(tickets))
            return
        while tickets and not self._campaign().reserve(tickets).slots:
            tickets //= 2  # the timetable goes no further ahead

    # --- the product's functions --------------------------------------------------------------------------------------
    def _campaign(self) -> Campaign:
        return Campaign(self.control, self.clock, self._account().quota, headroom=self.headroom)

    def _account(self) -> SesAccount:
        client: Any = self.ses
        return SesAccount(client)

    def _ses(self) -> Ses:
        client: Any = self.ses
        return Ses(client, Sender(SENDER, "onlyonce", "onlyonce"), Unsubscribing(NONE))

    def _produce(self, first: int, messages: int) -> None:
        """A second's worth."""
        last = min(messages, first + PRODUCED_A_SECOND)
        items = [
            new_item(
                Key(f"user-{number:07}", PERIOD), f"{number}@example.com", {"month": "October", "total_time": "1 h"},
                TEMPLATE, SENDER, self.now, self.now,
            )
            for number in range(first, last)
        ]  # fmt: skip
        while True:
            try:
                Outbox(self.outbox, self.clock).produce(items)
                break
            except ProcessKilled:
                continue  # started again, it puts what is not there yet
        if last < messages:
            self.at(START + timedelta(seconds=last / PRODUCED_A_SECOND), lambda: self._produce(last, messages))

    def _streamed(self, lane: int) -> None:
        """The stream has something: its lane takes it up after the time that it waits for a batch to fill."""
        if lane not in self._busy_lanes:
            self._busy_lanes.add(lane)
            self.at(self.now + BATCH_WINDOW, lambda: self._claim(lane))

    def _claim(self, lane: int) -> None:
        """Until nothing is left in the lane."""
        pending = self.outbox.pending[lane]
        while pending:
            records = [pending.popleft() for _ in range(min(RECORDS_A_BATCH, len(pending)))]
            try:
                answer = claim.handle({"Records": records}, self._claim_deps(), lambda: CLAIM_SECONDS * 1000)
                assert answer == {"batchItemFailures": []}
            except ProcessKilled:
                pending.extendleft(reversed(records))  # the stream delivers the batch again
        self._busy_lanes.remove(lane)

    def _claim_deps(self) -> claim.Deps:
        client: Any = LeanStates(
            self.true_clock, self.wire, lambda execution: self.at(self.now, lambda: self._start(execution))
        )
        return claim.Deps(
            Outbox(self.outbox, self.clock), self.pin, self._campaign(), Executions(client, "arn"), self.telemetry, self.clock,
            MAIL_TEMPLATE, self._account().make, SENDER, self.batch,
        )  # fmt: skip

    def _start(self, execution: Execution) -> None:
        self._go_on(
            state_machine.run(MACHINE, execution.input, self._invoke, self.true_clock, self.rng, self._transition)
        )

    def _transition(self) -> None:
        self.transitions += 1

    def _go_on(self, steps: Generator[datetime, None, Any]) -> None:
        try:
            until = next(steps, None)
        except state_machine.TaskFailedError:
            until = None  # the sweeper would bring back what it leaves behind
        if until is not None:
            self.at(max(self.now, until) + self._wakes_late(), lambda: self._go_on(steps))

    def _wakes_late(self) -> timedelta:
        late = self.rng.random() < self.model.late_share
        by = self.rng.uniform(*self.model.late_ms) if late else draw(self.rng, *self.model.wake)
        self._note_late(by)
        return timedelta(milliseconds=by + self.model.delay_ms)

    def _note_late(self, milliseconds: float) -> None:
        self.most_late = max(self.most_late, timedelta(milliseconds=milliseconds))

    def _invoke(self, payload: Any) -> Any:
        try:
            with self.time.mortal():
                return self._send(payload)
        except ProcessKilled as killed:
            raise state_machine.TaskFailedError("Runtime.ExitError", "signal: killed") from killed

    def _send(self, payload: Any) -> Any:
        """The send function, in an idle sandbox or in a new one. One that is killed is gone."""
        if self._idle:
            sandbox = self._idle.pop()
            self.spend(draw(self.rng, *self.model.warm))
        else:
            self.cold_starts += 1
            sandbox, cold_ms = self._sandbox(), draw(self.rng, *self.model.cold)
            self._note_late(cold_ms)
            self.spend(cold_ms)
        started, process = self.now, current_process()
        assert process is not None
        process.skew = sandbox.skew
        try:
            answer = send.handle(payload, sandbox.deps, lambda: self._remaining_ms(started))
        except Exception as error:
            self._idle.append(sandbox)
            raise state_machine.TaskFailedError(type(error).__name__, str(error)) from error
        finally:
            process.skew = timedelta()
        self._idle.append(sandbox)
        return answer

    def _sandbox(self) -> Sandbox:
        templates = TemplateVariables(self.control, self._account().template_parts)
        deps = send.Deps(
            Outbox(self.outbox, self.clock), self.pin, self._campaign(), self._ses(), templates, self.telemetry, self.clock,
            sleep=lambda seconds: self.spend(seconds * 1000),
        )  # fmt: skip
        skew = timedelta(milliseconds=self.rng.uniform(-self.model.skew_ms, self.model.skew_ms))
        return Sandbox(skew, deps)

    def _remaining_ms(self, started: datetime) -> int:
        return FUNCTION_SECONDS * 1000 - (self.now - started) // timedelta(milliseconds=1)


def _known_table(clock: Clock) -> TablePin:
    """The stack works with its own table. The two reads of each process and minute take no time here: in 2,000 cold starts at
    two mails a second SES refused 77 mails with them, and 76 without.
    """
    control, outbox = (FakeTable(name, ("name",), clock, Wire()) for name in ("control", "outbox"))
    control.put({**PINNED, "table_id": outbox.table_id})
    return TablePin(control, outbox, clock)
