"""Who may act for this stack: the services' own roles, and each policy that lets an AWS service in (ADR 26)."""

import json
from collections.abc import Iterator
from itertools import chain

import pytest

from tests.drift.conftest import Packaged
from tests.drift.documents import ROOT
from tests.drift.policies import Statement, pairs, statements_of, trust_of, written_out

FACTS = ROOT / "docs/aws-facts.md"
OURS = "${AWS::Region}:${AWS::AccountId}"
NAMELESS = {"ses:GetAccount": "iam-ses"}
"""Actions that can be allowed on "*" only, each with the fact that says so."""
UNCONDITIONED = {"lambda.amazonaws.com": "pass-role"}
"""Services that are trusted without the account in a condition, each with the fact that says why."""


def test_each_role_is_one_that_a_function_or_a_service_takes(packaged: Packaged) -> None:
    functions = {f"{name.capitalize()}Role" for name in packaged.functions}
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


RESOURCE_POLICIES = {"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"}


def test_what_has_a_policy_refuses_what_is_not_encrypted_on_its_way(packaged: Packaged) -> None:
    """osls's own bucket as well."""
    documents = [one["PolicyDocument"] for kind in RESOURCE_POLICIES for one in packaged.of_type(kind).values()]
    assert len(documents) == 4
    for document in documents:
        (denied,) = [one for one in document["Statement"] if one["Effect"] == "Deny"]
        assert str(denied["Condition"]["Bool"]["aws:SecureTransport"]).lower() == "false"
        assert denied["Principal"] == "*"


def test_what_can_have_such_a_policy_has_one(packaged: Packaged) -> None:
    """What else is asked, the SDK asks over HTTPS."""
    having = {"AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic"}
    wanted = {name for kind in having for name in packaged.of_type(kind)}
    has = json.dumps([one for kind in RESOURCE_POLICIES for one in packaged.of_type(kind).values()])
    assert {name for name in wanted if f'{{"Ref": "{name}"}}' not in has} == set()


def test_the_queue_takes_from_this_stacks_rule(packaged: Packaged) -> None:
    (rule,) = packaged.of_type("AWS::Events::Rule").values()
    (statement,) = [one for service, one in services_let_in(packaged) if service == "events.amazonaws.com"]
    assert written_out(statement["Condition"]["ArnEquals"]["aws:SourceArn"]).endswith(f":rule/{rule['Name']}")


def test_the_state_machines_role_is_its_own(packaged: Packaged) -> None:
    (machine,) = packaged.of_type("AWS::StepFunctions::StateMachine").values()
    (trust,) = trust_of(packaged.resources["SendStateMachineRole"]["Properties"])
    source = written_out(trust["Condition"]["ArnEquals"]["aws:SourceArn"])
    assert source.endswith(f":stateMachine:{machine['StateMachineName']}")
