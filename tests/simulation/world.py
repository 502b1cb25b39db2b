"""The whole product in virtual time: the real handlers and the real state machine on the fakes, with streams that
redeliver,
executions that retry, leases that expire, feedback and a sweeper. One thread, no sleep, repeatable from its seed.
"""

import heapq
import json
import random
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from handlers import claim, feedback, producer, send, sweeper
from shared.accounting import Accounting
from shared.campaign import Campaign
from shared.checking import Limits
from shared.drafts import Drafts
from shared.executions import Executions
from shared.fakes.producing import FakeAthena, FakeFunctions, FakeRejects, FakeSenders
from shared.fakes.ses import FakeSesClient, Mail
from shared.fakes.states import Execution, FakeStatesClient
from shared.fakes.table import FakeTable
from shared.fakes.telemetry import FakeTelemetry
from shared.fakes.wire import Wire
from shared.inspection import Inspection
from shared.keys import from_tag
from shared.outbox import Outbox
from shared.runs import Runs
from shared.ses import Sender, Ses
from shared.states import FINAL, HELD, Status
from shared.templates import Templates
from shared.writes import Item
from tests.simulation import asl
from tests.simulation.watched_table import WatchedTable

MACHINE = json.loads((Path(producer.__file__).parent / "send.asl.json").read_text())
PERIOD = "2026-10"
STACK = "onlyonce-test"
TEMPLATE = "usage-1"
BATCH = 10
MAX_RETRIES = 10
"""Of the stream mapping, as serverless.yml has it (held together by the agreement tests)."""

STEPS_AT_MOST = 2_000
"""Between two sweeps; a day of a few messages takes some dozens."""


class ProcessKilled(BaseException):
    """SIGKILL: no except clause of the product sees it."""


@dataclass(order=True)
class _Timer:
    at: datetime
    number: int
    resume: Callable[[], Any] = field(compare=False)


class World:
    """One stack, from usage rows to inbox."""

    def __init__(self, users: int, *, wire: Wire | None = None, seed: int = 1, feedback_events: bool = True) -> None:
        self.now = datetime(2026, 11, 1, 6, tzinfo=UTC)
        self.rng = random.Random(seed)
        self.wire = wire or Wire()
        self.outbox_table = WatchedTable("outbox", ("user_id", "period"), self.clock, self.wire)
        self.control_table = FakeTable("control", ("name",), self.clock, self.wire)
        self.ses_client = FakeSesClient(
            self.clock, self.wire, {TEMPLATE: ("{{month}}", "{{total_time}}", "<p>{{month}}</p>")}
        )
        self.states_client = FakeStatesClient(self.clock, self.wire)
        self.telemetry = FakeTelemetry()
        self.rows: list[dict[str, str | None]] = [usage_row(number) for number in range(users)]
        self.athena = FakeAthena(self.rows, self.wire)
        self.producers = FakeFunctions(self.wire)
        self.events: list[dict[str, Any]] = []
        self.send_batch_size = 1
        self.failed_executions: list[str] = []
        self._feedback_events = feedback_events
        self._streamed = 0
        self._lose_stream = False
        self._batch_deliveries = 1
        self._retries = 0
        self._reported = 0
        self._started: set[str] = set()
        self._timers: list[_Timer] = []
        self._stalled: tuple[datetime, datetime] | None = None

    def clock(self) -> datetime:
        return self.now

    # --- one invocation of each function, in a process of its own ---
    def outbox(self) -> Outbox:
        return Outbox(self.outbox_table, self.clock)

    def campaign(self) -> Campaign:
        return Campaign(self.control_table, self.clock, self._ses().quota, headroom=0.1)

    def accounting(self) -> Accounting:
        return Accounting(self.control_table, self.outbox(), self.runs(), self.clock)

    def _ses(self) -> Ses:
        client: Any = self.ses_client
        return Ses(client, Sender("usage@example.com", STACK, STACK))

    def _templates(self) -> Templates:
        return Templates(self.control_table, self._ses().template_parts)

    def produce(
        self, event: dict[str, Any] | None = None, *, remaining_ms: Callable[[], int] = lambda: 900_000
    ) -> dict[str, Any]:
        deps = self.producer_deps(FakeRejects(self.wire), FakeSenders(self.wire), self.producers)
        return producer.handle(event or {"period": PERIOD}, deps, "test", remaining_ms)

    def producer_deps(
        self, rejects: Any, senders: Any, functions: Any, *, template: str = TEMPLATE, preferences_url: str = ""
    ) -> producer.Deps:
        athena: Any = self.athena
        telemetry: Any = self.telemetry
        runs, drafts = self.runs(), Drafts(template, preferences_url, self.clock)
        inspection = Inspection(runs, drafts, rejects, self._templates(), senders, Limits(), telemetry)
        return producer.Deps(
            self.outbox(), runs, self.campaign(), athena, inspection, drafts, rejects, functions, telemetry,
            self.clock, "Europe/Berlin",
        )  # fmt: skip

    def runs(self) -> Runs:
        return Runs(self.control_table, self.clock)

    def claim(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        states: Any = self.states_client
        telemetry: Any = self.telemetry
        executions = Executions(states, "arn")
        deps = claim.Deps(
            self.outbox(), self.campaign(), executions, telemetry, self.clock, TEMPLATE, self.send_batch_size
        )
        return claim.handle({"Records": records}, deps)

    def send(self, event: Any, remaining_ms: Callable[[], int] = lambda: 60_000) -> dict[str, Any]:
        telemetry: Any = self.telemetry
        deps = send.Deps(
            self.outbox(), self.campaign(), self._ses(), self._templates(), telemetry, self.clock, sleep=self._sleep
        )
        return send.handle(event, deps, remaining_ms)

    def sweep(self, remaining_ms: int = 200_000) -> dict[str, int]:
        telemetry: Any = self.telemetry
        producers: Any = self.producers
        deps = sweeper.Deps(
            self.outbox(), self.campaign(), telemetry, self.clock, self.accounting(), self.runs(), producers, attempts=5
        )
        return sweeper.handle(deps, lambda: remaining_ms)

    def feed_back(self, detail: dict[str, Any]) -> dict[str, str]:
        telemetry: Any = self.telemetry
        return feedback.handle({"detail": detail}, feedback.Deps(self.outbox(), telemetry, STACK))

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    # --- what AWS does by itself ---
    def run(self, sweeps: int = 60) -> None:
        """Lets everything happen until nothing is left to do, with a sweep every five minutes, at most so many."""
        for _ in range(sweeps):
            steps = 0
            while self._step():
                steps += 1
                assert steps < STEPS_AT_MOST, "the product never comes to rest"
            if self.finished():
                return
            self.now += timedelta(minutes=5)
            self._lose_stream = False
            self._survive(self.sweep)

    def lose_stream_until_sweep(self) -> None:
        """What is streamed before the first sweep never reaches `claim`."""
        self._lose_stream = True

    def deliver_every_batch_twice(self) -> None:
        self._batch_deliveries = 2

    def later(self, delay: timedelta, happens: Callable[[], Any]) -> None:
        """Something that happens by itself in a while, between the steps of everybody else; it may find itself dead."""
        self._set_timer(self.now + delay, lambda: self._survive(happens))

    def finished(self) -> bool:
        return all(item["status"] in FINAL | HELD for item in self.messages())

    def messages(self) -> list[Item]:
        return self.outbox_table.items()

    def mails(self) -> Counter[str]:
        """Mails of each user in the inbox."""
        return Counter(user_of(mail) for mail in self.ses_client.inbox)

    def statuses(self) -> dict[str, str]:
        return {item["user_id"]: item["status"] for item in self.messages()}

    def _step(self) -> bool:
        """One thing that can happen now; False when there is none but time passing by itself."""
        if self._start_producers() or self._deliver_stream() or self._start_executions() or self._deliver_feedback():
            return True
        if self._timers:
            timer = heapq.heappop(self._timers)
            self.now = max(self.now, timer.at)
            timer.resume()
            return True
        return False

    def _start_producers(self) -> bool:
        if not self.producers.started:
            return False
        self.producers.started.pop(0)
        self._survive(self.produce)
        return True

    def _deliver_stream(self) -> bool:
        batch = self.outbox_table.stream[self._streamed : self._streamed + BATCH]
        if not batch:
            return False
        pending = [one for one in batch if one["dynamodb"]["NewImage"]["status"] == {"S": Status.PENDING}]
        if self._lose_stream:
            pending = []
        for _ in range(self._batch_deliveries - 1):
            self._survive(lambda: self.claim(pending))
        answer = self._survive(lambda: self.claim(pending)) if pending else {"batchItemFailures": []}
        failures = answer["batchItemFailures"] if answer else [{"itemIdentifier": pending[0]["eventID"]}]
        if failures and self._retries < MAX_RETRIES:
            self._retries += 1
            self.now += timedelta(seconds=1)
            self._streamed = int(failures[0]["itemIdentifier"]) - 1
        else:
            self._streamed += len(batch)
            self._retries = 0
        return True

    def _start_executions(self) -> bool:
        fresh = [one for name, one in self.states_client.executions.items() if name not in self._started]
        for execution in fresh:
            self._started.add(execution.name)
            self._resume(execution, asl.run(MACHINE, execution.input, self._invoke_send, self.clock, self.rng))
        return bool(fresh)

    def _resume(self, execution: Execution, steps: Generator[datetime, None, Any]) -> None:
        try:
            at = next(steps)
        except StopIteration:
            execution.running = False
        except asl.TaskFailedError as error:
            execution.running = False
            self.failed_executions.append(error.name)
        else:
            self._set_timer(at, lambda: self._resume(execution, steps))

    def stall(self, first: timedelta, last: timedelta) -> None:
        """Nothing that waits wakes up from the one time on, counted from now, until the other."""
        self._stalled = self.now + first, self.now + last

    def _set_timer(self, at: datetime, resume: Callable[[], Any]) -> None:
        if self._stalled and self._stalled[0] <= at < self._stalled[1]:
            at = self._stalled[1]
        heapq.heappush(self._timers, _Timer(at, len(self._timers) + self.rng.randrange(1 << 30), resume))

    def _invoke_send(self, payload: Any) -> Any:
        try:
            return json.loads(json.dumps(self.send(json.loads(json.dumps(payload)))))
        except ProcessKilled as killed:
            raise asl.TaskFailedError("Runtime.ExitError", "signal: killed") from killed
        except Exception as error:
            raise asl.TaskFailedError(type(error).__name__, str(error)) from error

    def _deliver_feedback(self) -> bool:
        if not self._feedback_events:
            return False
        for mail in self.ses_client.inbox[self._reported :]:
            self.events += [event_of("Send", mail), event_of("Delivery", mail)]
        self._reported = len(self.ses_client.inbox)
        if not self.events:
            return False
        event = self.events.pop(0)
        if self._survive(lambda: self.feed_back(event)) is None:
            self.events.append(event)  # Lambda repeats an asynchronous event that failed
        return True

    def _survive(self, invocation: Callable[[], Any]) -> Any:
        """One invocation of a function that AWS may find dead; None then."""
        try:
            return invocation()
        except ProcessKilled:
            return None
        except Exception as error:
            self.telemetry.refuse("invocation_failed", error)
            return None


def usage_row(number: int) -> dict[str, str | None]:
    """A row of the usage query, as Athena gives it."""
    return {
        "user_id": f"user-{number:05}",
        "email": f"user-{number:05}@example.com",
        "total_minutes": "1234.500",
        "device_count": "2",
        "active_days": "17",
        "busiest_day": f"{PERIOD}-17",
        "busiest_day_minutes": "141.000",
        "previous_minutes": "1000.000",
        "change_percent": "23.5",
    }


def event_of(kind: str, mail: Mail) -> dict[str, Any]:
    """An SES event about a mail, as EventBridge delivers its detail."""
    tags = {name: [value] for name, value in mail.tags.items()}
    return {"eventType": kind, "mail": {"messageId": mail.message_id, "tags": tags, "destination": [mail.recipient]}}


def user_of(mail: Mail) -> str:
    return from_tag(mail.tags["onlyonce-user"])
