"""What AWS writes into a function's log, and what a group takes in (source: lambda-log-lines, lambda-log-levels, logs-price)."""

import json
import re
import time
from typing import Any

from tests.conformance.account import Account, Function, eventually, fresh
from tests.conformance.measured import total

SLEEPS = "def handler(event, context):\n    time.sleep(0.05)\n    print('own line')"
FAILS = "def handler(event, context):\n    raise ValueError('never')"


def lines(aws: Account, function: Function) -> list[str]:
    client, group = aws.client("logs"), f"/aws/lambda/{function.name}"
    return [event["message"] for event in client.filter_log_events(logGroupName=group)["events"]]


def kinds(logged: list[str]) -> list[str]:
    return [json.loads(line)["type"] if line.startswith('{"time"') else line for line in logged]


def as_json(**more: str) -> dict[str, Any]:
    return {"LoggingConfig": {"LogFormat": "JSON", **more}, "MemorySize": 256}


def test_a_report_bills_whole_milliseconds_with_the_start_of_the_environment(aws: Account) -> None:
    function = aws.function(SLEEPS, MemorySize=256)
    aws.invoke(function)
    aws.invoke(function)
    logged = lines(aws, function)
    assert [line.split()[0] for line in logged] == [
        "INIT_START", "START", "own", "END", "REPORT", "START", "own", "END", "REPORT",
    ]  # fmt: skip
    cold, warm = (
        re.fullmatch(
            r"REPORT RequestId: \S+\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: 256 MB\t"
            r"Max Memory Used: \d+ MB\t(?:Init Duration: ([\d.]+) ms\t)?",
            line,
        )
        for line in (logged[4], logged[8])
    )
    assert cold
    assert warm
    duration, billed, start = cold.groups()
    assert 50 <= float(duration) < 1000
    assert 0 <= int(billed) - (float(duration) + float(start)) < 1
    duration, billed, start = warm.groups()
    assert start is None
    assert 0 <= int(billed) - float(duration) < 1


def test_an_environment_has_one_stream(aws: Account) -> None:
    function = aws.function(SLEEPS)
    for _ in range(3):
        aws.invoke(function)
    streams = aws.client("logs").describe_log_streams(logGroupName=f"/aws/lambda/{function.name}")["logStreams"]
    assert len(streams) == 1


def test_with_the_format_json_lambdas_own_lines_are_json(aws: Account) -> None:
    function = aws.function(SLEEPS, **as_json())
    aws.invoke(function)
    logged = lines(aws, function)
    assert kinds(logged) == ["platform.initStart", "platform.start", "own line", "platform.report"]
    record = json.loads(logged[-1])["record"]
    assert record["status"] == "success"
    metrics = record["metrics"]
    assert metrics["memorySizeMB"] == 256
    assert 0 <= metrics["billedDurationMs"] - (metrics["durationMs"] + metrics["initDurationMs"]) < 1


def test_at_warn_lambda_says_nothing_but_what_failed(aws: Account) -> None:
    works = aws.function(SLEEPS, **as_json(SystemLogLevel="WARN"))
    fails = aws.function(FAILS, **as_json(SystemLogLevel="WARN"))
    aws.invoke(works)
    aws.invoke(fails)
    assert lines(aws, works) == ["own line"]
    assert kinds(lines(aws, fails))[-2:] == ["platform.runtimeDone", "platform.report"]
    assert "platform.start" not in kinds(lines(aws, fails))


def test_a_group_measures_the_bytes_and_events_that_it_takes_in(aws: Account) -> None:
    function, client = aws.function(SLEEPS), aws.client("cloudwatch")
    aws.invoke(function)
    of = {"LogGroupName": f"/aws/lambda/{function.name}"}
    logged = lines(aws, function)
    assert total(client, "AWS/Logs", "IncomingBytes", **of) == sum(len(line.encode()) + 1 for line in logged)
    assert total(client, "AWS/Logs", "IncomingLogEvents", **of) == len(logged)


def test_so_it_does_of_what_is_put_by_the_api(aws: Account) -> None:
    logs, group = aws.client("logs"), fresh("group")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    event = {"timestamp": int(time.time() * 1000), "message": "größer"}
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[event])
    assert total(aws.client("cloudwatch"), "AWS/Logs", "IncomingBytes", LogGroupName=group) == 9


def test_the_duration_that_is_measured_is_the_handlers_own(aws: Account) -> None:
    """Not the start of its environment, which takes a second here."""
    function = aws.function("time.sleep(1)\n" + SLEEPS)
    aws.invoke(function)
    client = aws.client("cloudwatch")
    duration = eventually(lambda: total(client, "AWS/Lambda", "Duration", FunctionName=function.name))
    assert 50 <= duration < 1000
