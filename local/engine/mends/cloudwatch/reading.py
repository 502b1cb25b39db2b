"""Metrics are read as AWS lets them be read.

AWS (GetMetricData, GetMetricStatistics, ListMetrics): a metric is its name with exactly its dimensions, none named being a metric
of its own; GetMetricData gives the newest datapoint first unless ScanBy says otherwise, at most MaxDatapoints a page, the
rest by NextToken, and calls a series by its metric's name unless it is given a Label; GetMetricStatistics wants a statistic and
gives at most 1,440 datapoints; ListMetrics filters by dimensions, 500 a page.

MiniStack mixes all dimensions where none is named, gives the oldest first in one page, calls a series by its Id, and aligns
periods to the clock. Not modelled: metric math and Metrics Insights (an Expression is answered with InternalError, as by
MiniStack), dynamic labels, and protocols other than JSON, which stay MiniStack's.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.services import cloudwatch

from local.engine.mending import replace
from local.engine.mends.cloudwatch import points
from local.engine.mends.cloudwatch.series import by_period, of_unit, statistic

MAX_DATAPOINTS = 100_800
MAX_STATISTICS = 1440
METRICS_A_PAGE = 500

Request = Mapping[str, Any]


class RefusedError(Exception):
    """What AWS refuses, with its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def metric_data(request: Request) -> dict[str, Any]:
    """GetMetricData. A page holds the same number of datapoints of each query."""
    start, end = _times(request, "ValidationError")
    queries = request["MetricDataQueries"]
    offset = int(request.get("NextToken") or 0)
    share = max(1, int(request.get("MaxDatapoints") or MAX_DATAPOINTS) // len(queries))
    newest_first = request.get("ScanBy") != "TimestampAscending"
    answer: dict[str, Any] = {"MetricDataResults": [], "Messages": []}
    for query in queries:
        if not query.get("ReturnData", True):
            continue
        found = _result(query, start, end, newest_first, slice(offset, offset + share))
        answer["MetricDataResults"].append(found)
        if found["StatusCode"] == "PartialData":
            answer["NextToken"] = str(offset + share)
    return answer


def _result(query: Request, start: float, end: float, newest_first: bool, page: slice) -> dict[str, Any]:
    if "MetricStat" not in query:
        unsupported = [{"Code": "Unsupported", "Value": "Expressions not implemented"}]
        named = {"Id": query["Id"], "Label": query.get("Label", query["Id"])}
        return {**named, "StatusCode": "InternalError", "Messages": unsupported, "Timestamps": [], "Values": []}
    wanted = query["MetricStat"]
    metric = wanted["Metric"]
    measured = of_unit(
        points.of_metric(metric["Namespace"], metric["MetricName"], _dimensions(metric)), wanted.get("Unit")
    )
    periods = by_period(measured, start, end, int(wanted["Period"]))
    found = [(at, value) for at, each in periods.items() if (value := statistic(each, wanted["Stat"])) is not None]
    ordered = sorted(found, reverse=newest_first)
    return {
        "Id": query["Id"],
        "Label": query.get("Label", metric["MetricName"]),
        "StatusCode": "PartialData" if len(ordered) > page.stop else "Complete",
        "Timestamps": [at for at, _ in ordered[page]],
        "Values": [value for _, value in ordered[page]],
    }


def metric_statistics(request: Request) -> dict[str, Any]:
    """GetMetricStatistics."""
    start, end = _times(request, "InvalidParameterValue")
    period, names = int(request["Period"]), request.get("Statistics") or []
    percentiles = request.get("ExtendedStatistics") or []
    if not names and not percentiles:
        raise RefusedError(
            "InvalidParameterCombination", "At least one of Statistics and ExtendedStatistics is needed."
        )
    if (end - start) / period > MAX_STATISTICS:
        raise RefusedError("InvalidParameterCombination", f"More than {MAX_STATISTICS} datapoints are asked for.")
    measured = points.of_metric(request["Namespace"], request["MetricName"], _dimensions(request))
    datapoints = [
        {"Timestamp": at, "Unit": unit, **_statistics(in_unit, names), **_percentiles(in_unit, percentiles)}
        for unit in dict.fromkeys(point["Unit"] for point in of_unit(measured, request.get("Unit")))
        for at, in_unit in by_period(of_unit(measured, unit), start, end, period).items()
    ]
    return {"Label": request["MetricName"], "Datapoints": datapoints}


def _statistics(measured: list[points.Point], names: list[str]) -> dict[str, Any]:
    return {name: value for name in names if (value := statistic(measured, name)) is not None}


def _percentiles(measured: list[points.Point], names: list[str]) -> dict[str, Any]:
    found = _statistics(measured, names)
    return {"ExtendedStatistics": found} if found else {}


def metrics(request: Request) -> dict[str, Any]:
    """ListMetrics."""
    found = list(_matching(request))
    offset = int(request.get("NextToken") or 0)
    answer: dict[str, Any] = {"Metrics": found[offset : offset + METRICS_A_PAGE]}
    if len(found) > offset + METRICS_A_PAGE:
        answer["NextToken"] = str(offset + METRICS_A_PAGE)
    return answer


def _matching(request: Request) -> Iterator[dict[str, Any]]:
    wanted = request.get("Dimensions") or []
    for (namespace, name, _), measured in cloudwatch._metrics.items():
        dimensions = measured[0]["Dimensions"] if measured else {}
        if (
            request.get("Namespace", namespace) == namespace
            and request.get("MetricName", name) == name
            and all(each["Name"] in dimensions for each in wanted)
            and all(each.get("Value", dimensions[each["Name"]]) == dimensions[each["Name"]] for each in wanted)
        ):
            described = [{"Name": key, "Value": value} for key, value in dimensions.items()]
            yield {"Namespace": namespace, "MetricName": name, "Dimensions": described}


def _times(request: Request, refusal: str) -> tuple[float, float]:
    start, end = (cloudwatch._parse_ts(request[name]) for name in ("StartTime", "EndTime"))
    if start >= end:
        raise RefusedError(refusal, "The parameter StartTime must be less than the parameter EndTime.")
    return start, end


def _dimensions(request: Request) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in request.get("Dimensions") or []}


def _serve(name: str, operation: Callable[[Request], dict[str, Any]]) -> None:
    """Answer what comes in JSON."""

    def handle(params: Any, request: Request, is_cbor: bool, is_json: bool = False) -> Any:
        if not is_json:
            return stock(params, request, is_cbor, is_json)
        try:
            return cloudwatch._json_ok(operation(request))
        except RefusedError as error:
            return cloudwatch._error(error.code, str(error), 400, use_json=True)

    stock = replace(cloudwatch, name, handle)


def mend() -> None:
    """Put the three operations in the place of MiniStack's."""
    _serve("_get_metric_data", metric_data)
    _serve("_get_metric_statistics", metric_statistics)
    _serve("_list_metrics", metrics)
