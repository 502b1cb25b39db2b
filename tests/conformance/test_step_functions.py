"""Starting, waiting, retrying and catching in Step Functions."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.conformance.account import Account, eventually, fresh

FAILS = """
def handler(event, context):
    note(time.time())
    raise ValueError("no")
"""


def machine(**state: Any) -> dict[str, Any]:
    """A definition with one state, "Only"."""
    return {"StartAt": "Only", "States": {"Only": {**state, "End": True}}}


def retried(aws: Account, within_s: float = 15.0, **retrier: Any) -> list[float]:
    """The pauses between the attempts of a task that always fails."""
    function = aws.function(FAILS)
    aws.invoke(function)
    retry = {"ErrorEquals": ["ValueError"], **retrier}
    assert (
        aws.run(machine(Type="Task", Resource=function.arn, Retry=[retry]), within_s=within_s)["error"] == "ValueError"
    )
    attempts = function.notes()[1:]
    return [later - earlier for earlier, later in pairwise(attempts)]


def test_a_repeated_start_finds_the_running_execution(aws: Account) -> None:
    """Same name, same input, still running: the same ARN and start date, however many ask at once."""
    states = aws.client("stepfunctions")
    arn = aws.state_machine(machine(Type="Wait", Seconds=60))
    name = fresh("run")

    def start(_: int) -> tuple[str, datetime]:
        started = states.start_execution(stateMachineArn=arn, name=name, input='{"a": 1}')
        return started["executionArn"], started["startDate"]

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(start, range(16)))) == 1
    assert len(states.list_executions(stateMachineArn=arn)["executions"]) == 1
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        states.start_execution(stateMachineArn=arn, name=name, input='{"a":1}')


def test_max_delay_caps_the_backoff(aws: Account) -> None:
    """MaxDelaySeconds is the longest pause before a retry."""
    pauses = retried(aws, IntervalSeconds=1, BackoffRate=10, MaxAttempts=2, MaxDelaySeconds=2)
    assert [round(pause) for pause in pauses] == [1, 2]


def test_full_jitter_pauses_for_a_random_part(aws: Account) -> None:
    """JitterStrategy FULL waits anything from nothing to the computed pause."""
    pauses = retried(aws, IntervalSeconds=1, BackoffRate=1, MaxAttempts=5, JitterStrategy="FULL")
    assert len(pauses) == 5
    assert min(pauses) < 0.9
    assert max(pauses) < 1.3


def test_a_wait_cuts_off_the_fraction_of_a_second(aws: Account) -> None:
    """A timestamp's fraction is ignored: the wait ends at the whole second before it."""
    now = datetime.now(UTC)
    target = now.replace(microsecond=0) + timedelta(seconds=2, milliseconds=990)
    aws.run(machine(Type="Wait", TimestampPath="$.at"), {"at": target.isoformat().replace("+00:00", "Z")})
    assert (datetime.now(UTC) - target).total_seconds() < -0.3


@pytest.mark.parametrize(("path", "value"), [("TimestampPath", "soon"), ("SecondsPath", 1.5), ("SecondsPath", None)])
def test_an_unreadable_wait_fails_the_execution(aws: Account, path: str, value: Any) -> None:
    """What is not a timestamp or a whole number of seconds is States.Runtime, not a wait of no length."""
    execution = aws.run(machine(Type="Wait", **{path: "$.at"}), {"at": value})
    assert (execution["status"], execution.get("error")) == ("FAILED", "States.Runtime")


def test_all_errors_do_not_include_runtime_errors(aws: Account) -> None:
    """States.ALL neither retries nor catches States.Runtime."""
    inner = machine(Type="Wait", SecondsPath="$.nothing")
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    definition = {
        "StartAt": "Both",
        "States": {
            "Both": {"Type": "Parallel", "Branches": [inner], "Catch": catch, "End": True},
            "Caught": {"Type": "Succeed"},
        },
    }
    execution = aws.run(definition)
    assert (execution["status"], execution.get("error")) == ("FAILED", "States.Runtime")


def test_an_execution_starts_at_once(aws: Account) -> None:
    """An execution of nothing takes no time to speak of."""
    states = aws.client("stepfunctions")
    arn = aws.state_machine(machine(Type="Pass"))
    took = []
    for _ in range(3):
        execution = aws.finished(states.start_execution(stateMachineArn=arn)["executionArn"])
        took.append((execution["stopDate"] - execution["startDate"]).total_seconds())
    assert min(took) < 0.1


def test_many_executions_wait_at_once(aws: Account) -> None:
    """A waiting execution costs nothing: 1,000 of them need no thread each."""
    states = aws.client("stepfunctions")
    arn = aws.state_machine(machine(Type="Wait", Seconds=3600))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: states.start_execution(stateMachineArn=arn), range(1000)))
    eventually(lambda: aws.threads() < 300, within_s=3)
    states.delete_state_machine(stateMachineArn=arn)


def test_retry_and_catch_in_a_branch(aws: Account) -> None:
    """Inside a Map the same rules hold: MaxDelaySeconds, and a Catch that keeps the input."""
    function = aws.function(FAILS)
    task = {
        "Type": "Task",
        "Resource": function.arn,
        "Retry": [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 4, "MaxDelaySeconds": 1, "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}],
        "End": True,
    }
    processor = {"StartAt": "Task", "States": {"Task": task, "Caught": {"Type": "Pass", "End": True}}}
    began = time.monotonic()
    execution = aws.run(
        machine(Type="Map", ItemsPath="$.ids", MaxConcurrency=2, ItemProcessor=processor),
        {"ids": [{"id": 1}, {"id": 2}]},
    )
    assert time.monotonic() - began < 3
    assert [(item["id"], item["error"]["Error"]) for item in json.loads(execution["output"])] == [
        (1, "ValueError"),
        (2, "ValueError"),
    ]
