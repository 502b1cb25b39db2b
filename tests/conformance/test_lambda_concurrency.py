"""What happens over the limits of concurrent executions."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conformance.account import Account, Function, eventually

SLOW = """
def handler(event, context):
    note(["in", time.time()])
    time.sleep(event.get("for_s", 0.5))
    note(["out", time.time()])
"""


def reserve(aws: Account, function: Function, executions: int) -> None:
    """Limit the function's concurrent executions."""
    aws.client("lambda").put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=executions)


def test_over_the_limit_a_synchronous_invocation_is_refused(aws: Account) -> None:
    """429 TooManyRequestsException, "Rate Exceeded.", with the Reason."""
    function = aws.function(SLOW)
    reserve(aws, function, 1)
    client = aws.client("lambda")
    with ThreadPoolExecutor() as pool:
        busy = pool.submit(aws.invoke, function, {"for_s": 1})
        eventually(function.notes)
        with pytest.raises(client.exceptions.TooManyRequestsException) as refused:
            client.invoke(FunctionName=function.name, Payload=b"{}")
        busy.result()
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert answer["Error"]["Message"] == "Rate Exceeded."


def test_step_functions_sees_too_many_requests(aws: Account) -> None:
    """A throttled Lambda task fails with Lambda.TooManyRequestsException."""
    function = aws.function(SLOW)
    reserve(aws, function, 0)
    task = {"Type": "Task", "Resource": function.arn, "End": True}
    assert aws.run({"StartAt": "Send", "States": {"Send": task}})["error"] == "Lambda.TooManyRequestsException"


def test_an_accepted_asynchronous_invocation_outlasts_a_throttle(aws: Account) -> None:
    """Throttles are no attempts: an event that finds the function busy waits for it, however long."""
    function = aws.function(SLOW)
    reserve(aws, function, 1)
    for _ in range(2):
        aws.client("lambda").invoke(
            FunctionName=function.name, InvocationType="Event", Payload=json.dumps({"for_s": 3.5}).encode()
        )
    eventually(lambda: len(function.notes()) >= 3, within_s=6)


def test_a_rule_invokes_asynchronously(aws: Account) -> None:
    """A function that EventBridge invoked and that raised is invoked again, twice."""
    function = aws.function("def handler(event, context):\n    note(event['id'])\n    raise ValueError")
    events = aws.client("events")
    events.put_rule(Name=function.name, EventPattern=json.dumps({"source": [function.name]}))
    events.put_targets(Rule=function.name, Targets=[{"Id": "1", "Arn": function.arn}])
    events.put_events(Entries=[{"Source": function.name, "DetailType": "test", "Detail": "{}"}])
    notes = eventually(lambda: function.notes() if len(function.notes()) == 3 else None, within_s=10)
    assert len(set(notes)) == 1
