"""How metrics are read: GetMetricData, GetMetricStatistics, ListMetrics (source: cw-alignment, cw-get-metric-data)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conformance.account import Account, fresh, refusal

FIRST = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
DIMENSIONS = [{"Name": "service", "Value": "send"}]


def put(aws: Account, namespace: str, values: Iterable[tuple[float, float]], **datum: Any) -> None:
    """Measures (minutes after FIRST, value) of the metric SENT, by default of service `send`."""
    data = [
        {"MetricName": "SENT", "Dimensions": DIMENSIONS, "Unit": "Count", **datum}
        | {"Timestamp": FIRST + timedelta(minutes=minutes), "Value": value}
        for minutes, value in values
    ]
    aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def query(namespace: str, period: int = 60, statistic: str = "Sum", **others: Any) -> dict[str, Any]:
    metric = {"Namespace": namespace, "MetricName": "SENT", "Dimensions": others.pop("dimensions", DIMENSIONS)}
    return {"Id": "m1", "MetricStat": {"Metric": metric, "Period": period, "Stat": statistic}, **others}


def data(aws: Account, *queries: dict[str, Any], begins: float = 0, ends: float = 60, **others: Any) -> list[Any]:
    """The results, asked from so many minutes after FIRST to so many, oldest first unless told otherwise."""
    found = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=list(queries),
        StartTime=FIRST + timedelta(minutes=begins),
        EndTime=FIRST + timedelta(minutes=ends),
        **{"ScanBy": "TimestampAscending", **others},
    )
    return list(found["MetricDataResults"])


def points(result: Any) -> dict[float, float]:
    """Value by minutes after FIRST."""
    minutes = [(at - FIRST) / timedelta(minutes=1) for at in result["Timestamps"]]
    return dict(zip(minutes, result["Values"], strict=True))


def test_periods_begin_at_the_start_that_is_asked_for(aws: Account) -> None:
    """Rounded down to its minute; what lies at the end is left out."""
    namespace = fresh("stack")
    put(aws, namespace, [(1.9, 1), (2.1, 2), (6.5, 4), (7, 8), (12, 16)])
    (result,) = data(aws, query(namespace, 300), begins=2.5, ends=12)
    assert points(result) == {2: 6, 7: 8}


def test_each_statistic_is_of_the_metric_with_exactly_these_dimensions(aws: Account) -> None:
    namespace = fresh("stack")
    put(aws, namespace, [(0, 1), (0.5, 3), (4, 8)])
    put(aws, namespace, [(0, 100)], Dimensions=[])
    put(aws, namespace, [(0, 1000)], Dimensions=[*DIMENSIONS, {"Name": "kind", "Value": "late"}])
    names = ["Sum", "Average", "Minimum", "Maximum", "SampleCount"]
    queries = [{**query(namespace, 300, name), "Id": name.lower()} for name in names]
    found = [points(result) for result in data(aws, *queries, {**query(namespace, 300, dimensions=[]), "Id": "none"})]
    assert found == [{0: 12}, {0: 4}, {0: 1}, {0: 8}, {0: 3}, {0: 100}]


def test_the_newest_comes_first_by_default(aws: Account) -> None:
    """A series is called by its metric's name, and one that is not wanted is left out."""
    namespace = fresh("stack")
    put(aws, namespace, [(0, 1), (1, 2)])
    hidden = {**query(namespace), "Id": "m2", "ReturnData": False}
    (result,) = data(aws, query(namespace), hidden, ScanBy="TimestampDescending")
    assert (result["Values"], result["Label"], result["StatusCode"]) == ([2, 1], "SENT", "Complete")


def test_pages_of_at_most_so_many_datapoints(aws: Account) -> None:
    """All of each series comes, once."""
    namespace = fresh("stack")
    put(aws, namespace, [(minute, minute + 1) for minute in range(7)])
    put(aws, namespace, [(0, 100)], Dimensions=[])
    queries = [query(namespace), {**query(namespace, dimensions=[]), "Id": "m2"}]
    pages = aws.client("cloudwatch").get_paginator("get_metric_data")
    asked = pages.paginate(
        MetricDataQueries=queries, StartTime=FIRST, EndTime=FIRST + timedelta(hours=1), PaginationConfig={"PageSize": 4}
    )
    found: dict[str, list[float]] = {"m1": [], "m2": []}
    sizes = []
    for page in asked:
        sizes.append(sum(len(result["Values"]) for result in page["MetricDataResults"]))
        for result in page["MetricDataResults"]:
            found[result["Id"]] += result["Values"]
    assert found == {"m1": [7, 6, 5, 4, 3, 2, 1], "m2": [100]}
    assert len(sizes) > 1
    assert max(sizes) <= 4


def test_statistics_of_a_metric_without_dimensions_are_of_that_one_alone(aws: Account) -> None:
    """And its periods begin at the start that is asked for, too."""
    namespace = fresh("stack")
    put(aws, namespace, [(0, 1)])
    put(aws, namespace, [(3, 100), (8, 200), (9, 300)], Dimensions=[])
    found = aws.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName="SENT",
        StartTime=FIRST + timedelta(minutes=3),
        EndTime=FIRST + timedelta(minutes=9),
        Period=300,
        Statistics=["Sum"],
    )
    sums = {point["Timestamp"] - FIRST: point["Sum"] for point in found["Datapoints"]}
    assert sums == {timedelta(minutes=3): 100, timedelta(minutes=8): 200}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"Statistics": ["Sum"], "StartTime": FIRST - timedelta(days=2)}, "InvalidParameterCombination"),
        ({"StartTime": FIRST}, "InvalidParameterCombination"),
        ({"Statistics": ["Sum"], "StartTime": FIRST + timedelta(hours=1)}, "InvalidParameterValue"),
    ],
    ids=["too many datapoints", "no statistic", "no time"],
)
def test_statistics_are_refused(aws: Account, asked: dict[str, Any], code: str) -> None:
    client = aws.client("cloudwatch")
    said = refusal(
        lambda: client.get_metric_statistics(
            Namespace="n", MetricName="m", EndTime=FIRST + timedelta(hours=1), Period=60, **asked
        )
    )
    assert said.startswith(code)


def test_metrics_are_listed_by_their_dimensions_500_a_page(aws: Account) -> None:
    namespace = fresh("stack")
    others = [[{"Name": "service", "Value": f"claim {number}"}] for number in range(500)]
    for dimensions in [DIMENSIONS, [], *others]:
        put(aws, namespace, [(0, 1)], Dimensions=dimensions)
    listing = aws.client("cloudwatch").get_paginator("list_metrics")
    asked: list[list[Any]] = [DIMENSIONS, [{"Name": "service"}], []]
    found = [
        [len(page["Metrics"]) for page in listing.paginate(Namespace=namespace, Dimensions=dimensions)]
        for dimensions in asked
    ]
    assert found == [[1], [500, 1], [500, 2]]
