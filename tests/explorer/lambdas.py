"""Lambda: each invocation of the product's functions in a process of its own, with sandboxes, time-outs and retries."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from simulation.world import ProcessKilled
from tests.explorer.chaos import Chaos, lasting
from tests.explorer.functions import TIMEOUT_S, Parts, Sandbox, ends_the_process
from tests.explorer.processes import Process, Processes
from tests.explorer.quotas import THROTTLED, Quotas
from tests.explorer.story import Story

Ended = Callable[[Any, str], None]
"""What an invocation gave, or the name of the error that it ended in ("": none)."""
ASYNC_RETRIES = {"feedback": 185, "producer": 2, "sweeper": 2}
"""As serverless.yml has them: EventBridge's for feedback, Lambda's own for the others."""
QUEUED_AT_MOST_S = 300
"""From one try of Lambda's to begin it to the next."""


class Lambdas:
    """Runs the product's functions, each invocation in a process of its own."""

    def __init__(self, processes: Processes, chaos: Chaos, story: Story, parts: Parts, quotas: Quotas) -> None:
        self.processes, self.chaos, self.story, self.parts, self.quotas = processes, chaos, story, parts, quotas
        self.running = 0
        self.invocations = 0
        self.errors: list[str] = []
        """Ends of invocations in an error that is none of the product's own."""
        self._idle: dict[str, list[Sandbox]] = {kind: [] for kind in TIMEOUT_S}
        self._numbers: dict[str, int] = {}

    def named(self, name: str) -> str:
        """The name with a number that it has not had yet."""
        self._numbers[name] = self._numbers.get(name, 0) + 1
        return f"{name} #{self._numbers[name]}"

    def invoke(self, kind: str, label: str, event: Any, ended: Ended = lambda *_: None) -> None:
        """Runs one invocation; tells once how it ended, or that its time was over, or that it was not begun: THROTTLED."""
        if not self.quotas.begins(self.running):
            ended(None, THROTTLED)
            return
        self.invocations += 1
        self.running += 1
        name = self.named(f"{kind} {label}".strip())
        sandbox = self._sandbox(kind, name)
        told = False

        def tell(answer: Any, error: str) -> None:
            nonlocal told
            if not told:
                told = True
                self.running -= 1
                self.processes.cancel(timer)
                ended(answer, error)

        def work() -> None:
            self.processes.wait(0.02 + 0.1 * self.chaos.share(f"{name} starts"))
            answer, error = self._handled(sandbox, process, event)
            if error:
                self.story.tell(None, name, f"ends in {error}")
            if process.skew == sandbox.skew and error not in ("Runtime.ExitError", "Sandbox.Timedout"):
                self._idle[kind].append(sandbox)
            tell(answer, error)

        process = Process(name, work, sandbox.skew)
        process.deadline = self.processes.now + timedelta(seconds=TIMEOUT_S[kind])

        def time_is_over() -> None:
            if not told:
                lives_on = self.chaos.strikes(f"{name} lives on", 0.5, "its time is over, and it lives on")
                process.doomed = lives_on is None
                self.story.tell(None, name, f"its time is over{', and it lives on' if lives_on else ''}")
                tell(None, "Sandbox.Timedout")

        timer = self.processes.at(process.deadline, time_is_over)
        self.processes.start(process)

    def _sandbox(self, kind: str, name: str) -> Sandbox:
        if self.chaos.over:
            self._idle[kind] = [one for one in self._idle[kind] if not one.skew]
        if self._idle[kind]:
            return self._idle[kind].pop()
        seconds = 0.0 if self.chaos.over else self.chaos.mood.skew * (2 * self.chaos.share(f"{name} clock") - 1)
        return Sandbox(kind, self.parts.handler(kind), timedelta(seconds=seconds))

    def _handled(self, sandbox: Sandbox, process: Process, event: Any) -> tuple[Any, str]:
        assert process.deadline is not None
        deadline = process.deadline

        def remaining_ms() -> int:
            return int((deadline - self.processes.clock()).total_seconds() * 1000)

        try:
            return json.loads(json.dumps(sandbox.handle(json.loads(json.dumps(event)), remaining_ms))), ""
        except ProcessKilled:
            return None, "Runtime.ExitError"
        except Exception as error:
            if type(error).__module__.split(".")[0] not in ("shared", "botocore"):
                self.errors.append(f"{process.name}: {type(error).__name__}: {error}")
            return None, "Runtime.ExitError" if ends_the_process(sandbox.kind, error) else type(error).__name__

    def start(self, kind: str, event: Any, label: str = "", tries: int | None = None, throttled: int = 0) -> None:
        """An asynchronous invocation: repeated where it fails, and now and then made twice. One that Lambda can't begin waits
        in its queue (source: lambda-async).
        """
        left = ASYNC_RETRIES[kind] if tries is None else tries

        def ended(_: Any, error: str) -> None:
            if error == THROTTLED:
                again = self.processes.now + timedelta(seconds=min(2**throttled, QUEUED_AT_MOST_S))
                self.processes.at(again, lambda: self.start(kind, event, label, left, throttled + 1))
            elif error and left:
                again = self.processes.now + timedelta(minutes=1 if left > 1 else 2)
                self.processes.at(again, lambda: self.start(kind, event, label, left - 1))

        rng = self.chaos.strikes(
            f"{self.named(f'{kind} {label} event')} twice", self.chaos.mood.doubles, "is delivered twice"
        )
        if rng is not None:
            self.processes.at(
                self.processes.now + timedelta(seconds=lasting(rng)), lambda: self.invoke(kind, label, event)
            )
        self.invoke(kind, label, event, ended)
