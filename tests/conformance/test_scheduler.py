"""EventBridge Scheduler: when it fires, and what it tells the target."""

import json
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.conformance.account import ROLE, Account, eventually, fresh


def test_a_schedule_fires_in_its_time_zone_and_tells_the_scheduled_time(aws: Account) -> None:
    """at() is a local time of the schedule's zone; <aws.scheduler.scheduled-time> is that instant in UTC."""
    function = aws.function("def handler(event, context):\n    note(event)")
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    local = due.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%dT%H:%M:%S")
    aws.client("scheduler").create_schedule(
        Name=fresh("schedule"),
        ScheduleExpression=f"at({local})",
        ScheduleExpressionTimezone="Asia/Tokyo",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": function.arn,
            "RoleArn": ROLE,
            "Input": json.dumps({"at": "<aws.scheduler.scheduled-time>", "attempt": "<aws.scheduler.attempt-number>"}),
        },
    )
    eventually(function.notes, within_s=6)
    assert function.notes() == [{"at": due.strftime("%Y-%m-%dT%H:%M:%SZ"), "attempt": "1"}]


def test_a_rate_begins_at_once_and_comes_once_a_period(aws: Account) -> None:
    """Without a StartDate it first fires at its creation; each of many, made at any microsecond, fires once."""
    function = aws.function("def handler(event, context):\n    note(event)")
    names = [fresh("schedule") for _ in range(12)]
    for name in names:
        aws.client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression="rate(1 minute)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": function.arn, "RoleArn": ROLE, "Input": json.dumps({"schedule": name})},
        )
    eventually(lambda: len(function.notes()) >= len(names), within_s=6)
    time.sleep(3)
    assert sorted(note["schedule"] for note in function.notes()) == sorted(names)
    for name in names:
        aws.client("scheduler").delete_schedule(Name=name)
