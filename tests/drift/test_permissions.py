"""serverless.yml's roles ↔ the calls that the handlers really make, seen in every scenario of the crash tests."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from handlers import claim, feedback, producer, send, sweeper
from shared.keys import Key
from shared.outbox.states import Status
from simulation.fakes.wire import Wire
from simulation.stack import PERIOD
from simulation.world import World
from tests.contract.protocol import item_in
from tests.crash.scenarios import SCENARIOS
from tests.drift.conftest import Packaged

T = TypeVar("T")
HANDLERS = {"producer": producer, "claim": claim, "send": send, "sweeper": sweeper, "feedback": feedback}
OUTBOX, CONTROL = "${OutboxTable.Arn}", "${ControlTable.Arn}"
WORK_GROUP = "arn:${AWS::Partition}:athena:${AWS::Region}:${AWS::AccountId}:workgroup/${UsageWorkGroup}"
PRODUCER = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:onlyonce-local-producer"
ACTIONS = {
    "outbox.GetItem": ("dynamodb:GetItem", OUTBOX),
    "outbox.UpdateItem": ("dynamodb:UpdateItem", OUTBOX),
    "outbox.BatchExecuteStatement": ("dynamodb:PartiQLInsert", OUTBOX),
    "outbox.Query": ("dynamodb:Query", f"{OUTBOX}/index/unfinished"),
    "outbox.Scan": ("dynamodb:Scan", OUTBOX),
    "control.Scan": ("dynamodb:Scan", CONTROL),
    "control.GetItem": ("dynamodb:GetItem", CONTROL),
    "control.UpdateItem": ("dynamodb:UpdateItem", CONTROL),
    "ses.SendEmail": ("ses:SendEmail", "*"),
    "ses.GetAccount": ("ses:GetAccount", "*"),
    "ses.GetEmailTemplate": ("ses:GetEmailTemplate", "*"),
    "states.StartExecution": ("states:StartExecution", "${SendStateMachine}"),
    "ses.GetEmailIdentity": ("ses:GetEmailIdentity", "*"),
    "ses.TestRenderEmailTemplate": ("ses:TestRenderEmailTemplate", "*"),
    "outbox.BatchGetItem": ("dynamodb:BatchGetItem", OUTBOX),
    "athena.StartQueryExecution": ("athena:StartQueryExecution", WORK_GROUP),
    "athena.GetQueryExecution": ("athena:GetQueryExecution", WORK_GROUP),
    "athena.GetQueryResults": ("athena:GetQueryResults", WORK_GROUP),
    "lambda.InvokeFunction": ("lambda:InvokeFunction", PRODUCER),
    "s3.PutObject": ("s3:PutObject", "${UsageBucket.Arn}/rejected/*"),
}
"""From a call on the wire to the permission that it needs (source: AWS service authorization reference)."""
BESIDE_THE_WIRE = {
    "producer": {"s3:GetObject", "glue:GetTable"},
    "claim": {"dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "sqs:SendMessage"},
    "send": {"ses:SendTemplatedEmail"},
    "feedback": {"sqs:SendMessage"},
}
"""What AWS does with a function's role, and what one call on the fakes stands for."""


class RecordingWire(Wire):
    """Notes which function made which call."""

    def __init__(self) -> None:
        self.function = ""
        self.calls: dict[str, set[str]] = defaultdict(set)

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        self.calls[self.function].add(operation)
        return carry_out()

    @contextmanager
    def recording(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        with monkeypatch.context() as patch:
            for name, handler in HANDLERS.items():
                patch.setattr(handler, "handle", self._noting(name, handler.handle))
            yield

    def _noting(self, name: str, handle: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*arguments: Any, **named: Any) -> Any:
            self.function = name
            try:
                return handle(*arguments, **named)
            finally:
                self.function = ""

        return noting


@pytest.fixture(scope="module")
def calls() -> dict[str, set[str]]:
    """Every call that each function makes, on good days and on bad ones."""
    wire = RecordingWire()
    with wire.recording(pytest.MonkeyPatch()):
        for scenario in SCENARIOS:
            scenario.act(wire)
        _month_that_is_handed_over(wire)
    return wire.calls


def _month_that_is_handed_over(wire: Wire) -> None:
    """A producer out of time, whose successor the sweeper starts; with a rejected row, and a message that is there."""
    world = World(25, wire=wire)
    world.rows[0]["email"] = None
    world.outbox_table.put(item_in(Status.SENT, Key("user-00001", PERIOD)))
    world.produce(remaining_ms=lambda: 0)
    world.producers.started.clear()
    world.now += timedelta(minutes=5)
    world.sweep()
    world.run(sweeps=1)


def allowed(packaged: Packaged, function: str) -> dict[str, list[str]]:
    """From an action to the resources on which the function's role allows it."""
    role = packaged.resources[f"{function.capitalize()}IamRoleLambdaExecution"]["Properties"]
    actions: dict[str, list[str]] = defaultdict(list)
    for policy in role["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            for action in statement["Action"]:
                actions[action] += map(written_out, resources)
    return actions


def written_out(resource: Any) -> str:
    """A resource as Fn::Sub would write it, by whichever of CloudFormation's functions the template names it."""
    match resource:
        case str():
            return resource
        case {"Fn::Sub": str() as text}:
            return text
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
    raise AssertionError(f"a resource that is written {resource} is not known here")


@pytest.mark.parametrize("function", HANDLERS)
def test_a_role_allows_every_call_that_its_function_makes(
    packaged: Packaged, calls: dict[str, set[str]], function: str
) -> None:
    has = allowed(packaged, function)
    assert calls[function]
    for operation in calls[function]:
        action, resource = ACTIONS[operation]
        assert resource in has[action], f"{function} needs {action} on {resource}, has it on {has[action]}"
    assert set(has) >= BESIDE_THE_WIRE.get(function, set())


@pytest.mark.parametrize("function", HANDLERS)
def test_only_send_may_send(packaged: Packaged, calls: dict[str, set[str]], function: str) -> None:
    assert ("ses:SendEmail" in allowed(packaged, function)) == (function == "send")
    assert ("ses.SendEmail" in calls[function]) == (function == "send")
