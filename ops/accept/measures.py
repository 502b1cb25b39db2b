"""What no document tells, measured on this stack with the run's own mails."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import ceil
from statistics import median
from typing import Any

from ops.accept.witness import Heard
from shared.sending.order import SendOrder
from shared.times import to_micros


@dataclass(frozen=True)
class Measure:
    """Some numbers of one kind. Empty: nothing was seen, which is said and not hidden."""

    name: str
    unit: str
    values: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        if not self.values:
            return {"name": self.name, "unit": self.unit, "count": 0}
        ordered = sorted(self.values)
        return {
            "name": self.name,
            "unit": self.unit,
            "count": len(ordered),
            "median": round(median(ordered), 3),
            "p95": round(ordered[ceil(0.95 * len(ordered)) - 1], 3),
            "most": round(ordered[-1], 3),
        }


def wake_ups(histories: Iterable[Sequence[Mapping[str, Any]]]) -> Measure:
    """From the second that Wait was to wake up in until it did."""
    late = [(waited - due).total_seconds() * 1000 for events in histories for due, waited in _waits(events)]
    return Measure("wake-up after its second", "ms", tuple(late))


def transitions(histories: Sequence[Sequence[Mapping[str, Any]]], mails: int) -> Measure:
    """What Step Functions bills: each state that is entered, and each retry (source: sfn-price)."""
    billed = sum(
        str(event["type"]).endswith(("StateEntered", "TaskFailed")) for events in histories for event in events
    )
    return Measure("state transitions a mail", "", (billed / mails,) if mails else ())


def event_delays(heard: Iterable[Heard]) -> Measure:
    return Measure("SES's Send event after the mail", "ms", tuple(ms for one in heard for ms in one.delays_ms))


def write_units(table: str, since: datetime, now: datetime, mails: int, cloudwatch: Any) -> Measure:
    """Of the outbox. CloudWatch may tell some minutes later, or count others' writes as well."""
    by = {"Name": "TableName", "Value": table}
    units = sum(_by_minute(cloudwatch, "AWS/DynamoDB", "ConsumedWriteCapacityUnits", by, "Sum", since, now))
    return Measure("write units a mail, as CloudWatch tells so far", "", (units / mails,) if units else ())


def invocations(function: str, name: str, since: datetime, now: datetime, cloudwatch: Any) -> Measure:
    """How long they took, on average of each minute; `name`: the function's in AWS. CloudWatch may tell some minutes later.

    The time of a cold start is in no metric, and in a log only where Lambda's own lines of what went well are kept.
    """
    by = {"Name": "FunctionName", "Value": name}
    took = _by_minute(cloudwatch, "AWS/Lambda", "Duration", by, "Average", since, now)
    return Measure(f"{function}, an invocation, by the minute, as CloudWatch tells so far", "ms", took)


def _by_minute(
    cloudwatch: Any, namespace: str, metric: str, by: Mapping[str, str], statistic: str, since: datetime, now: datetime
) -> tuple[float, ...]:
    answer = cloudwatch.get_metric_statistics(
        Namespace=namespace, MetricName=metric, Dimensions=[by], StartTime=since, EndTime=now, Period=60, Statistics=[statistic]
    )  # fmt: skip
    return tuple(float(point[statistic]) for point in answer["Datapoints"])


def _waits(events: Sequence[Mapping[str, Any]]) -> Iterable[tuple[datetime, datetime]]:
    for entered, left in pairwise(events):
        if (entered["type"], left["type"]) == ("WaitStateEntered", "WaitStateExited"):
            due = SendOrder.from_json(_input(entered)).send_at.replace(microsecond=0)
            if to_micros(due) >= to_micros(entered["timestamp"]):
                yield due, left["timestamp"]


def _input(event: Mapping[str, Any]) -> Any:
    return json.loads(event["stateEnteredEventDetails"]["input"])
