"""The product's own adapters, over clients in memory, that say what each request is about before it leaves."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.dynamodb import INSERTS_PER_CALL, DynamoTable, _batches
from shared.keys import from_tag
from shared.outbox.transitions import TRANSITIONS
from shared.store import Answer, Item, TableKey, Write
from shared.times import Clock
from simulation.fakes.ses import FakeSesClient, Mail
from simulation.fakes.states import Execution, FakeStatesClient
from simulation.fakes.wire import Wire
from tests.explorer.dynamo import DynamoClient
from tests.explorer.processes import Processes
from tests.explorer.quotas import Quotas

Key = tuple[str, str]
_NAMES = {one.name for one in TRANSITIONS}


class OutboxTable(DynamoTable):
    """The outbox."""

    def __init__(self, client: DynamoClient, processes: Processes) -> None:
        anything: Any = client
        super().__init__(anything, "outbox")
        self._processes = processes

    def get(self, key: TableKey) -> Item | None:
        self._say("look", key)
        return super().get(key)

    def write(self, write: Write) -> Answer:
        self._say(transition_of(write), write.key)
        return super().write(write)

    def insert(self, items: list[Item]) -> list[bool]:
        """One call after the other: threads have no place in virtual time."""
        return [put for batch in _batches(items, INSERTS_PER_CALL) for put in self._insert(batch)]

    def _say(self, doing: str, key: TableKey) -> None:
        process = self._processes.current
        if process is not None:
            process.doing, process.about = doing, (key["user_id"], key["period"])


def transition_of(write: Write) -> str:
    """The name of the transition that a write of the outbox is."""
    entries = [name.removeprefix("history.") for name in write.sets if name.startswith("history.")]
    named = next((name for name in entries if name in _NAMES), None)
    if named is not None:
        return named
    if entries:
        return "note_unrendered"
    marks = {"history": "adopt", "quiet": "postpone", "touched_at": "nudge", "ticket": "reschedule"}
    return next((name for mark, name in marks.items() if mark in write.sets), "refile")


class SesClient(FakeSesClient):
    """SES, which is told by the schedule what to answer, and whose mails are noticed."""

    def __init__(self, clock: Clock, wire: Wire, processes: Processes) -> None:
        super().__init__(clock, wire)
        self._processes = processes
        self.script: Callable[[Key], Exception | str | None] = lambda _: ""
        """What the ask for a message meets; "": its limits decide."""
        self.on_answer: Callable[[Any, Mail | None], None] = lambda *_: None
        self.on_ask: Callable[[Any], None] = lambda _: None

    def send_email(self, **request: Any) -> dict[str, str]:
        process = self._processes.current
        assert process is not None
        process.doing, process.about = "ask", key_of(request)
        self.on_ask(request)
        return super().send_email(**request)

    def _send(self, request: dict[str, Any]) -> dict[str, str]:
        answer = self.script(key_of(request))
        self.answers = [] if isinstance(answer, str) else [answer]
        before = len(self.inbox)
        try:
            return super()._send(request)
        finally:
            self.on_answer(request, self.inbox[-1] if len(self.inbox) > before else None)


def key_of(request: dict[str, Any]) -> Key:
    tags = {tag["Name"]: tag["Value"] for tag in request["EmailTags"]}
    return key_of_tags(tags)


def key_of_tags(tags: dict[str, str]) -> Key:
    return from_tag(tags["onlyonce-user"]), tags["onlyonce-period"]


class StatesClient(FakeStatesClient):
    """Step Functions, which begins what is started."""

    def __init__(self, clock: Clock, wire: Wire, begin: Callable[[Execution], None], quotas: Quotas) -> None:
        super().__init__(clock, wire)
        self._begin = begin
        self._quotas = quotas

    def _start(self, name: str, text: str) -> dict[str, Any]:
        fresh = name not in self.executions
        if fresh and not self._quotas.opens(sum(one.running for one in self.executions.values())):
            raise ClientError({"Error": {"Code": "ExecutionLimitExceeded", "Message": "too many"}}, "StartExecution")
        answer = super()._start(name, text)
        if fresh:
            self._begin(self.executions[name])
        return answer


class LambdaClient:
    """Starts functions without waiting for them."""

    def __init__(self, wire: Wire, start: Callable[[str, Any], None]) -> None:
        self._wire = wire
        self._start = start

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:
        assert InvocationType == "Event"
        return self._wire.call("lambda.InvokeFunction", lambda: self._started(FunctionName, json.loads(Payload)))

    def _started(self, name: str, event: Any) -> dict[str, Any]:
        self._start(name, event)
        return {"StatusCode": 202}


class Telemetry:
    """Keeps what was counted, with its facts."""

    def __init__(self, told: Callable[[str, dict[str, Any]], None]) -> None:
        self._told = told
        self.gauges: dict[str, float] = {}

    def count(self, event: str, **facts: Any) -> None:
        json.dumps(facts)
        self._told(event, facts)

    def refuse(self, event: str, error: Exception, **facts: Any) -> None:
        json.dumps(facts)
        self._told(event, {**facts, "reason": str(error)})

    def gauge(self, name: str, value: float) -> None:
        self.gauges[name] = value
        self._told(name, {"value": value})

    def debug(self, event: str, **facts: Any) -> None: ...

    def flush(self) -> None: ...
