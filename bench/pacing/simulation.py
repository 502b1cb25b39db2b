"""A million messages in virtual time: the real handlers and the real state machine on fakes, in a model of the platform.

In the model, each with its own draw: how long a call takes, cold and warm starts of functions, wake-ups that come late,
some of them by seconds, clocks that go wrong, and on demand processes that die. Not in it: the sweeper, feedback, calls
that fail (the crash days have those). An invocation runs as a whole at the time of its start, with a clock of its own
that its calls and sleeps move on; what SES would have refused is counted afterwards, over all asks in the order of
their times.
"""

import heapq
import random
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import Progress

from bench.pacing.windows import busiest, refused
from handlers import claim, send
from shared.campaign import Campaign
from shared.errors import SlotVoidError
from shared.executions import Executions
from shared.fakes.ses import FakeSesClient
from shared.fakes.states import Execution, FakeStatesClient
from shared.fakes.table import FakeTable
from shared.fakes.telemetry import FakeTelemetry
from shared.fakes.wire import Wire
from shared.keys import Key
from shared.message import new_item
from shared.outbox import Outbox
from shared.ses import Sender, Ses
from shared.templates import Templates
from shared.writes import Item
from tests.simulation import asl
from tests.simulation.world import MACHINE, PERIOD, ProcessKilled

T = TypeVar("T")
START = datetime(2026, 11, 1, 6, tzinfo=UTC)
TEMPLATE = "usage-1"
RECORDS_A_BATCH = 100
CLAIM_LANES = 10
PRODUCED_A_SECOND = 1_000
FUNCTION_SECONDS = 60
HEADROOM = 0.1


@dataclass(frozen=True)
class Model:
    """Milliseconds, as median and spread of a lognormal draw, and shares."""

    calls: tuple[tuple[str, float, float], ...] = (("ses.", 70, 0.4), ("states.", 25, 0.4), ("", 6, 0.5))
    """How long a call takes, by the beginning of its name."""
    warm: tuple[float, float] = (25, 0.5)
    cold: tuple[float, float] = (1_400, 0.3)
    wake: tuple[float, float] = (120, 0.8)
    """From the time that a Wait is for to the invocation."""
    late_share: float = 0.002
    late: tuple[float, float] = (4_000, 0.6)
    """Wake-ups that are really late."""
    skew_ms: float = 50
    """Clocks of two sandboxes differ by up to twice this."""
    killed_share: float = 0.0
    """Calls at which the process dies, before AWS is reached or after."""


class ModelWire(Wire):
    """Every call takes its time, and is counted."""

    def __init__(self, model: Model, rng: random.Random, spend: Callable[[float], None]) -> None:
        self._model, self._rng, self._spend = model, rng, spend
        self.calls: Counter[str] = Counter()

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        self.calls[operation] += 1
        median, spread = next((m, s) for name, m, s in self._model.calls if operation.startswith(name))
        took = draw(self._rng, median, spread)
        self._spend(took * 0.6)
        if self._rng.random() < self._model.killed_share / 2:
            raise ProcessKilled(f"before {operation}")
        answer = carry_out()
        if self._rng.random() < self._model.killed_share / 2:
            raise ProcessKilled(f"after {operation}")
        self._spend(took * 0.4)
        return answer


class LeanTable(FakeTable):
    """Keeps only what is still needed: of the stream what `claim` is shown, and no message that is final."""

    def __init__(self, name: str, key: tuple[str, ...], clock: Callable[[], datetime], wire: Wire) -> None:
        super().__init__(name, key, clock, wire)
        self.pending: deque[dict[str, Any]] = deque()
        self.sent: Counter[str] = Counter()
        self._streamed = 0

    def _keep(self, place: tuple[str, ...], item: Item) -> None:
        status = item.get("status")
        if status == "PENDING":
            self.stream.clear()
            super()._keep(place, item)
            self.pending.extend(self._renumbered())
        elif status == "SENT":
            self.sent[item["user_id"]] += 1
            del self._items[place]
        else:
            self._items[place] = item

    def _renumbered(self) -> list[dict[str, Any]]:
        for record in self.stream:
            self._streamed += 1
            record["dynamodb"]["SequenceNumber"] = f"{self._streamed:021d}"
        return list(self.stream)


class LeanSes(FakeSesClient):
    """Accepts everything, and keeps of a mail when and to whom. Refusals are counted afterwards (see the module)."""

    accepted: list[tuple[float, str]]

    def _send(self, request: dict[str, Any]) -> dict[str, str]:
        self.accepted.append((self.clock().timestamp(), request["Destination"]["ToAddresses"][0]))
        return {"MessageId": str(len(self.accepted))}


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
            self.now, _, what = heapq.heappop(self._events)
            self._skew = timedelta()
            what()
            on_progress(len(self.ses.accepted))

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


def draw(rng: random.Random, median: float, spread: float) -> float:
    return median * rng.lognormvariate(0, spread)


RATE, DAILY = 200.0, 500_000.0
SIZES = (1_000, 10_000, 100_000, 1_000_000)
DAY = 86_400.0


def run(console: Console, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Each size at 200 mails a second and 500,000 a day; the figures of the largest, and the calls of all."""
    calls: dict[str, float] = {}
    figures: dict[str, Any] = {}
    for messages in sizes:
        platform = Platform(RATE, DAILY, batch=0, seed=1, model=Model())
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task(f"{messages:,} messages in virtual time", total=messages)
            platform.run(messages, lambda done, task=task, progress=progress: progress.update(task, completed=done))  # type: ignore[misc]
        calls[str(messages)] = round(sum(platform.wire.calls.values()) / messages, 3)
        figures = _figures(platform, messages)
        console.print(
            f"  {messages:,} messages: {figures['sim_drain_s']:,.0f} s, {calls[str(messages)]} AWS calls each"
        )
    return {**figures, "sim_calls_per_message": calls[str(sizes[-1])], "sim_calls_per_message_by_size": calls}


def _figures(platform: Platform, messages: int) -> dict[str, Any]:
    times = sorted(at for at, _ in platform.ses.accepted)
    mails = Counter(to for _, to in platform.ses.accepted)
    drain = times[-1] - times[0]
    return {
        "sim_messages": messages,
        "sim_rate": RATE,
        "sim_daily": DAILY,
        "sim_drain_s": round(drain, 1),
        "sim_drain_ratio": round(drain / ideal_seconds(messages), 4),
        "sim_refused": refused(times, RATE),
        "sim_max_per_second": busiest(times, 1.0),
        "sim_max_per_day": busiest(times, DAY),
        "sim_duplicates": len(times) - len(mails),
        "sim_lost": messages - len(mails),
        "sim_cold_starts": platform.cold_starts,
        "sim_put_off": platform.put_off,
    }


def ideal_seconds(messages: int) -> float:
    """With nothing in the way: whole days' quotas as fast as the rate allows, headroom taken off both."""
    days, rest = divmod(messages - 1, int(DAILY * (1 - HEADROOM)))
    return days * DAY + (rest + 1) / (RATE * (1 - HEADROOM))
