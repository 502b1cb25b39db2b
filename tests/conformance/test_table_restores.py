"""A table restored to a point in time: what it has of its source, and what it lacks (source: ddb-restore)."""

from typing import Any

import pytest

from tests.conformance.account import Account, eventually, fresh, refusal

KEY = "arn:aws:kms:us-east-1:000000000000:key/2f1b1c5e-0000-4000-8000-000000000000"
SOURCE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "group")],
    "BillingMode": "PAY_PER_REQUEST",
    "DeletionProtectionEnabled": True,
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_group",
            "KeySchema": [{"AttributeName": "group", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY},
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    "Tags": [{"Key": "stage", "Value": "prod"}],
}


@pytest.fixture
def source(aws: Account) -> str:
    """A table with everything on, and an item in it."""
    name, db = fresh("table"), aws.client("dynamodb")
    db.create_table(TableName=name, **SOURCE)
    db.update_time_to_live(TableName=name, TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True})
    recovery(aws, name, on=True)
    db.put_item(TableName=name, Item={"id": {"S": "1"}, "group": {"S": "a"}})
    return name


def recovery(aws: Account, name: str, *, on: bool) -> None:
    """Switch the table's point-in-time recovery."""
    specification = {"PointInTimeRecoveryEnabled": on}
    aws.client("dynamodb").update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=specification)


def restored(aws: Account, source: str, **request: Any) -> dict[str, Any]:
    """The description of a new table, restored from `source`."""
    name, db = fresh("restored"), aws.client("dynamodb")
    db.restore_table_to_point_in_time(
        SourceTableName=source, TargetTableName=name, UseLatestRestorableTime=True, **request
    )

    def described() -> dict[str, Any]:
        answer: dict[str, Any] = db.describe_table(TableName=name)["Table"]
        return answer

    eventually(lambda: described()["TableStatus"] == "ACTIVE")
    return described()


def test_it_has_its_items_indexes_and_encryption_and_its_own_id(aws: Account, source: str) -> None:
    db, table = aws.client("dynamodb"), restored(aws, source)
    original = db.describe_table(TableName=source)["Table"]
    assert table["TableId"] != original["TableId"]
    assert table.get("SSEDescription") == original["SSEDescription"]
    assert table["RestoreSummary"]["SourceTableArn"] == original["TableArn"]
    assert table["RestoreSummary"]["RestoreInProgress"] is False
    of_group = {"KeyConditionExpression": "#g = :g", "ExpressionAttributeNames": {"#g": "group"}}
    found = db.query(
        TableName=table["TableName"], IndexName="by_group", ExpressionAttributeValues={":g": {"S": "a"}}, **of_group
    )
    assert found["Items"] == [{"id": {"S": "1"}, "group": {"S": "a"}}]


def test_it_has_no_stream_nor_anything_else_that_must_be_set_up_by_hand(aws: Account, source: str) -> None:
    db, table = aws.client("dynamodb"), restored(aws, source)
    name = table["TableName"]
    assert "RestoreSummary" in table
    assert {"StreamSpecification", "LatestStreamArn"}.isdisjoint(table)
    assert table["DeletionProtectionEnabled"] is False
    assert db.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"
    backups = db.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
    assert db.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == []


def test_another_encryption_can_be_asked_for(aws: Account, source: str) -> None:
    other = KEY.replace("0000-4000", "0000-4001")
    wanted = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": other}
    table = restored(aws, source, SSESpecificationOverride=wanted)
    assert table.get("SSEDescription", {}).get("KMSMasterKeyArn") == other


def test_without_recovery_there_is_nothing_to_restore(aws: Account, source: str) -> None:
    recovery(aws, source, on=False)
    db = aws.client("dynamodb")
    request = {"SourceTableName": source, "TargetTableName": fresh("restored"), "UseLatestRestorableTime": True}
    code = refusal(lambda: db.restore_table_to_point_in_time(**request))
    assert code == "PointInTimeRecoveryUnavailableException"
