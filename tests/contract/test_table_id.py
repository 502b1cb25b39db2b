"""`Store.id`: a table keeps it, and no other table has it (source: ddb-table-id)."""

from typing import Any

import pytest

from shared.aws.dynamodb import DynamoTable
from tests.contract.backends import Backend, Dynamo, outbox_definition
from tests.contract.conftest import Make


@pytest.fixture
def dynamo(make_embedded: Make) -> Dynamo:
    made = make_embedded()
    assert isinstance(made, Dynamo)
    return made


def client_and_name(dynamo: Dynamo) -> tuple[Any, str]:
    return dynamo._client, dynamo._name


def test_a_table_keeps_its_id(exact: Backend) -> None:
    """moto tells none."""
    assert exact.store.id() == exact.store.id() != ""


def test_a_table_restored_on_the_embedded_aws_has_another_and_no_stream(dynamo: Dynamo) -> None:
    client, name = client_and_name(dynamo)
    client.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    dynamo.put({"user_id": "ann", "period": "2026-10"})
    client.restore_table_to_point_in_time(
        SourceTableName=name, TargetTableName=f"{name}-restored", UseLatestRestorableTime=True
    )
    restored = DynamoTable(client, f"{name}-restored")
    assert restored.get({"user_id": "ann", "period": "2026-10"}) is not None
    assert restored.id() != dynamo.store.id()
    described = client.describe_table(TableName=f"{name}-restored")["Table"]
    assert not described.get("StreamSpecification", {}).get("StreamEnabled")


def test_nor_has_one_that_is_made_anew_on_the_embedded_aws_under_the_same_name(dynamo: Dynamo) -> None:
    client, name = client_and_name(dynamo)
    before = dynamo.store.id()
    client.delete_table(TableName=name)
    client.create_table(**outbox_definition(name))
    assert dynamo.store.id() != before
