"""What services measure of themselves (source: ddb-metrics, sfn-metrics, ses-metrics, sqs-active)."""

from datetime import UTC, datetime, timedelta

from tests.conformance.account import Account, eventually, fresh
from tests.conformance.ses_account import SesAccount


def total(client: object, namespace: str, metric: str, **dimensions: str) -> float:
    """Of the last minutes."""
    now = datetime.now(UTC)
    found = client.get_metric_statistics(  # type: ignore[attr-defined]
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def test_a_table_measures_the_write_units_that_it_and_each_index_use(aws: Account) -> None:
    """One for each started KB; an index only where what it holds changes. By PartiQL as by any other write."""
    name, db = fresh("table"), aws.client("dynamodb")
    db.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("id", "due")],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [{"AttributeName": "due", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    db.put_item(TableName=name, Item={"id": {"S": "1"}, "due": {"S": "soon"}, "text": {"S": "x" * 1500}})
    db.update_item(
        TableName=name,
        Key={"id": {"S": "1"}},
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    statement = f"INSERT INTO \"{name}\" VALUE {{'id': '2', 'due': 'late'}}"
    db.batch_execute_statement(Statements=[{"Statement": statement}])
    db.delete_item(TableName=name, Key={"id": {"S": "2"}})
    client, metric = aws.client("cloudwatch"), "ConsumedWriteCapacityUnits"
    assert total(client, "AWS/DynamoDB", metric, TableName=name) == 2 + 2 + 1 + 1
    assert total(client, "AWS/DynamoDB", metric, TableName=name, GlobalSecondaryIndexName="due") == 1 + 1 + 1


def test_a_state_machine_measures_its_starts(aws: Account) -> None:
    """A repeated start of the same name starts nothing anew."""
    states = aws.client("stepfunctions")
    machine = aws.state_machine({"StartAt": "Only", "States": {"Only": {"Type": "Wait", "Seconds": 1, "End": True}}})
    for name in ("one", "two", "two"):
        states.start_execution(stateMachineArn=machine, name=name)
    assert total(aws.client("cloudwatch"), "AWS/States", "ExecutionsStarted", StateMachineArn=machine) == 2


def test_ses_measures_what_became_of_the_mails(aws: Account) -> None:
    account = SesAccount(aws)
    for name in ("success", "bounce", "complaint"):
        account.send(f"{name}@simulator.amazonses.com")
    expected = {"Send": 3, "Delivery": 2, "Bounce": 1, "Complaint": 1}
    client = account.client("cloudwatch")
    eventually(lambda: {name: total(client, "AWS/SES", name) for name in expected} == expected)


def test_a_queue_measures_each_minute_what_can_be_received(aws: Account) -> None:
    """One that never held a message measures nothing."""
    sqs, client = aws.client("sqs"), aws.client("cloudwatch")
    full, empty = fresh("queue"), fresh("queue")
    sqs.create_queue(QueueName=empty)
    sqs.send_message(QueueUrl=sqs.create_queue(QueueName=full)["QueueUrl"], MessageBody="{}")
    metric = "ApproximateNumberOfMessagesVisible"
    eventually(lambda: total(client, "AWS/SQS", metric, QueueName=full) == 1, within_s=70)
    listed = client.list_metrics(Namespace="AWS/SQS", Dimensions=[{"Name": "QueueName", "Value": empty}])
    assert listed["Metrics"] == []
