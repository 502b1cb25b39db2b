"""Step Functions' StartExecution in memory."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from shared.times import Clock, to_text
from simulation.fakes.wire import Wire


class ExecutionAlreadyExists(ClientError):
    """The name was used for another input, or for an execution that is closed."""


@dataclass
class Execution:
    """One started execution."""

    name: str
    input: dict[str, Any]
    started_at: str
    running: bool = True


class FakeStatesClient:
    """StartExecution with its rule of repetition: same name and byte-identical input while running is the same
    execution.
    """

    class exceptions:
        ExecutionAlreadyExists = ExecutionAlreadyExists

    def __init__(self, clock: Clock, wire: Wire) -> None:
        self._clock = clock
        self._wire = wire
        self._inputs: dict[str, str] = {}
        self.executions: dict[str, Execution] = {}

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:  # noqa: ARG002
        return self._wire.call("states.StartExecution", lambda: self._start(name, input))

    def _start(self, name: str, text: str) -> dict[str, Any]:
        known = self.executions.get(name)
        if known is None:
            self._inputs[name] = text
            known = self.executions[name] = Execution(name, json.loads(text), to_text(self._clock()))
        elif not known.running or self._inputs[name] != text:
            answer: Any = {"Error": {"Code": "ExecutionAlreadyExists", "Message": f"Execution Already Exists: {name}"}}
            raise ExecutionAlreadyExists(answer, "StartExecution")
        return {"executionArn": name, "startDate": known.started_at}
