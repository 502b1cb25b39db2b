"""AWS/Lambda metrics: each run of a function counts once, and so does each refusal."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conformance.account import Account, Function, eventually


def total(aws: Account, function: Function, metric: str, statistic: Any = "Sum") -> float:
    """The metric's sum over the last minutes; or another statistic, summed up over them."""
    now = datetime.now(UTC)
    found = aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": function.name}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=60,
        Statistics=[statistic],
    )
    return float(sum(point[statistic] for point in found["Datapoints"]))


def test_what_a_state_machine_runs_counts(aws: Account) -> None:
    """A Task's invocation is one like any other."""
    function = aws.function("def handler(event, context):\n    note(event)")
    task = {"Type": "Task", "Resource": function.arn, "End": True}
    aws.run({"StartAt": "Send", "States": {"Send": task}})
    assert total(aws, function, "Invocations") == 1


def test_each_attempt_of_an_asynchronous_event_counts(aws: Account) -> None:
    """An event that fails is run three times: three Invocations, three Errors."""
    function = aws.function("def handler(event, context):\n    note(1)\n    raise ValueError")
    aws.client("lambda").invoke(FunctionName=function.name, InvocationType="Event")
    eventually(lambda: len(function.notes()) == 3)
    eventually(lambda: total(aws, function, "Errors") == 3)
    assert total(aws, function, "Invocations") == 3


def test_a_refusal_is_a_throttle_and_no_invocation(aws: Account) -> None:
    function = aws.function("def handler(event, context):\n    note(1)")
    client = aws.client("lambda")
    client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName=function.name)
    assert (total(aws, function, "Throttles"), total(aws, function, "Invocations")) == (1, 0)


def test_a_batch_of_a_stream_measures_how_old_its_last_record_is(aws: Account) -> None:
    """Once for each batch, when its function is invoked; here after the two seconds in which it was gathered."""
    function = aws.function("def handler(event, context):\n    note(len(event['Records']))")
    table, stream = aws.stream_table()
    settings = {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 2, "StartingPosition": "TRIM_HORIZON"}
    aws.client("lambda").create_event_source_mapping(EventSourceArn=stream, FunctionName=function.name, **settings)
    aws.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "1"}})
    eventually(lambda: function.notes() == [1])
    assert total(aws, function, "IteratorAge", "SampleCount") == 1
    assert 1000 <= total(aws, function, "IteratorAge", "Maximum") <= 8000
