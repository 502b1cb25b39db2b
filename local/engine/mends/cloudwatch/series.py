"""What was measured of one metric, period by period, counted from the start that is asked for.

AWS (cw-alignment): StartTime is rounded down to a whole minute and the periods begin there; a datapoint bears its period's
beginning; EndTime is exclusive.
"""

from collections.abc import Mapping, Sequence

from ministack.services import cloudwatch

from local.engine.mends.cloudwatch.points import MINUTE, Point


def by_period(points: Sequence[Point], start: float, end: float, period: int) -> Mapping[int, list[Point]]:
    """The points of each period in which there are any, by its beginning, oldest first."""
    first = int(start // MINUTE * MINUTE)
    periods: dict[int, list[Point]] = {}
    for point in sorted(points, key=lambda point: float(point["Timestamp"])):
        if first <= point["Timestamp"] < end:
            begins = first + int(point["Timestamp"] - first) // period * period
            periods.setdefault(begins, []).append(point)
    return periods


def statistic(points: Sequence[Point], name: str) -> float | None:
    """Sum, Average, Minimum, Maximum, SampleCount, or a percentile such as p99; None where it can't be had."""
    found = cloudwatch._calc_stats(points)
    return cloudwatch._stat_value(found, name, points) if found else None


def of_unit(points: Sequence[Point], unit: str | None) -> list[Point]:
    """Those that were measured in that unit; all where none is asked for."""
    return [point for point in points if unit in (None, point["Unit"])]
