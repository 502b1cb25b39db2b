"""Send executions without Step Functions: the product's own state machine, carried out in this process."""

import heapq
import json
import random
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Condition, Thread
from time import monotonic, sleep
from typing import Any

import handlers
from dags import state_machine
from shared.times import Clock

MACHINE = json.loads((Path(handlers.__file__).parent / "send.asl.json").read_text())
LOOK_S = 0.2
"""Between two looks whether the process is to end."""
Steps = Generator[datetime, None, Any]
Invoke = Callable[[Any], Any]
"""The send function: payload in, answer out. Its errors are told apart by their classes' names, as Lambda tells them."""


class Stopping:
    """Whether a process has been asked to end. Signal handlers may set it: it has no lock."""

    def __init__(self) -> None:
        self.asked = False

    def sleep(self, seconds: float) -> None:
        """No longer than until it is asked."""
        until = monotonic() + seconds
        while not self.asked and (left := until - monotonic()) > 0:
            sleep(min(left, LOOK_S))


class ExecutionAlreadyExists(Exception):
    """By that name one was started before."""


class exceptions:
    """As a client of the SDK has them."""

    ExecutionAlreadyExists = ExecutionAlreadyExists


@dataclass(order=True)
class _Waiting:
    until: datetime
    number: int
    steps: Steps = field(compare=False)


class ExecutionsHere:
    """Takes the place of Step Functions' client: what is started runs in threads of `pool`. The process may die at any time, as
    executions may; what their messages then wait for is their claims' lease, or the same owner's next try.
    """

    exceptions = exceptions

    def __init__(self, invoke: Invoke, clock: Clock, pool: Executor, stopping: Stopping) -> None:
        """`stopping`: from then on no execution goes on."""
        self._invoke = invoke
        self._stopping = stopping
        self._clock = clock
        self._pool = pool
        self._names: set[str] = set()
        self._waiting: list[_Waiting] = []
        self._running = 0
        self._changed = Condition()
        self._over = False
        self.failed: Counter[str] = Counter()
        """How many ended in which error."""
        self._timer = Thread(target=self._wake, name="executions", daemon=True)
        self._timer.start()

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: ARG002
        """Of that name, once."""
        with self._changed:
            if name in self._names:
                raise ExecutionAlreadyExists(name)
            self._names.add(name)
            self._running += 1
        self._pool.submit(
            self._go_on, state_machine.run(MACHINE, json.loads(input), self._invoke_send, self._clock, random.Random())
        )

    def wait(self, before: datetime) -> datetime | None:
        """Until every execution has ended or waits for a later time than that; the first such time, None if all have ended."""
        with self._changed:
            while self._running or (self._is_next_before(before) and not self._stopping.asked):
                self._changed.wait(LOOK_S)
            return self._waiting[0].until if self._waiting else None

    def _is_next_before(self, at: datetime) -> bool:
        return bool(self._waiting) and self._waiting[0].until < at

    def close(self) -> None:
        """Wakes up no more of them."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._timer.join()

    def _wake(self) -> None:
        """The timer: hands each execution to the pool when its time has come."""
        with self._changed:
            while not self._over and not self._stopping.asked:
                now = self._clock()
                while self._waiting and self._waiting[0].until <= now:
                    self._running += 1
                    self._pool.submit(self._go_on, heapq.heappop(self._waiting).steps)
                left = (self._waiting[0].until - now).total_seconds() if self._waiting else LOOK_S
                self._changed.wait(max(0.0, min(left, LOOK_S)))

    def _go_on(self, steps: Steps) -> None:
        until: datetime | None = None
        failed = ""
        try:
            until = next(steps)
        except StopIteration:
            pass
        except state_machine.TaskFailedError as error:
            failed = error.name
        except Exception as error:  # the interpreter's own: the claims wait for their lease
            failed = type(error).__name__
        finally:
            with self._changed:
                self.failed.update([failed] if failed else [])
                self._running -= 1
                if until is not None:
                    heapq.heappush(self._waiting, _Waiting(until, random.getrandbits(32), steps))
                self._changed.notify_all()

    def _invoke_send(self, payload: Any) -> Any:
        try:
            return self._invoke(payload)
        except Exception as error:
            raise state_machine.TaskFailedError(type(error).__name__, str(error)) from error
