from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.month.curve import MINUTE, POINTS, counted_since, curve, rate_now, step_of
from ops.month.view import Curve
from tests.unit.ops.office import Office

NOW = datetime(2026, 11, 1, 7, 0, 30, tzinfo=UTC)
Metric = tuple[str, str]


class Cloudwatch:
    """What was measured, by function and metric; answers in pages of two results."""

    def __init__(self, office: Office, measured: dict[Metric, Sequence[tuple[datetime, float]]]) -> None:
        self.asked: list[dict[str, Any]] = []
        self._measured = measured
        office.aws.answer("cloudwatch", "get_metric_data", self)

    def __call__(self, **given: Any) -> dict[str, Any]:
        self.asked.append(given)
        start = int(given.get("NextToken", 0))
        results = [self._result(query) for query in given["MetricDataQueries"][start : start + 2]]
        more = {"NextToken": str(start + 2)} if start + 2 < len(given["MetricDataQueries"]) else {}
        return {"MetricDataResults": results, **more}

    def _result(self, query: dict[str, Any]) -> dict[str, Any]:
        stat = query["MetricStat"]
        (dimension,) = stat["Metric"]["Dimensions"]
        assert (stat["Metric"]["Namespace"], dimension["Name"], stat["Stat"]) == ("onlyonce-test", "service", "Sum")
        points = self._measured.get((dimension["Value"], stat["Metric"]["MetricName"]), ())
        return {"Id": query["Id"], "Timestamps": [at for at, _ in points], "Values": [value for _, value in points]}


def asked(office: Office, start: datetime, end: datetime, now: datetime = NOW) -> Curve:
    return curve(office.session.read, "onlyonce-test", start, end, 14.0, now)


def test_what_several_functions_count_is_added_up_in_its_step(office: Office) -> None:
    six = datetime(2026, 11, 1, 6, tzinfo=UTC)
    Cloudwatch(
        office,
        {
            ("send", "mark_sent"): [(six + MINUTE, 800.0), (six, 60.0)],
            ("feedback", "confirm"): [(six + MINUTE, 2.0)],
            ("send", "snooze"): [(six + MINUTE, 3.0)],
            ("send", "release"): [(six + MINUTE, 4.0)],
        },
    )
    found = asked(office, six + timedelta(seconds=20), six + timedelta(minutes=2, seconds=1))
    assert (found.start, found.step, found.per_step) == (six, MINUTE, 14.0 * 60)
    assert list(found.counts["mark_sent"]) == [60.0, 802.0, 0.0]
    assert list(found.counts["throttled"]) == [0.0, 7.0, 0.0]
    assert list(found.steps) == [six, six + MINUTE, six + 2 * MINUTE]


@pytest.mark.parametrize(
    ("age", "length", "step"),
    [
        (timedelta(hours=1), timedelta(hours=1), MINUTE),
        (timedelta(days=2), timedelta(days=2), timedelta(minutes=10)),
        (timedelta(days=20), timedelta(hours=1), timedelta(minutes=5)),
        (timedelta(days=100), timedelta(hours=1), timedelta(hours=1)),
        (timedelta(days=100), timedelta(days=100), timedelta(hours=8)),
    ],
)
def test_a_step_is_one_that_cloudwatch_still_has(
    office: Office, age: timedelta, length: timedelta, step: timedelta
) -> None:
    """What is older comes in longer points only; a long time is asked for in no more points than a page can show."""
    cloudwatch = Cloudwatch(office, {})
    found = asked(office, NOW - age, NOW - age + length)
    assert found.step == step
    assert len(found.steps) <= POINTS + 1
    (first, *_) = cloudwatch.asked
    assert (first["StartTime"].timestamp() % step.total_seconds(), first["StartTime"] <= NOW - age) == (0, True)


def test_the_rate_is_that_of_the_last_minute_that_is_known(office: Office) -> None:
    """The minute that is under way is not whole, and metrics come a minute or two late."""
    minutes = [NOW.replace(second=0) - number * MINUTE for number in range(9)]
    for known, rate in (({1: 120.0, 2: 60.0}, 2.0), ({3: 60.0}, 1.0), ({0: 60.0}, None), ({7: 60.0}, None)):
        Cloudwatch(office, {("send", "mark_sent"): [(minutes[one], value) for one, value in known.items()]})
        assert rate_now(asked(office, NOW - timedelta(minutes=9), NOW), NOW) == rate


def test_what_was_delivered_since(office: Office) -> None:
    six = datetime(2026, 11, 1, 6, tzinfo=UTC)
    Cloudwatch(office, {("feedback", "mark_delivered"): [(six, 5.0), (six + MINUTE, 7.0)]})
    found = asked(office, six, six + 2 * MINUTE)
    assert [counted_since(found, "mark_delivered", six + at * MINUTE) for at in (0, 1, 2)] == [12, 7, 0]
    later = six + timedelta(seconds=1)
    assert counted_since(found, "mark_delivered", later) == 7, "what the count may have found already is left out"
    assert step_of(found, later) == six
    assert step_of(found, six + MINUTE) == six + MINUTE
