"""deploy/own_key.js: with a key of one's own all that holds data has it, and each role may use it for what it calls."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from fnmatch import fnmatch
from typing import Any

import pytest

from ops.doctor import encryption
from tests.drift.conftest import KEY, Packaged
from tests.drift.documents import ROOT
from tests.drift.policies import attached, listed, pairs, statements_of, written_out

HOLDS_DATA = {
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::S3::Bucket",
    "AWS::Logs::LogGroup",
    "AWS::Athena::WorkGroup",
    "AWS::StepFunctions::StateMachine",
    "AWS::SecretsManager::Secret",
}
WITHOUT = {
    "ServerlessDeploymentBucket": "osls's own: the zip and the template, which hold no data; a stack that is there keeps it",
}
"""What may hold data and has AWS's key all the same, with why."""


def test_all_that_holds_data_has_the_key(packaged_with_key: Packaged) -> None:
    holding = {name: one for name, one in packaged_with_key.resources.items() if one["Type"] in HOLDS_DATA}
    without = {name for name, one in holding.items() if KEY not in json.dumps(one)}
    assert without == set(WITHOUT)
    assert len(holding) > len(WITHOUT)


def test_no_other_encryption_is_left_beside_it(packaged_with_key: Packaged) -> None:
    """SQS takes one kind alone, and Athena's results would have S3's key."""
    assert packaged_with_key.resources["DeadLetters"]["Properties"]["SqsManagedSseEnabled"] is False
    assert "SSE_S3" not in json.dumps(packaged_with_key.template)


def test_without_a_key_nothing_of_it_is_deployed(packaged: Packaged) -> None:
    assert "kms" not in json.dumps(packaged.template).lower()
    assert key_policies(packaged) == []


def test_the_key_adds_and_replaces_nothing_else(packaged: Packaged, packaged_with_key: Packaged) -> None:
    """So that switching it on can't replace a table: what identifies a resource stays."""
    assert set(packaged.resources) <= set(packaged_with_key.resources)
    for name, before in packaged.resources.items():
        after = deepcopy(packaged_with_key.resources[name])
        kept = {key: value for key, value in after["Properties"].items() if KEY not in json.dumps(value)}
        changed = {key for key in before["Properties"] if kept.get(key) != before["Properties"][key]}
        assert changed <= {"Code", "SqsManagedSseEnabled", "WorkGroupConfiguration"}, name


def via(statement: dict[str, Any]) -> set[str]:
    named = statement["Condition"]["StringEquals"].get("kms:ViaService", [])
    return {written_out(one).partition(".")[0] for one in named}


def needed(statements: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Of a role's other permissions: the service that asks KMS in its name, and what it asks."""
    for action, resource in pairs(statements):
        service, _, call = action.partition(":")
        if service in ("dynamodb", "secretsmanager"):
            yield service, "kms:Decrypt"
        if (service, call) == ("sqs", "SendMessage") or (service == "s3" and call in ("PutObject", "GetObject")):
            assert resource.startswith(("${DeadLetters", "${UsageBucket"))
            yield from ((service, action) for action in ("kms:Decrypt", "kms:GenerateDataKey"))
            if service == "s3":
                yield from (("athena", action) for action in ("kms:Decrypt", "kms:GenerateDataKey"))


def key_statements(packaged: Packaged, role: str) -> list[dict[str, Any]]:
    mine = [one for one in key_policies(packaged) if one["Roles"] == [{"Ref": role}]]
    return [statement for one in mine for statement in one["PolicyDocument"]["Statement"]]


def key_policies(packaged: Packaged) -> list[dict[str, Any]]:
    return [one for one in packaged.of_type("AWS::IAM::Policy").values() if one["PolicyName"] == "own-key"]


def test_each_role_may_use_the_key_for_what_it_calls(packaged_with_key: Packaged) -> None:
    roles = packaged_with_key.of_type("AWS::IAM::Role")
    for role, properties in roles.items():
        allowed = {
            (service, action)
            for statement in key_statements(packaged_with_key, role)
            for service in via(statement)
            for action in listed(statement["Action"])
        }
        assert allowed == set(needed([*statements_of(properties), *attached(packaged_with_key, role)])), role


def test_the_state_machine_may_use_the_key_for_its_own_executions(packaged_with_key: Packaged) -> None:
    (machine,) = packaged_with_key.of_type("AWS::StepFunctions::StateMachine").values()
    (statement,) = key_statements(packaged_with_key, "SendStateMachineRole")
    (context,) = statement["Condition"]["StringEquals"].items()
    assert context[0] == "kms:EncryptionContext:aws:states:stateMachineArn"
    assert written_out(context[1]).endswith(f":stateMachine:{machine['StateMachineName']}")


def test_a_role_may_use_this_key_alone(packaged_with_key: Packaged) -> None:
    statements = [one for policy in key_policies(packaged_with_key) for one in policy["PolicyDocument"]["Statement"]]
    assert {one["Resource"] for one in statements} == {KEY}
    assert all(one["Condition"] for one in statements)


@pytest.mark.parametrize("name", WITHOUT)
def test_what_keeps_awss_key_is_there(packaged_with_key: Packaged, name: str) -> None:
    assert name in packaged_with_key.resources


def key_policy() -> list[dict[str, Any]]:
    """The statements that docs/security.md gives to copy, for stage local."""
    text = (ROOT / "docs/security.md").read_text()
    (block,) = re.findall(r"^```text\n(.+?)^```", text, re.MULTILINE | re.DOTALL)
    for placeholder, value in (("STAGE", "local"), ("REGION", "us-east-1"), ("ACCOUNT", "111122223333")):
        block = block.replace(placeholder, value)
    statements: list[dict[str, Any]] = json.loads(block)["Statement"]
    return statements


def test_the_policy_in_the_documents_lets_in_what_the_examination_asks_for() -> None:
    services = {one["Principal"].get("Service", "").partition(".")[0] for one in key_policy()} - {""}
    assert services == set(encryption._SERVICES)
    assert key_policy()[0]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}


def test_the_policy_in_the_documents_fits_the_stacks_names(packaged: Packaged) -> None:
    likes = [one["Condition"]["ArnLike"] for one in key_policy() if "Condition" in one]
    groups, alarms = (pattern for like in likes for pattern in like.values())
    for group in packaged.of_type("AWS::Logs::LogGroup").values():
        arn = f"arn:aws:logs:us-east-1:111122223333:log-group:{group['LogGroupName']}"
        assert fnmatch(arn, groups)
    # CloudFormation names an alarm by stack and logical id (source: cfn-names).
    for name in packaged.of_type("AWS::CloudWatch::Alarm"):
        assert fnmatch(f"arn:aws:cloudwatch:us-east-1:111122223333:alarm:onlyonce-local-{name}-1", alarms)
