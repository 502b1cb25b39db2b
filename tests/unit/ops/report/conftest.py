"""A month on the fakes, with metrics as CloudWatch would have them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from ops.errors import UnreadableError
from tests.unit.ops.office import Office


class Metrics:
    """CloudWatch's answers: for a metric's name, instants and numbers."""

    def __init__(self) -> None:
        self.points: dict[str, Sequence[tuple[datetime, float]]] = {}

    def __call__(
        self, MetricDataQueries: list[Any], StartTime: datetime, EndTime: datetime, **_: Any
    ) -> dict[str, Any]:
        return {"MetricDataResults": [self._result(query, StartTime, EndTime) for query in MetricDataQueries]}

    def _result(self, query: dict[str, Any], start: datetime, end: datetime) -> dict[str, Any]:
        stat = query["MetricStat"]
        step = timedelta(seconds=stat["Period"])
        sums: dict[datetime, float] = {}
        for at, number in self.points.get(stat["Metric"]["MetricName"], ()):
            if start <= at < end:
                place = start + (at - start) // step * step
                sums[place] = sums.get(place, 0) + number
        return {"Id": query["Id"], "Timestamps": list(sums), "Values": list(sums.values())}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture(autouse=True)
def _aws_answers(office: Office, metrics: Metrics) -> None:
    office.aws.answer("cloudwatch", "get_metric_data", metrics)
    office.aws.answer("athena", "get_query_execution", UnreadableError("InvalidRequestException: not found"))
