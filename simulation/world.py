"""The whole product in virtual time: the real handlers and the real state machine on the fakes, with streams that
redeliver, executions that retry, leases that expire, feedback and a sweeper. One thing at a time, nothing really sleeps, and
all is repeatable from its seed.
"""

import heapq
import json
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dags import state_machine
from dags.executions import MACHINE
from shared.outbox.states import FINAL, HELD, Status
from shared.sweeping.intervals import SWEEP_EVERY
from simulation.fakes.states import Execution
from simulation.fakes.wire import Wire
from simulation.ses_events import event_of
from simulation.stack import SimulatedStack
from simulation.virtual_time import Process, current_process

BATCH = 10
MAX_RETRIES = 10
"""Of the stream mapping, as serverless.yml has it (held together by tests/drift)."""

STEPS_AT_MOST = 2_000
"""Between two sweeps; a day of a few messages takes some dozens."""


class ProcessKilled(BaseException):
    """SIGKILL: no except clause of the product sees it."""


@dataclass(order=True)
class _Timer:
    at: datetime
    number: int
    resume: Callable[[], Any] = field(compare=False)


class World(SimulatedStack):
    """One stack, from usage rows to inbox."""

    def __init__(self, users: int, *, wire: Wire | None = None, seed: int = 1, feedback_events: bool = True) -> None:
        super().__init__(users, wire)
        self.rng = random.Random(seed)
        self.events: list[dict[str, Any]] = []
        self.failed_executions: list[str] = []
        self.says: tuple[str, ...] = ("Send", "Delivery")
        """Of each mail."""
        self._feedback_events = feedback_events
        self._streamed = 0
        self._lose_stream = False
        self._batch_deliveries = 1
        self._retries = 0
        self._reported = 0
        self._started: set[str] = set()
        self._timers: list[_Timer] = []
        self._stalled: tuple[datetime, datetime] | None = None
        self._wakes_late = timedelta()

    # --- what AWS does by itself ---
    def run(self, sweeps: int = 75) -> None:
        """Lets everything happen until nothing is left to do, with a sweep every few minutes, at most so many."""
        for _ in range(sweeps):
            steps = 0
            while self._step():
                steps += 1
                assert steps < STEPS_AT_MOST, "the product never comes to rest"
            if self.finished():
                return
            self.now += SWEEP_EVERY
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
            self._resume(
                execution, state_machine.run(MACHINE, execution.input, self._invoke_send, self.clock, self.rng)
            )
        return bool(fresh)

    def _sleep(self, seconds: float) -> None:
        """A function that sleeps keeps no other from waking up."""
        process = current_process()
        if seconds <= 0 or process is None:
            super()._sleep(seconds)
            return
        heapq.heappush(self._timers, self._timer(self.now + timedelta(seconds=seconds), process.go_on))
        process.give_way()

    def _resume(self, execution: Execution, steps: Generator[datetime, None, Any]) -> None:
        if not execution.running:
            return  # stopped by hand
        try:
            at = next(steps)
        except StopIteration:
            execution.running = False
        except state_machine.TaskFailedError as error:
            execution.running = False
            self.failed_executions.append(error.name)
        else:
            at = max(at, self.now) + self._wakes_late
            self._set_timer(at, lambda: Process(lambda: self._resume(execution, steps)).go_on())

    def stall(self, first: timedelta, last: timedelta) -> None:
        """Nothing that waits wakes up from the one time on, counted from now, until the other."""
        self._stalled = self.now + first, self.now + last

    def wakes_late(self, delay: timedelta) -> None:
        """Each execution that waits wakes up so much later than it should."""
        self._wakes_late = delay

    def ses_takes(self, delay: timedelta, lasting: timedelta = timedelta.max) -> None:
        """SES answers so much later than it accepts, from now on and for so long."""
        until = self.now + lasting if lasting < timedelta.max else datetime.max.replace(tzinfo=UTC)
        self.ses_client.answers_late = lambda: self._sleep(delay.total_seconds() if self.now < until else 0)

    def _set_timer(self, at: datetime, resume: Callable[[], Any]) -> None:
        if self._stalled and self._stalled[0] <= at < self._stalled[1]:
            at = self._stalled[1]
        heapq.heappush(self._timers, self._timer(at, resume))

    def _timer(self, at: datetime, resume: Callable[[], object]) -> _Timer:
        return _Timer(at, len(self._timers) + self.rng.randrange(1 << 30), resume)

    def _invoke_send(self, payload: Any) -> Any:
        try:
            return json.loads(json.dumps(self.send(json.loads(json.dumps(payload)))))
        except ProcessKilled as killed:
            self.processes.clear()
            raise state_machine.TaskFailedError("Runtime.ExitError", "signal: killed") from killed
        except Exception as error:
            raise state_machine.TaskFailedError(type(error).__name__, str(error)) from error

    def _deliver_feedback(self) -> bool:
        if not self._feedback_events:
            return False
        for mail in self.ses_client.inbox[self._reported :]:
            self.events += [event_of(kind, mail) for kind in self.says]
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
            self.processes.clear()
            return None
        except Exception as error:
            self.telemetry.refuse("invocation_failed", error)
            return None
