"""A deployment that fails is in nobody's way; what a first one leaves can be deleted as docs/deploying.md says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack.deployment import STACK, Deployment, DeploymentError
from local.stack.embedded_aws import EmbeddedAws
from tests.e2e.copies import copied

NEVER_DONE = """
  - Resources:
      Signal: { Type: AWS::CloudFormation::WaitConditionHandle }
      NeverDone: # after everything else
        Type: AWS::CloudFormation::WaitCondition
        DependsOn: [OutboxTable, ControlTable, UnsubscribedTable, UsageEvents, UsageWorkGroup, AlarmTopicPolicy,
          DeadLettersPolicy, MailEvents, UnsubscribePolicy,
          MonthlySchedule, SweeperSchedule, ClaimEventSourceMappingDynamodbOutboxTable, FeedbackEventBridgeLambdaPermission1]
        Properties: { Handle: !Ref Signal, Timeout: "1" }
"""
TABLES = {"OutboxTable", "ControlTable", "UnsubscribedTable"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedAws]:
    engine = EmbeddedAws(log=tmp_path / "engine.log")
    yield engine
    engine.stop()


def that_fails(checkout: Path) -> Path:
    """What is deployed, and one resource that is never done."""
    with (copied(checkout) / "serverless.yml").open("a") as file:
        file.write(NEVER_DONE)
    return checkout


def failed(engine: EmbeddedAws, tmp_path: Path) -> dict[str, str]:
    """Of each resource that the failed deployment has made, how its deletion ended."""
    with pytest.raises(DeploymentError, match="NeverDone"):
        Deployment(engine.url, checkout=that_fails(tmp_path / "checkout")).deploy(tmp_path / "failed.log")
    pages = engine.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=STACK)
    events = [event for page in pages for event in page["StackEvents"]]  # the latest one first
    last = {event["LogicalResourceId"]: event["ResourceStatus"] for event in reversed(events)}
    return {name: status for name, status in last.items() if status.startswith("DELETE_")}


def tables(engine: EmbeddedAws) -> set[str]:
    return set(engine.client("dynamodb").list_tables()["TableNames"])


def test_a_first_deployment_that_fails_is_simply_repeated(engine: EmbeddedAws, tmp_path: Path) -> None:
    ended = failed(engine, tmp_path)
    assert {name for name, status in ended.items() if status != "DELETE_COMPLETE"} == TABLES
    assert {"UsageBucket", "DeadLetters", "SendStateMachine", "UsageWorkGroup", "ProducerLogGroup"} <= set(ended)
    (stack,) = engine.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"

    left = tables(engine)
    deployment = Deployment(engine.url)
    deployment.deploy(tmp_path / "again.log")
    mine = {deployment.outputs()[f"{name}Name"] for name in TABLES}
    assert len(left) == len(mine) == len(TABLES)
    assert tables(engine) == left | mine

    db = engine.client("dynamodb")
    for name in left:
        assert "OutboxTable" not in name or db.scan(TableName=name)["Count"] == 0
        db.update_table(TableName=name, DeletionProtectionEnabled=False)
        db.delete_table(TableName=name)
    assert tables(engine) == mine


def test_a_later_deployment_that_fails_leaves_the_tables_as_they_are(engine: EmbeddedAws, tmp_path: Path) -> None:
    deployment = Deployment(engine.url)
    deployment.deploy(tmp_path / "first.log")
    before, db = deployment.outputs(), engine.client("dynamodb")
    message = {"user_id": {"S": "ann"}, "period": {"S": "2026-10"}}
    db.put_item(TableName=before["OutboxTableName"], Item=message)

    assert not TABLES & set(failed(engine, tmp_path))
    assert deployment.outputs() == before
    assert tables(engine) == {before[f"{name}Name"] for name in TABLES}
    assert db.get_item(TableName=before["OutboxTableName"], Key=message)["Item"] == message
