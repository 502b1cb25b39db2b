"""What a run works with, put together once: the stage, the witness, the messages, and the deployed functions."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops.accept.calls import Calls
from ops.accept.check import Check
from ops.accept.cohort import Cohort, Person
from ops.accept.messages import Messages
from ops.accept.readings import Readings
from ops.accept.witness import Witness
from shared.keys import execution_name

_EVENTS = 1000


@dataclass(frozen=True)
class Functions:
    """Invokes the deployed functions, and waits for their answers."""

    names: dict[str, str]
    """By what they do: claim, send, sweeper, feedback, producer."""
    client: Any

    def invoke(self, function: str, event: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        """Its answer, and the name of its error if it ended in one."""
        answer = self.client.invoke(FunctionName=self.names[function], Payload=json.dumps(event).encode())
        payload = json.loads(answer["Payload"].read() or b"null") or {}
        return payload, payload.get("errorType", answer["FunctionError"]) if "FunctionError" in answer else None


@dataclass(frozen=True)
class Machine:
    """The deployed state machine."""

    arn: str
    client: Any

    def execution_of(self, person: Person, fence: int) -> str:
        """The ARN of the execution that carries this claim alone."""
        return f"{self.arn.replace(':stateMachine:', ':execution:')}:{execution_name([(person.key, fence)])}"

    def input_of(self, execution: str) -> str | None:
        """None: there is no such execution."""
        try:
            return str(self.client.describe_execution(executionArn=execution)["input"])
        except self.client.exceptions.ExecutionDoesNotExist:
            return None

    def start(self, name: str, order: str) -> str | None:
        """Its ARN; None if there was one of this name."""
        try:
            return str(self.client.start_execution(stateMachineArn=self.arn, name=name, input=order)["executionArn"])
        except self.client.exceptions.ExecutionAlreadyExists:
            return None

    def stop(self, execution: str) -> None:
        self.client.stop_execution(executionArn=execution, cause="onlyonce accept: stopped by hand")

    def status(self, execution: str) -> str:
        return str(self.client.describe_execution(executionArn=execution)["status"])

    def since(self, began_at: datetime) -> Iterator[str]:
        """The executions that began since, the latest first."""
        for page in self.client.get_paginator("list_executions").paginate(stateMachineArn=self.arn):
            for one in page["executions"]:
                if one["startDate"] < began_at:
                    return
                yield one["executionArn"]

    def history(self, execution: str) -> Sequence[dict[str, Any]]:
        return list(
            self.client.get_execution_history(executionArn=execution, maxResults=_EVENTS, includeExecutionData=True)[
                "events"
            ]
        )


@dataclass
class Rig:
    """A stage, ready to be tried."""

    stack: str
    messages: Messages
    functions: Functions
    machine: Machine
    readings: Readings
    query: Callable[[], Check]
    calls: Calls
    outbox_table: str
    clients: Callable[[str], Any]
    witness_of: Callable[[str], Witness]
    """By the name of its queue and rule."""

    def begin(self, cohort: Cohort) -> Witness:
        """The witness of this run, listening."""
        witness = self.witness_of(self._name(cohort))
        witness.begin()
        return witness

    def end(self, cohort: Cohort) -> None:
        """Takes the run's witness away. Safe to repeat."""
        self.witness_of(self._name(cohort)).end()

    def left_behind(self) -> list[str]:
        """Runs that were interrupted so suddenly that they did not clean up."""
        prefix = self._name(Cohort(""))
        urls = self.clients("sqs").list_queues(QueueNamePrefix=prefix).get("QueueUrls", ())
        return [url.rpartition(prefix)[2] for url in urls]

    def _name(self, cohort: Cohort) -> str:
        return f"{self.stack}-accept-{cohort.run}"
