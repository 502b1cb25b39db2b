"""What AWS's own metrics tell of a month: sums of what it charges for."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ops.bill.entries import INVOKED, LOGGED, MOVED, READ, TIME, WRITTEN
from ops.bill.prices import GB
from ops.bill.units import MEMORY_GB, TRANSITIONS
from ops.doctor.deployed import FUNCTIONS, Deployed
from ops.errors import UnreadableError
from ops.questions import Ask

HOUR_S = 3600
METRICS_A_CALL = 500
"""source: cw-get-metric-data"""


@dataclass(frozen=True)
class Measure:
    """A metric of AWS's own, and the item that its sum is a part of."""

    item: str
    namespace: str
    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    factor: float = 1.0

    def query(self, number: int) -> dict[str, Any]:
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions.items()]
        metric = {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}
        return {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": HOUR_S, "Stat": "Sum"}}


def of_functions(deployed: Deployed) -> Iterator[Measure]:
    """Invocations, time, and what they have logged (source: logs-price)."""
    for name in FUNCTIONS:
        function = deployed.outputs.get(f"{name}FunctionName", "")
        own = {"FunctionName": function}
        yield Measure(INVOKED, "AWS/Lambda", "Invocations", own)
        yield Measure(TIME, "AWS/Lambda", "Duration", own, MEMORY_GB[name.lower()] / 1000)
        yield Measure(LOGGED, "AWS/Logs", "IncomingBytes", {"LogGroupName": f"/aws/lambda/{function}"}, 1 / GB)


def of_tables(deployed: Deployed) -> Iterator[Measure]:
    """The indexes' units beside the tables' (source: ddb-consumed)."""
    stage = deployed.session.stage
    consumers = [{"TableName": stage.outbox_table}, {"TableName": stage.control_table}]
    with suppress(UnreadableError):
        table = deployed.ask("dynamodb", "describe_table", TableName=stage.outbox_table)["Table"]
        names = [index["IndexName"] for index in table.get("GlobalSecondaryIndexes", ())]
        consumers += [{"TableName": stage.outbox_table, "GlobalSecondaryIndexName": name} for name in names]
    for own in consumers:
        yield Measure(WRITTEN, "AWS/DynamoDB", "ConsumedWriteCapacityUnits", own)
        yield Measure(READ, "AWS/DynamoDB", "ConsumedReadCapacityUnits", own)


def of_executions(deployed: Deployed) -> Iterator[Measure]:
    own = {"StateMachineArn": deployed.outputs.get("SendStateMachineArn", "")}
    yield Measure(MOVED, "AWS/States", "ExecutionsStarted", own, TRANSITIONS)


def sums(ask: Ask, measures: list[Measure], start: datetime, end: datetime) -> dict[str, float]:
    """By item; one of which no metric tells is left out."""
    found: defaultdict[str, float] = defaultdict(float)
    queries = [one.query(number) for number, one in enumerate(measures[:METRICS_A_CALL])]
    more: dict[str, str] = {}
    while True:
        try:
            given = {"MetricDataQueries": queries, "StartTime": start, "EndTime": end}
            answer = ask("cloudwatch", "get_metric_data", **given, **more)
        except UnreadableError:
            return {}
        for result in answer["MetricDataResults"]:
            measure = measures[int(result["Id"][1:])]
            if result["Values"]:
                found[measure.item] += measure.factor * sum(result["Values"])
        if not answer.get("NextToken"):
            return dict(found)
        more = {"NextToken": answer["NextToken"]}
