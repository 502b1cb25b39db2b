"""deploy/*.yml's roles ↔ the calls that the handlers really make, seen in every scenario of the crash tests (ADR 26)."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain, product
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
from tests.drift.documents import ROOT
from tests.drift.policies import Statement, pairs, role_of, statements_of, trust_of, written_out

T = TypeVar("T")
FACTS = ROOT / "docs/aws-facts.md"
HANDLERS = {"producer": producer, "claim": claim, "send": send, "sweeper": sweeper, "feedback": feedback}
OUTBOX, CONTROL = "${OutboxTable.Arn}", "${ControlTable.Arn}"
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
    "outbox.Scan": {("dynamodb:Scan", OUTBOX)},
    "control.Scan": {("dynamodb:Scan", CONTROL)},
    "control.GetItem": {("dynamodb:GetItem", CONTROL)},
    "control.UpdateItem": {("dynamodb:UpdateItem", CONTROL)},
    # A template is asked for by the older API's action (source: iam-ses-send).
    "ses.SendEmail": set(
        product(["ses:SendEmail", "ses:SendTemplatedEmail"], [IDENTITIES, CONFIGURATION_SET, TEMPLATES])
    ),
    "ses.GetAccount": {("ses:GetAccount", "*")},
    "ses.GetEmailTemplate": {("ses:GetEmailTemplate", TEMPLATES)},
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
NAMELESS = {"ses:GetAccount": "iam-ses"}
"""Actions that can be allowed on "*" only, each with the fact that says so."""
UNCONDITIONED = {"lambda.amazonaws.com": "pass-role"}
"""Services that are trusted without the account in a condition, each with the fact that says why."""


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


def needed(function: str, calls: dict[str, set[str]]) -> Pairs:
    assert calls[function]
    log = product(["logs:CreateLogStream", "logs:PutLogEvents"], [f"${{{function.capitalize()}LogGroup.Arn}}"])
    return {*log, *BESIDE_THE_WIRE[function]}.union(*(ACTIONS[call] for call in calls[function]))


def allowed(packaged: Packaged, function: str) -> Pairs:
    return set(pairs(statements_of(role_of(packaged, function))))


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


def test_each_role_is_one_that_a_function_or_a_service_takes(packaged: Packaged) -> None:
    functions = {f"{name.capitalize()}Role" for name in HANDLERS}
    assert set(packaged.of_type("AWS::IAM::Role")) == functions | {"SendStateMachineRole", "ScheduleRole"}


def test_the_schedules_role_allows_what_the_schedules_have(packaged: Packaged) -> None:
    targets = [schedule["Target"] for schedule in packaged.of_type("AWS::Scheduler::Schedule").values()]
    invoked = {("lambda:InvokeFunction", written_out(target["Arn"])) for target in targets}
    left = {
        ("sqs:SendMessage", written_out(one["DeadLetterConfig"]["Arn"])) for one in targets if "DeadLetterConfig" in one
    }
    assert set(pairs(statements_of(packaged.resources["ScheduleRole"]["Properties"]))) == invoked | left


def test_the_state_machines_role_allows_what_the_states_invoke(packaged: Packaged) -> None:
    (machine,) = packaged.of_type("AWS::StepFunctions::StateMachine").values()
    invoked = {("lambda:InvokeFunction", written_out(arn)) for arn in machine["DefinitionSubstitutions"].values()}
    assert set(pairs(statements_of(packaged.resources["SendStateMachineRole"]["Properties"]))) == invoked


def test_a_resource_that_can_be_named_is_named(packaged: Packaged) -> None:
    allowing = [pair for role in packaged.of_type("AWS::IAM::Role").values() for pair in pairs(statements_of(role))]
    assert allowing
    assert {action for action, resource in allowing if resource == "*"} == set(NAMELESS)
    assert [action for action, _ in allowing if "*" in action] == []


@pytest.mark.parametrize("fact", [*NAMELESS.values(), *UNCONDITIONED.values()])
def test_an_exception_is_a_fact(fact: str) -> None:
    assert f"\n| {fact} |" in FACTS.read_text()


def services_let_in(packaged: Packaged) -> Iterator[tuple[str, Statement]]:
    """Each statement that lets an AWS service do something here: in a trust, a queue's or a topic's policy."""
    documents = [role["AssumeRolePolicyDocument"] for role in packaged.of_type("AWS::IAM::Role").values()]
    for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        documents += [policy["PolicyDocument"] for policy in packaged.of_type(kind).values()]
    for statement in chain.from_iterable(document["Statement"] for document in documents):
        if statement["Effect"] == "Allow":
            yield statement["Principal"]["Service"], statement


def test_a_service_acts_for_this_account_alone(packaged: Packaged) -> None:
    """Else another account's schedule, rule, alarm or state machine could make it act here."""
    let_in = {"lambda", "states", "scheduler", "events", "cloudwatch"}
    assert {service for service, _ in services_let_in(packaged)} == {f"{name}.amazonaws.com" for name in let_in}
    for service, statement in services_let_in(packaged):
        if service in UNCONDITIONED:
            continue
        conditions = {key: value for test in statement["Condition"].values() for key, value in test.items()}
        assert conditions["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}, service
        assert OURS in written_out(conditions["aws:SourceArn"]), service


def test_a_rule_invokes_a_function_as_itself(packaged: Packaged) -> None:
    """Its ARN has the account in it."""
    (rule,) = packaged.of_type("AWS::Events::Rule").values()
    (permission,) = packaged.of_type("AWS::Lambda::Permission").values()
    assert permission["Principal"] == "events.amazonaws.com"
    source = json.dumps(permission["SourceArn"])
    assert rule["Name"] in source
    assert "AWS::AccountId" in source


def test_queue_and_bucket_refuse_what_is_not_encrypted_on_its_way(packaged: Packaged) -> None:
    documents = [
        packaged.resources[name]["Properties"]["PolicyDocument"] for name in ("DeadLettersPolicy", "UsageBucketPolicy")
    ]
    for document in documents:
        (denied,) = [one for one in document["Statement"] if one["Effect"] == "Deny"]
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert denied["Principal"] == "*"


def test_the_queue_takes_from_this_stacks_rule(packaged: Packaged) -> None:
    (rule,) = packaged.of_type("AWS::Events::Rule").values()
    (statement,) = [one for service, one in services_let_in(packaged) if service == "events.amazonaws.com"]
    assert written_out(statement["Condition"]["ArnEquals"]["aws:SourceArn"]).endswith(f":rule/{rule['Name']}")


def test_the_state_machines_role_is_its_own(packaged: Packaged) -> None:
    (machine,) = packaged.of_type("AWS::StepFunctions::StateMachine").values()
    (trust,) = trust_of(packaged.resources["SendStateMachineRole"]["Properties"])
    source = written_out(trust["Condition"]["ArnEquals"]["aws:SourceArn"])
    assert source.endswith(f":stateMachine:{machine['StateMachineName']}")
