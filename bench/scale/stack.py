"""The product in virtual time, metered: its functions beside each other, its stream, its executions and SES's events."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bench.pacing.model import LeanStates
from bench.scale import declared
from bench.scale.meter import Invocation, Meter, MeteredWire, Telling, Thread
from bench.scale.platform import CountingSes, Starter
from bench.scale.scenario import HEADROOM, Scenario
from bench.scale.sources import ThinnedCampaign, UsageRows
from bench.scale.table import MeteredTable, Outbox
from bench.scale.thinning import CHUNK, Thinning
from dags import state_machine
from dags.executions import MACHINE
from shared.aws.ses import Ses
from shared.outbox.table_pin import KEY, TablePin
from shared.pacing import control_item
from shared.pacing.campaign import Campaign
from shared.periods import Period
from shared.producing.run import LEASE, key_of
from shared.rendering.template_variables import TemplateVariables
from shared.store import Write
from shared.sweeping.intervals import SWEEP_EVERY
from shared.times import to_text
from simulation.fakes.ses import Mail
from simulation.fakes.states import Execution
from simulation.fakes.table import FakeTable
from simulation.ses_events import event_of
from simulation.stack import PERIOD, SimulatedStack
from simulation.virtual_time import VirtualTime, current_process

START = datetime(2026, 11, 1, 6, tzinfo=UTC)
SHARDS = 4
"""Of a new table's stream (source: ddb-stream-shards)."""
RECORDS_A_BATCH, BATCH_WINDOW = 2_000, timedelta(seconds=1)
"""Of the stream mapping, as serverless.yml has it."""
PRODUCER_MS, SEND_MS, SWEEPER_MS = 900_000, 60_000, 240_000
ONE_FOR_ALL = ("producer", "sweeper")
"""Functions whose invocation is one of the month's, however few messages are played."""
T = TypeVar("T")


class MeteredStack(SimulatedStack):
    """One stack, in one month."""

    def __init__(self, thinning: Thinning, scenario: Scenario) -> None:
        self.time = VirtualTime(START)
        super().__init__(0)
        self.thinning, self.meter, self._start = thinning, Meter(thinning.weight), timedelta(seconds=scenario.start_s)
        clock, wire = self.time.clock, MeteredWire(self.meter, self.time)
        self.wire: MeteredWire = wire
        self.outbox_table: Any = Outbox(clock, wire, self.meter, SHARDS, self._streamed, self._inserted)
        self.control_table: Any = MeteredTable("control", ("name",), clock, wire, self.meter, {})
        self.unsubscribed_table: Any = MeteredTable("unsubscribed", ("user_id",), clock, wire, self.meter, {})
        self.control_table.put({**KEY, "table_id": self.outbox_table.table_id})
        self.ses_client: Any = CountingSes(clock, wire, scenario.rate, scenario.daily, thinning.weight, self._accepted)
        self.states_client: Any = LeanStates(clock, wire, self._begin)
        self.athena: Any = UsageRows((), wire, clock)
        self.athena.count = thinning.played
        self.producers: Any = Starter(wire, self.start_producer)
        self.telemetry: Any = Telling()
        self.send_batch_size = 0
        self.remedies = Counter[str]()
        self.inserted = self.tickets = self.sweeps = 0
        """Rows that are written, and tickets given to them."""
        self._rng = random.Random(1)
        self._busy_lanes: set[int] = set()
        self._idle: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    def clock(self) -> datetime:
        return self.time.clock()

    # --- what a function's process keeps from one invocation to the next ----------------------------------------------
    def _kept(self, name: str, make: Callable[[], T]) -> T:
        process = current_process()
        kept = process.remembered if isinstance(process, Invocation) else {}
        if name not in kept:
            kept[name] = make()
        found: T = kept[name]
        return found

    def campaign(self) -> Campaign:
        return self._kept("campaign", self._campaign)

    def _campaign(self) -> Campaign:
        quota, control = self._account().quota, self.control_table
        return ThinnedCampaign(control, self.time.clock, quota, headroom=HEADROOM, stack=self)

    def _warm(self, function: str) -> TablePin:
        return self._kept(function, self.pin)

    def _ses(self) -> Ses:
        return self._kept("ses", super()._ses)

    def _signing_key(self) -> bytes:
        return self._kept("key", super()._signing_key)

    def _templates(self) -> TemplateVariables:
        return self._kept("templates", super()._templates)

    # --- invocations --------------------------------------------------------------------------------------------------
    def at(self, when: datetime, work: Callable[[], object]) -> None:
        """A process begins it then, beside whatever else goes on."""
        self.time.at(when, lambda: Invocation("", work).go_on())

    def _invoke(self, function: str, work: Callable[[], T]) -> T:
        """By the process that calls this, in an idle sandbox or a new one."""
        process = current_process()
        assert isinstance(process, Invocation)
        process.function, process.remembered = function, self._sandbox(function)
        began = self.time.now
        self._sleep(declared.BEGINS_MS / 1000)
        try:
            return work()
        finally:
            self.telemetry.flush()
            stands_for = 1.0 if function in ONE_FOR_ALL else self.meter.weight
            self.meter.ended(function, self.time.now - began, stands_for)
            self._idle[function].append(process.remembered)
            process.function, process.remembered = "", {}

    def _sandbox(self, function: str) -> dict[str, Any]:
        """What an idle process remembers; where there is none, another one starts."""
        if self._idle[function]:
            return self._idle[function].pop()
        self.time.elapse(self._start)
        self.meter.started(function, self._start)
        return {}

    def _sleep(self, seconds: float) -> None:
        self.time.elapse(timedelta(seconds=max(0.0, seconds)))

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Who wrote the control item in vain waits in virtual time before the next try."""
        real, control_item._give_way = control_item._give_way, self._give_way
        try:
            yield
        finally:
            control_item._give_way = real

    def _give_way(self, attempt: int) -> None:
        self._sleep(self._rng.uniform(0, 0.01 * 2 ** min(attempt, 6)))

    def _left(self, of_ms: int) -> Callable[[], int]:
        began = self.time.now
        return lambda: of_ms - (self.time.now - began) // timedelta(milliseconds=1)

    def start_producer(self) -> None:
        self.at(
            self.time.now, lambda: self._invoke("producer", lambda: self.produce(remaining_ms=self._left(PRODUCER_MS)))
        )

    def _inserted(self, rows: int) -> None:
        """They took their time, and so did those that are passed over, whose pages keep the run's lease."""
        self.inserted += rows
        passed = self.thinning.passed(self.inserted) - self.thinning.passed(self.inserted - rows)
        takes = timedelta(seconds=(rows + passed) / declared.PRODUCED)
        if passed:
            lease = {"lease_expires_at": to_text(self.time.now + takes + LEASE)}
            FakeTable._update(self.control_table, Write(key_of(Period.parse(PERIOD)), (), lease))
        self.time.elapse(takes)

    def _streamed(self, lane: int) -> None:
        """The stream has something: its lane takes it up after the time that it waits for a batch to fill."""
        if lane not in self._busy_lanes:
            self._busy_lanes.add(lane)
            self.at(self.time.now + BATCH_WINDOW, lambda: self._claim_lane(lane))

    def _claim_lane(self, lane: int) -> None:
        """Until nothing is left in it. What is passed over between two chunks takes the lane as long as these have. It is behind
        the producer then, and finds a chunk that is whole.
        """
        pending, owed_s = self.outbox_table.pending[lane], 0.0
        while pending:
            while self.thinning.between and self.inserted % CHUNK:
                self._sleep(BATCH_WINDOW.total_seconds())
            records = [pending.popleft() for _ in range(min(RECORDS_A_BATCH, len(pending)))]
            began = self.time.now
            answer = self._invoke("claim", lambda records=records: self.claim(records))  # type: ignore[misc]
            assert answer == {"batchItemFailures": []}
            owed_s += (self.meter.weight - 1) * (self.time.now - began).total_seconds()
            if not pending and self.inserted % CHUNK == 0:
                self._sleep(owed_s)
                owed_s = 0.0
        self._busy_lanes.remove(lane)

    def _begin(self, execution: Execution) -> None:
        self.at(self.time.now, lambda: self._go_on(state_machine.run(
            MACHINE, execution.input, self._invoke_send, self.time.clock, self._rng, self._transition
        )))  # fmt: skip

    def _transition(self) -> None:
        self.meter.counts.transitions += self.meter.weight

    def _go_on(self, steps: Generator[datetime, None, Any]) -> None:
        until = next(steps, None)
        if until is not None:
            wakes_at = max(self.time.now, until) + timedelta(milliseconds=declared.WAKES_MS)
            self.at(wakes_at, lambda: self._go_on(steps))

    def _invoke_send(self, payload: Any) -> Any:
        try:
            return self._invoke("send", lambda: self.send(payload, self._left(SEND_MS)))
        except Exception as error:
            raise state_machine.TaskFailedError(type(error).__name__, str(error)) from error

    def _accepted(self, mail: Mail) -> None:
        for kind, seconds in (("Send", declared.SEND_EVENT_S), ("Delivery", declared.DELIVERY_EVENT_S)):
            event = event_of(kind, mail)
            self.at(
                self.time.now + timedelta(seconds=seconds),
                lambda event=event: self._invoke("feedback", lambda: self.feed_back(event)),  # type: ignore[misc]
            )

    def sweep_now(self) -> None:
        self.sweeps += 1
        left = self._left(SWEEPER_MS)
        self.remedies.update(self._invoke("sweeper", lambda: self.sweep(left)))

    def sweep_on(self, over: Callable[[], bool]) -> None:
        """Every few minutes, until the month is over."""
        if not over():
            self.at(self.time.now + SWEEP_EVERY, lambda: self.sweep_on(over))
            self.sweep_now()

    def _in_parallel(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        """Each in a thread of the sweeper's; it goes on when all have ended."""
        caller, results = current_process(), dict[int, T]()
        assert isinstance(caller, Invocation)

        def run(number: int, task: Callable[[], T]) -> None:
            results[number] = task()
            if len(results) == len(tasks):
                self.time.at(self.time.now, caller.go_on)

        for number, task in enumerate(tasks):
            thread = Thread("sweeper", lambda number=number, task=task: run(number, task))  # type: ignore[misc]
            self.time.at(self.time.now, thread.go_on)
        caller.give_way()
        return [results[number] for number in range(len(tasks))]
