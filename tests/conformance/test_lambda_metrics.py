"""AWS/Lambda metrics: each run of a function counts once, and so does each refusal."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.conformance.account import Account, Function, eventually


def total(aws: Account, function: Function, metric: str) -> float:
    """The metric's sum over the last minutes."""
    now = datetime.now(UTC)
    found = aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": function.name}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


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
