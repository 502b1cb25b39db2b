"""What AWS acknowledged is still there after the engine was killed and started again."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.conformance.account import Account, eventually, fresh
from tests.conformance.conftest import engine_name
from tests.conformance.ses_account import EventLog, SesAccount

# Everything but items, stream records, tables and executions may be a second behind.
SNAPSHOT_S = 1.5


@pytest.fixture
def durable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Account]:
    """An engine with a data directory, which the test may crash()."""
    account = Account(tmp_path, data_dir=tmp_path / "data", stock=engine_name(request.config) == "stock")
    yield account
    account.stop()


def crash(account: Account) -> None:
    """Kill the engine and start it again on its data."""
    account.kill()
    account.start()


def test_acknowledged_writes_survive(durable: Account) -> None:
    """Every acknowledged put, update, delete and transaction is there, and what a failed transaction did is not."""
    table, _stream = durable.stream_table()
    db = durable.client("dynamodb")
    for n in range(50):
        db.put_item(TableName=table, Item={"id": {"S": f"{n}"}, "n": {"N": "0"}})
    db.update_item(
        TableName=table,
        Key={"id": {"S": "1"}},
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "7"}},
    )
    db.delete_item(TableName=table, Key={"id": {"S": "2"}})
    put = {"Put": {"TableName": table, "Item": {"id": {"S": "new"}}}}
    absent = {
        "ConditionCheck": {
            "TableName": table,
            "Key": {"id": {"S": "3"}},
            "ConditionExpression": "attribute_not_exists(id)",
        }
    }
    with pytest.raises(ClientError, match="TransactionCanceled"):
        db.transact_write_items(TransactItems=[put, absent])
    crash(durable)
    items = {item["id"]["S"]: item for item in durable.client("dynamodb").scan(TableName=table)["Items"]}
    assert set(items) == {f"{n}" for n in range(50)} - {"2"}
    assert items["1"]["n"]["N"] == "7"


def test_a_stream_and_its_checkpoint_survive(durable: Account) -> None:
    """A mapping goes on where it was: records that it has not seen come, and none is skipped."""
    table, stream = durable.stream_table()
    function = durable.function(
        "def handler(event, context):\n    note([r['dynamodb']['Keys']['id']['S'] for r in event['Records']])"
    )
    durable.client("lambda").create_event_source_mapping(
        EventSourceArn=stream, FunctionName=function.name, StartingPosition="TRIM_HORIZON"
    )
    put = {"TableName": table}
    durable.client("dynamodb").put_item(**put, Item={"id": {"S": "before"}})
    eventually(function.notes)
    time.sleep(SNAPSHOT_S)
    mapping = durable.client("lambda").list_event_source_mappings()["EventSourceMappings"][0]["UUID"]
    durable.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
    time.sleep(SNAPSHOT_S)
    durable.client("dynamodb").put_item(**put, Item={"id": {"S": "unseen"}})
    crash(durable)
    durable.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
    eventually(lambda: ["unseen"] in function.notes())


def test_a_running_execution_goes_on(durable: Account) -> None:
    """An execution that waits when the engine dies ends its wait and goes on; its name stays taken."""
    function = durable.function("def handler(event, context):\n    note(event)")
    task = {"Type": "Task", "Resource": function.arn, "End": True}
    machine = durable.state_machine(
        {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3, "Next": "Task"}, "Task": task}}
    )
    time.sleep(SNAPSHOT_S)
    states = durable.client("stepfunctions")
    request = {"stateMachineArn": machine, "name": fresh("run"), "input": '{"slot": 7}'}
    started = states.start_execution(**request)
    crash(durable)
    assert durable.finished(started["executionArn"])["status"] == "SUCCEEDED"
    assert function.notes() == [{"slot": 7}]
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        states.start_execution(**request)


def test_an_asynchronous_invocation_survives(durable: Account) -> None:
    """An event that Lambda accepted comes, also if the engine died before its function had handled it."""
    function = durable.function(
        "import time\ndef handler(event, context):\n    note(event)\n    time.sleep(event['s'])"
    )
    time.sleep(SNAPSHOT_S)
    durable.client("lambda").invoke(FunctionName=function.name, InvocationType="Event", Payload=b'{"s": 2}')
    eventually(function.notes)
    crash(durable)
    eventually(lambda: function.notes() == [{"s": 2}, {"s": 2}])


def test_an_event_of_ses_survives(durable: Account) -> None:
    """What SES has to tell of a mail that it accepted is told, also if the engine died before."""
    ses = SesAccount(durable)
    log = EventLog(ses, "SEND")
    time.sleep(SNAPSHOT_S)
    message_id = ses.send(ConfigurationSetName=log.configuration_set)
    crash(durable)
    assert log.first(1)[0]["detail"]["mail"]["messageId"] == message_id


def test_a_table_of_a_stack_survives(durable: Account) -> None:
    """CloudFormation's tables are as durable as others, with their items."""
    stack, table = fresh("stack"), fresh("table")
    properties = {
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }
    template = {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}}
    durable.client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(template))
    described = durable.client("cloudformation").describe_stacks
    eventually(lambda: described(StackName=stack)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
    durable.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "1"}})
    crash(durable)
    assert durable.client("dynamodb").scan(TableName=table)["Items"] == [{"id": {"S": "1"}}]
