"""What AWS would charge for is counted, whoever asks (source: the prices' facts, each of which names what it is the price of)."""

import json
import math
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local.stack.metering import UNMETERED, Meter
from ops.bill.metered import Metered
from tests.conformance.account import ROLE, Account, eventually, fresh
from tests.conformance.athena import Athena
from tests.conformance.conftest import engine_name
from tests.conformance.ses_account import SENDER, SesAccount

MESSAGE = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


@pytest.fixture(scope="module")
def aws(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An engine of its own: nobody else's schedules and mappings are metered."""
    account = Account(Path(tmp_path_factory.mktemp("metered")), stock=engine_name(request.config) == "stock")
    yield account
    account.stop()


def counted(aws: Account, act: Callable[[], object]) -> Metered:
    """What `act` is charged for; an AssertionError where there is no meter."""
    try:
        Meter(aws.url).reset()
        act()
        return Meter(aws.url).read()
    except (OSError, ValueError, KeyError) as error:
        raise AssertionError(f"no meter: {error!r}") from error


def test_calls_count_by_service_and_operation_answered_or_refused(aws: Account) -> None:
    def act() -> None:
        for _ in range(2):
            aws.client("dynamodb").list_tables()
        aws.client("sesv2").get_account()
        aws.client("ses").get_send_quota()
        aws.client("cloudwatch").list_metrics()
        aws.client("sqs").list_queues()
        with pytest.raises(aws.client("stepfunctions").exceptions.ClientError):
            aws.client("stepfunctions").describe_execution(executionArn="arn:aws:states:us-east-1:0:execution:no:no")

    assert counted(aws, act).calls == {
        "dynamodb.ListTables": 2,
        "monitoring.ListMetrics": 1,
        "ses.GetAccount": 1,
        "ses.GetSendQuota": 1,
        "sqs.ListQueues": 1,
        "states.DescribeExecution": 1,
    }


def test_who_only_watches_is_not_counted(aws: Account) -> None:
    table, _stream = aws.stream_table()
    watching = boto(aws, "dynamodb", UNMETERED)
    found = counted(aws, lambda: watching.scan(TableName=table))
    assert (found.calls, found.read_units) == ({}, 0)


def test_units_count_by_table_and_index(aws: Account) -> None:
    table, _stream = aws.stream_table()
    db = aws.client("dynamodb")

    def act() -> None:
        db.put_item(TableName=table, Item={"id": {"S": "1"}, "text": {"S": "x" * 1500}})
        db.get_item(TableName=table, Key={"id": {"S": "1"}})

    found = counted(aws, act)
    assert found.written == {table: 2}
    assert found.read == {table: 0.5}


def test_what_lies_in_tables_counts_with_100_bytes_more_for_each_item_and_entry(aws: Account) -> None:
    db = aws.client("dynamodb")
    before = counted(aws, lambda: None)
    name = aws.table_by_due()
    db.put_item(TableName=name, Item={"id": {"S": "1"}, "due": {"S": "soon"}, "text": {"S": "x" * 500}})
    keys = len("id1") + len("duesoon")
    more = (keys + len("text") + 500 + 100) + (keys + 100)
    after = counted(aws, lambda: None)
    assert (after.stored_bytes - before.stored_bytes, after.backed_up_bytes - before.backed_up_bytes) == (more, 0)
    recovery = {"PointInTimeRecoveryEnabled": True}
    db.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    assert counted(aws, lambda: None).backed_up_bytes - before.backed_up_bytes == more


def test_functions_count_their_runs_and_what_is_billed_and_logged(aws: Account) -> None:
    """GB-seconds are of the billed duration, as REPORT has it; an error is billed as well."""
    function = aws.function("def handler(event, context):\n    time.sleep(0.05)\n    return 1 / event", MemorySize=512)

    def act() -> None:
        for event in (1, 0):
            aws.invoke(function, event)

    found = counted(aws, act)
    group = f"/aws/lambda/{function.name}"
    lines = [event["message"] for event in aws.client("logs").filter_log_events(logGroupName=group)["events"]]
    billed_ms = sum(int(match[1]) for line in lines if (match := re.search(r"Billed Duration: (\d+) ms", line)))
    assert found.invocations == {function.name: 2}
    assert math.isclose(found.gb_seconds, billed_ms / 1000 * 0.5)
    assert found.gb_seconds >= 0.05
    assert found.logged == {group: sum(len(line.encode()) + 1 for line in lines)}


def test_a_metric_of_ones_own_counts_once_however_often_it_is_measured(aws: Account) -> None:
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [{"Namespace": "meter", "Dimensions": [["kind"]], "Metrics": [{"Name": "seen"}]}],
        },
        "kind": "a",
        "seen": 1,
    }
    source = (
        f"def handler(event, context):\n    print(json.dumps({{**json.loads({json.dumps(line)!r}), 'kind': event}}))"
    )
    function = aws.function(source)

    def act() -> None:
        for kind in ("a", "b", "a"):
            aws.invoke(function, kind)

    assert counted(aws, act).metrics == 2


def test_each_state_that_is_entered_is_a_transition_and_each_retry_is_one(aws: Account) -> None:
    function = aws.function("def handler(event, context):\n    raise ValueError(event)")
    retry = {"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1}
    fails = {"Type": "Task", "Resource": function.arn, "Retry": [retry]}
    caught = {**fails, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Last"}], "Next": "Last"}
    states = {"Wait": {"Type": "Wait", "Seconds": 0, "Next": "Fails"}, "Fails": caught, "Last": {"Type": "Succeed"}}
    found = counted(aws, lambda: aws.run({"StartAt": "Wait", "States": states}))
    assert (found.executions, found.transitions) == (1, 3 + 2)
    assert sum(found.invocations.values()) == 3
    branch = {"StartAt": "One", "States": {"One": {"Type": "Pass", "Next": "Two"}, "Two": {"Type": "Succeed"}}}
    both = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": branch, "End": True}
    found = counted(aws, lambda: aws.run({"StartAt": "Both", "States": {"Both": both}}, {"items": [1, 2, 3]}))
    assert found.transitions == 1 + 3 * 2


def test_ses_counts_who_asks_and_the_recipients_that_it_accepts(aws: Account) -> None:
    account = SesAccount(aws)
    account.admin("PUT", {"rate": 2})
    two = {"ToAddresses": ["a@example.com", "b@example.com"]}

    def act() -> None:
        for _ in range(2):
            try:
                account.v2.send_email(FromEmailAddress=SENDER, Destination=two, Content=MESSAGE)
            except account.v2.exceptions.TooManyRequestsException:
                continue

    found = counted(aws, act)
    assert (found.calls, found.asked, found.accepted) == ({"ses.SendEmail": 2}, 2, 2)


def test_sqs_counts_requests_by_64_kb_also_empty_ones_and_lambdas(aws: Account) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=fresh("queue"))["QueueUrl"]

    def act() -> None:
        sqs.send_message(QueueUrl=url, MessageBody="x" * 100_000)  # 2
        message = sqs.receive_message(QueueUrl=url)["Messages"][0]  # 2
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])  # 1
        sqs.receive_message(QueueUrl=url)  # 1
        entries = [{"Id": str(number), "MessageBody": "short"} for number in range(10)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)  # 1

    assert counted(aws, act).sqs_requests == 7
    sqs.purge_queue(QueueUrl=url)
    function = aws.function("def handler(event, context):\n    note(len(event['Records']))")
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName=function.name)
    quiet = boto(aws, "sqs", UNMETERED)

    def handled() -> None:
        quiet.send_message(QueueUrl=url, MessageBody="short")
        eventually(lambda: function.notes() == [1])
        counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        eventually(lambda: _sum(quiet.get_queue_attributes(QueueUrl=url, AttributeNames=counts)) == 0)

    assert counted(aws, handled).sqs_requests == 2, "Lambda's own: one that receives, one that deletes"


def _sum(answer: dict[str, Any]) -> int:
    return sum(map(int, answer["Attributes"].values()))


def test_events_of_ones_own_count_by_64_kb_and_those_of_aws_do_not(aws: Account) -> None:
    events = aws.client("events")
    entries = [{"Source": "meter", "DetailType": "t", "Detail": json.dumps("x" * size)} for size in (1, 100_000)]
    assert counted(aws, lambda: events.put_events(Entries=entries)).events == 3
    wait = {"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}
    assert counted(aws, lambda: aws.run(wait)).events == 0


def test_an_invocation_of_the_scheduler_counts(aws: Account) -> None:
    function = aws.function("def handler(event, context):\n    note(event)")
    at = datetime.now(UTC) + timedelta(seconds=2)

    def act() -> None:
        aws.client("scheduler").create_schedule(
            Name=fresh("schedule"),
            ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": function.arn, "RoleArn": ROLE, "Input": "{}"},
        )
        eventually(function.notes)

    assert counted(aws, act).scheduled == 1


def test_s3_counts_what_writes_or_lists_apart_from_what_reads(aws: Account) -> None:
    s3, bucket = aws.client("s3"), fresh("bucket")
    s3.create_bucket(Bucket=bucket)

    def act() -> None:
        s3.put_object(Bucket=bucket, Key="a", Body=b"1")
        s3.list_objects_v2(Bucket=bucket)
        s3.get_object(Bucket=bucket, Key="a")
        s3.head_object(Bucket=bucket, Key="a")
        s3.delete_object(Bucket=bucket, Key="a")

    found = counted(aws, act)
    assert (found.s3_writes, found.s3_reads) == (2, 2)


def test_a_query_of_athena_counts_ten_megabytes_at_least(aws: Account) -> None:
    athena = Athena.new(aws)
    lines = "\n".join([json.dumps({"user_id": "ann", "note": "x" * 1000})] * 12_000)
    table = athena.monthly_table({"user_id": "string", "note": "string"}, "2026-08,NOW", {"2026-10/a.jsonl": lines})
    size = math.ceil(len(lines) / 2**20)
    assert size > 10
    assert counted(aws, lambda: athena.run("SELECT 1")).scanned_bytes == 10 * 2**20
    assert counted(aws, lambda: athena.run(f"SELECT count(*) FROM {table}")).scanned_bytes == size * 2**20


def boto(aws: Account, service: str, config: Config) -> Any:
    """A client beside the account's own."""
    clients: Any = boto3  # its overloads want the service as a literal
    return clients.client(
        service,
        endpoint_url=aws.url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=config,
    )
