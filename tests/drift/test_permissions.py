"""deploy/*.yml's roles ↔ the calls that the handlers really make, seen in every scenario of the crash tests (ADR 26)."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from typing import Any, TypeVar

import pytest

from handlers import claim, feedback, producer, send, sweeper
from local.stack.stage_settings import settings_of
from shared.keys import Key
from shared.outbox.states import Status
from simulation.fakes.wire import Wire
from simulation.stack import PERIOD
from simulation.world import World
from tests.contract.protocol import item_in
from tests.crash.scenarios import SCENARIOS
from tests.drift.conftest import Packaged
from tests.drift.policies import attached, pairs, role_of, statements_of
from tests.unit.sending.test_subscription import subscription

T = TypeVar("T")
HANDLERS = {"producer": producer, "claim": claim, "send": send, "sweeper": sweeper, "feedback": feedback}
OUTBOX, CONTROL = "${OutboxTable.Arn}", "${ControlTable.Arn}"
UNSUBSCRIBED = "${UnsubscribedTable.Arn}"
OURS = "${AWS::Region}:${AWS::AccountId}"
WORK_GROUP = f"arn:${{AWS::Partition}}:athena:{OURS}:workgroup/${{UsageWorkGroup}}"
PRODUCER = f"arn:${{AWS::Partition}}:lambda:{OURS}:function:onlyonce-local-producer"
SES = f"arn:${{AWS::Partition}}:ses:{OURS}"
IDENTITIES, TEMPLATES = f"{SES}:identity/*", f"{SES}:template/onlyonce-local-*"
CONFIGURATION_SET = f"{SES}:configuration-set/${{MailConfigurationSet}}"
CATALOG = f"arn:${{AWS::Partition}}:glue:{OURS}"
DEAD_LETTERS, STREAM, BUCKET = "${DeadLetters.Arn}", "${OutboxTable.StreamArn}", "${UsageBucket.Arn}"
RESULTS = f"{BUCKET}/athena/*"

Pairs = set[tuple[str, str]]
ACTIONS: dict[str, Pairs] = {
    "outbox.GetItem": {("dynamodb:GetItem", OUTBOX)},
    "outbox.UpdateItem": {("dynamodb:UpdateItem", OUTBOX)},
    "outbox.BatchExecuteStatement": {("dynamodb:PartiQLInsert", OUTBOX)},
    "outbox.BatchGetItem": {("dynamodb:BatchGetItem", OUTBOX)},
    "outbox.Query": {("dynamodb:Query", f"{OUTBOX}/index/unfinished")},
    "outbox.DescribeTable": {("dynamodb:DescribeTable", OUTBOX)},
    "outbox.Scan": {("dynamodb:Scan", OUTBOX)},
    "unsubscribed.Scan": {("dynamodb:Scan", UNSUBSCRIBED)},
    "unsubscribed.UpdateItem": {("dynamodb:UpdateItem", UNSUBSCRIBED)},
    "secretsmanager.GetSecretValue": {("secretsmanager:GetSecretValue", "${UnsubscribeSecret}")},
    "control.Scan": {("dynamodb:Scan", CONTROL)},
    "control.GetItem": {("dynamodb:GetItem", CONTROL)},
    "control.UpdateItem": {("dynamodb:UpdateItem", CONTROL)},
    # A template is asked for by the older API's action (source: iam-ses-send).
    "ses.SendEmail": set(
        product(["ses:SendEmail", "ses:SendTemplatedEmail"], [IDENTITIES, CONFIGURATION_SET, TEMPLATES])
    ),
    "ses.GetAccount": {("ses:GetAccount", "*")},
    "ses.GetEmailTemplate": {("ses:GetEmailTemplate", TEMPLATES)},
    "ses.CreateEmailTemplate": {("ses:CreateEmailTemplate", TEMPLATES)},
    "ses.GetEmailIdentity": {("ses:GetEmailIdentity", IDENTITIES)},
    "ses.TestRenderEmailTemplate": {("ses:TestRenderEmailTemplate", TEMPLATES)},
    "states.StartExecution": {("states:StartExecution", "${SendStateMachine}")},
    "athena.StartQueryExecution": {("athena:StartQueryExecution", WORK_GROUP)},
    "athena.GetQueryExecution": {("athena:GetQueryExecution", WORK_GROUP)},
    "athena.GetQueryResults": {("athena:GetQueryResults", WORK_GROUP)},
    "lambda.InvokeFunction": {("lambda:InvokeFunction", PRODUCER)},
    "s3.PutObject": {("s3:PutObject", f"{BUCKET}/rejected/*")},
}
"""From a call on the wire to the permissions that it needs (source: iam-reference)."""
_LEFT = {("sqs:SendMessage", DEAD_LETTERS)}
_POLLED = product(
    ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams"], [STREAM]
)
_ASKED_BY_ATHENA = {
    *product(
        ["glue:GetDatabase", "glue:GetTable"],
        [
            f"{CATALOG}:catalog",
            f"{CATALOG}:database/default",
            f"{CATALOG}:database/${{UsageDatabase}}",
            f"{CATALOG}:table/${{UsageDatabase}}/*",
        ],
    ),
    *product(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], [BUCKET]),
    *product(["s3:GetObject"], [f"{BUCKET}/usage_events/*", RESULTS]),
    *product(["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"], [RESULTS]),
}
BESIDE_THE_WIRE: dict[str, Pairs] = {
    "producer": {*_LEFT, *_ASKED_BY_ATHENA},
    "claim": {*_LEFT, *_POLLED},
    "send": {("ses:GetAccount", "*")},  # where the campaign's item is gone: Campaign begins a new one from the quota
    "sweeper": set(),
    "feedback": _LEFT,
}
"""What AWS does with a function's role, and what no scenario comes to."""


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
        _message_by_hand(wire)
        _recipient_leaves(wire)
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


def _message_by_hand(wire: Wire) -> None:
    world = World(0, wire=wire)
    by_hand = {"status": "PENDING", "email": "ann@example.com", "data": {"month": "October", "total_time": "1 h"}}
    world.outbox_table.put({**Key("ann", PERIOD)._asdict(), **by_hand})
    world.run(sweeps=1)
    assert world.mails() == {"ann": 1}


def _recipient_leaves(wire: Wire) -> None:
    world = World(1, wire=wire)
    world.feed_back(subscription("ann", out=True))
    assert world.unsubscribed().users() == {"ann"}


def needed(function: str, calls: dict[str, set[str]]) -> Pairs:
    assert calls[function]
    log = product(["logs:CreateLogStream", "logs:PutLogEvents"], [f"${{{function.capitalize()}LogGroup.Arn}}"])
    return {*log, *BESIDE_THE_WIRE[function]}.union(*(ACTIONS[call] for call in calls[function]))


def allowed(packaged: Packaged, function: str) -> Pairs:
    statements = statements_of(role_of(packaged, function)) + attached(packaged, f"{function.capitalize()}Role")
    return set(pairs(statements))


@pytest.mark.parametrize("function", HANDLERS)
def test_a_role_allows_what_its_function_calls_and_nothing_else(
    packaged: Packaged, calls: dict[str, set[str]], function: str
) -> None:
    has, needs = allowed(packaged, function), needed(function, calls)
    assert needs - has == set(), "a call that the role does not allow"
    assert has - needs == set(), "allowed, and the code does not call it"


@pytest.mark.parametrize("function", HANDLERS)
def test_only_send_may_send(packaged: Packaged, calls: dict[str, set[str]], function: str) -> None:
    actions = {action for action, _ in allowed(packaged, function)}
    assert ("ses:SendEmail" in actions) == (function == "send")
    assert ("ses.SendEmail" in calls[function]) == (function == "send")


def test_send_sends_from_the_stages_sender_alone(packaged: Packaged) -> None:
    settings = settings_of("local")
    sending = [
        statement
        for statement in statements_of(role_of(packaged, "send"))
        if (("ses:SendEmail", IDENTITIES) in pairs([statement]))
    ]
    (statement,) = sending
    assert statement["Condition"] == {
        "StringEquals": {"ses:FromAddress": [settings["sender"], settings["formerSender"]]}
    }
