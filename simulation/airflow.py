"""A task of Airflow that sends, in virtual time: it may be killed, and is tried again."""

import heapq
import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dags import state_machine
from dags.executions import MACHINE, ExecutionAlreadyExists, Stopping, exceptions
from dags.sending import Done, Later, Sending
from shared.keys import Key
from simulation.world import ProcessKilled, World


@dataclass(order=True)
class _Waiting:
    until: datetime
    number: int
    steps: Generator[datetime, None, Any] = field(compare=False)


class VirtualExecutions:
    """As ExecutionsHere, one step after the other. A kill ends the whole process."""

    exceptions = exceptions

    def __init__(self, world: World) -> None:
        self._world = world
        self._names: set[str] = set()
        self._waiting: list[_Waiting] = []
        self.failed: list[str] = []

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: ARG002
        if name in self._names:
            raise ExecutionAlreadyExists(name)
        self._names.add(name)
        steps = state_machine.run(MACHINE, json.loads(input), self._invoke, self._world.clock, self._world.rng)
        heapq.heappush(self._waiting, _Waiting(self._world.now, len(self._names), steps))

    def wait(self, before: datetime) -> datetime | None:
        while self._waiting and self._waiting[0].until < before:
            one = heapq.heappop(self._waiting)
            self._world.now = max(self._world.now, one.until)
            try:
                one.until = next(one.steps)
            except StopIteration:
                continue
            except state_machine.TaskFailedError as error:
                self.failed.append(error.name)
            else:
                heapq.heappush(self._waiting, one)
        return self._waiting[0].until if self._waiting else None

    def _invoke(self, payload: Any) -> Any:
        try:
            return json.loads(json.dumps(self._world.send(json.loads(json.dumps(payload)))))
        except ProcessKilled:
            raise
        except Exception as error:
            raise state_machine.TaskFailedError(type(error).__name__, str(error)) from error


class AirflowWorld(World):
    """A stack whose stream leads to no function: Airflow takes the messages."""

    def _deliver_stream(self) -> bool:
        return False


def attempt(world: World, owner: str, keys: Sequence[Key]) -> Done | Later:
    """One try of the task that `owner` names, in a process of its own. Raises ProcessKilled."""
    world.processes.clear()
    here: Any = VirtualExecutions(world)

    def sleep(seconds: float) -> None:
        """What the executions do meanwhile is done by then."""
        world.now = max(world.now, here.wait(world.now) or world.now)
        world._sleep(seconds)

    return Sending(world.claim_deps(), here, owner, lambda _: None, Stopping(), sleep=sleep).send(keys)
