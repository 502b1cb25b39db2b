"""The state machine's executions: each waits, wakes up late, and invokes the send function, which the platform may make twice."""

import random
from datetime import timedelta
from typing import Any

from dags import state_machine
from dags.executions import MACHINE
from simulation.fakes.states import Execution
from tests.explorer.chaos import Chaos, lasting
from tests.explorer.lambdas import Lambdas
from tests.explorer.processes import Process, Processes
from tests.explorer.quotas import Quotas
from tests.explorer.story import Story

KINDS = {
    "twice": "the platform runs it a second time",
    "refused": "the account's concurrency is used up: it is not run",
    "answer lost": "it runs, and the state machine hears of an error of Lambda",
    "given up": "the state machine hears of an error while it still runs",
}


class Executions:
    """Runs what StartExecution has started."""

    def __init__(self, processes: Processes, chaos: Chaos, story: Story, lambdas: Lambdas, quotas: Quotas) -> None:
        self._processes, self._chaos, self._story, self._lambdas = processes, chaos, story, lambdas
        self._quotas = quotas

    def begin(self, execution: Execution) -> None:
        """Runs one, beside whatever else goes on."""
        label = _label(execution.input)
        name = self._lambdas.named(f"execution {label}")
        clock, rng = self._processes.true_clock, random.Random(f"{self._chaos.seed} {name}")

        def work() -> None:
            try:
                steps = state_machine.run(
                    MACHINE, execution.input, lambda payload: self._task(label, payload), clock, rng, self._transition
                )
                for until in steps:
                    self._processes.wait((until - self._processes.now).total_seconds() + self._wakes_late(name))
            except state_machine.TaskFailedError as error:
                self._story.tell(None, name, f"fails: {error.name}")
            finally:
                execution.running = False

        self._processes.start(Process(name, work))

    def _transition(self) -> None:
        """Waits for its turn, where the account has used up its quota."""
        if seconds := self._quotas.turn(self._processes.now):
            self._processes.wait(seconds)

    def _wakes_late(self, name: str) -> float:
        """Seconds: a moment, or much more."""
        place = self._lambdas.named(f"{name} wakes")
        rng = self._chaos.strikes(place, self._chaos.mood.wakes_late)
        if rng is None:
            return 0.3 * self._chaos.share(place)
        late = lasting(rng)
        self._chaos.explain(f"{place}: {late:.1f} s late")
        self._story.tell(None, name, f"wakes up {late:.1f} seconds late")
        return late

    def _task(self, label: str, payload: Any) -> Any:
        """The send function, invoked by an execution that waits for it. Raises TaskFailedError."""
        place = self._lambdas.named(f"task {label}")
        rng = self._chaos.strikes(place, self._chaos.mood.doubles)
        kind = rng.choice(sorted(KINDS)) if rng else ""
        if rng is not None:
            self._chaos.explain(f"{place}: {KINDS[kind]}")
            self._story.tell(None, place, KINDS[kind])
        if kind == "refused":
            raise state_machine.TaskFailedError("Lambda.TooManyRequestsException", "Rate exceeded")
        if kind == "twice" and rng is not None:
            again = self._processes.now + timedelta(seconds=lasting(rng))
            self._processes.at(again, lambda: self._lambdas.invoke("send", label, payload))
        answer, error = self._answer(label, payload, given_up=kind == "given up")
        if kind == "answer lost":
            error = error or "Lambda.ServiceException"
        if error:
            raise state_machine.TaskFailedError(error, "")
        return answer

    def _answer(self, label: str, payload: Any, *, given_up: bool) -> tuple[Any, str]:
        ended: list[tuple[Any, str]] = []
        wake = self._processes.suspend()

        def hear(answer: Any, error: str) -> None:
            ended.append((answer, error))
            wake()

        self._lambdas.invoke("send", label, payload, hear)
        if given_up:
            self._processes.at(self._processes.now + timedelta(seconds=0.1), lambda: hear(None, "Lambda.Unknown"))
        self._processes.park()
        return ended[0]


def _label(order: dict[str, Any]) -> str:
    first = order["claims"][0]
    more = f"+{len(order['claims']) - 1}" if len(order["claims"]) > 1 else ""
    return f"{first['user_id']} {first['period']} f{first['fence']}{more}"
