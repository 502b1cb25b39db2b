"""What a failed creation and a failed update take back: all but what is protected (source: cfn-cleanup, cfn-rolled-back)."""

import json
from typing import Any

import pytest

from tests.conformance.account import Account, eventually, fresh

TABLE: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}
BEFORE = {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {}}}


def table(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "RetainExceptOnCreate",
        "Properties": {**TABLE, **properties},
    }


def failing(**resources: dict[str, Any]) -> str:
    """A template of these, and of one that is never done."""
    condition = {"Handle": {"Ref": "Signal"}, "Timeout": "1"}
    never = {"Type": "AWS::CloudFormation::WaitCondition", "DependsOn": [*resources], "Properties": condition}
    signal = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    return json.dumps({"Resources": {**BEFORE, **resources, "Signal": signal, "Never": never}})


def ended(aws: Account, stack: str) -> str:
    client = aws.client("cloudformation")

    def status() -> str:
        return str(client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])

    eventually(lambda: not status().endswith("IN_PROGRESS"))
    return status()


def taken_back(aws: Account, stack: str) -> dict[str, str]:
    """The names of resources whose deletion was begun, by logical id."""
    events = aws.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    begun = [event for event in events if event["ResourceStatus"] == "DELETE_IN_PROGRESS"]
    return {event["LogicalResourceId"]: event["PhysicalResourceId"] for event in begun}


@pytest.mark.parametrize(("update", "status"), [(False, "ROLLBACK_FAILED"), (True, "UPDATE_ROLLBACK_COMPLETE")])
def test_a_protected_table_outlives_a_rollback(aws: Account, *, update: bool, status: str) -> None:
    stack, client = fresh("stack"), aws.client("cloudformation")
    template = failing(Protected=table(DeletionProtectionEnabled=True), Open=table())
    if update:
        client.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": BEFORE}))
        assert ended(aws, stack) == "CREATE_COMPLETE"
        client.update_stack(StackName=stack, TemplateBody=template)
    else:
        client.create_stack(StackName=stack, TemplateBody=template)
    assert ended(aws, stack) == status
    begun, there = taken_back(aws, stack), aws.client("dynamodb").list_tables()["TableNames"]
    assert [name for name in ("Protected", "Open") if begun[name] in there] == ["Protected"]


def test_a_table_is_not_made_over_another(aws: Account) -> None:
    stack, name, db = fresh("stack"), fresh("table"), aws.client("dynamodb")
    db.create_table(TableName=name, **TABLE)
    db.put_item(TableName=name, Item={"id": {"S": "1"}})
    resources = {"Table": table(TableName=name)}
    aws.client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": resources}))
    assert ended(aws, stack) == "ROLLBACK_COMPLETE"
    assert db.scan(TableName=name)["Count"] == 1
