"""What functions print in Embedded Metric Format is measured (source: emf-format)."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conformance.account import Account, Function, fresh

PRINTS = """
def handler(event, context):
    lines = [line if isinstance(line, str) else json.dumps(line) for line in event["lines"]]
    print("\\n".join(lines + [event.get("unfinished", "")]), end="", flush=True)
    if event.get("dies"):
        os.kill(os.getpid(), 9)
"""


def line(namespace: str, at: float | None = None, dimensions: Any = (("service",),), **values: Any) -> dict[str, Any]:
    """As Powertools prints it: metrics in capitals, whatever else as a dimension's value."""
    named = [{"Name": name, "Unit": "Count"} for name in values if name.isupper()]
    directive = {"Namespace": namespace, "Dimensions": dimensions, "Metrics": named}
    stamp = int(1000 * (time.time() if at is None else at))
    return {"_aws": {"Timestamp": stamp, "CloudWatchMetrics": [directive]}, **values}


def measured(aws: Account, namespace: str, metric: str, **dimensions: str) -> list[Mapping[str, Any]]:
    now = datetime.now(UTC)
    found = aws.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=12),
        EndTime=now + timedelta(hours=1),
        Period=60,
        Statistics=["Sum", "SampleCount", "Maximum"],
    )
    return sorted(found["Datapoints"], key=lambda point: point["Timestamp"])


def total(aws: Account, namespace: str, metric: str, **dimensions: str) -> float:
    return float(sum(point["Sum"] for point in measured(aws, namespace, metric, **dimensions)))


def prints(aws: Account, *lines: Any, **event: Any) -> Function:
    """A function that has printed these lines."""
    function = aws.function(PRINTS)
    aws.invoke(function, {"lines": lines, **event})
    return function


def test_a_value_and_a_list_of_values_are_measured_at_the_lines_own_time(aws: Account) -> None:
    """A list is as many measurements."""
    namespace = fresh("stack")
    at = datetime.now(UTC).replace(second=7, microsecond=0) - timedelta(hours=3)
    prints(aws, line(namespace, at.timestamp(), service="send", SENT=[1.0, 1.0, 4.0], HELD=3))
    found = [point for name in ("SENT", "HELD") for point in measured(aws, namespace, name, service="send")]
    assert len(found) == 2
    sent, held = found
    assert sent["Timestamp"] == at.replace(second=0)
    assert (sent["SampleCount"], sent["Sum"], sent["Maximum"], sent["Unit"]) == (3, 6, 4, "Count")
    assert (held["SampleCount"], held["Sum"]) == (1, 3)


def test_each_set_of_dimensions_makes_a_metric(aws: Account) -> None:
    """None at all, too; and no other set sees them."""
    namespace = fresh("stack")
    sets = [["service"], ["service", "kind"], []]
    prints(aws, line(namespace, None, sets, service="send", kind="late", SENT=1))
    found = [{}, {"service": "send"}, {"service": "send", "kind": "late"}, {"kind": "late"}]
    assert [total(aws, namespace, "SENT", **dimensions) for dimensions in found] == [1, 1, 1, 0]


def test_each_invocation_adds_to_it(aws: Account) -> None:
    namespace = fresh("stack")
    function = prints(aws, line(namespace, service="send", SENT=1))
    for _ in range(3):
        aws.invoke(function, {"lines": ["an ordinary line", line(namespace, service="send", SENT=1)]})
    assert total(aws, namespace, "SENT", service="send") == 4


def test_what_a_function_had_printed_when_it_was_killed_counts(aws: Account) -> None:
    """Its last line, which it did not finish, does not."""
    namespace = fresh("stack")
    lines = [line(namespace, service="send", SENT=1)] * 500
    prints(aws, *lines, unfinished=json.dumps(line(namespace, service="send", SENT=100))[:-3], dies=True)
    assert total(aws, namespace, "SENT", service="send") == 500


def test_what_is_no_such_line_measures_nothing(aws: Account) -> None:
    """Malformed, with a dimension that is not there, or from another month; the others beside it do."""
    namespace = fresh("stack")
    good = line(namespace, service="send", SENT=1)
    prints(
        aws,
        good,
        '{"_aws": ',
        'said: {"_aws": 1}',
        {"_aws": {"Timestamp": "now", "CloudWatchMetrics": []}},
        {**good, "SENT": "many"},
        line(namespace, None, [["nobody"]], SENT=1),
        line(namespace, time.time() - 15 * 24 * 3600, service="send", SENT=1),
        line(namespace, time.time() + 3 * 3600, service="send", SENT=1),
    )
    assert total(aws, namespace, "SENT", service="send") == 1
    listed = aws.client("cloudwatch").list_metrics(Namespace=namespace)["Metrics"]
    assert listed == [
        {"Namespace": namespace, "MetricName": "SENT", "Dimensions": [{"Name": "service", "Value": "send"}]}
    ]
