"""What happened over time, by the functions' own metrics. Each metric that is asked for costs a thousandth of a cent
(source: cw-price); none is asked for twice in a look.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ops.month.view import Curve
from ops.questions import Ask, pages

SOURCES: Mapping[str, Sequence[tuple[str, str]]] = {
    "mark_sent": (("send", "mark_sent"), ("feedback", "confirm")),
    "mark_delivered": (("feedback", "mark_delivered"),),
    "mark_bounced": (("feedback", "mark_bounced"),),
    "mark_complained": (("feedback", "mark_complained"),),
    "mark_suppressed": (("feedback", "mark_suppressed"),),
    "throttled": (("send", "snooze"), ("send", "release")),
}
"""By the name in the curve, the functions' metrics that are added up."""
POINTS = 300
"""Of a curve, at most: more could not be told apart."""
MINUTE = timedelta(minutes=1)
_KEPT = (
    (timedelta(days=15), MINUTE),
    (timedelta(days=63), timedelta(minutes=5)),
    (timedelta(days=455), timedelta(hours=1)),
)
"""For how long CloudWatch keeps points of which length (source: cw-retention)."""


def curve(ask: Ask, stack: str, start: datetime, end: datetime, rate: float, now: datetime) -> Curve:
    """From the step in which `start` lies to the one of `end`. Raises UnreadableError."""
    step = _step(start, end, now)
    first = _floor(start, step)
    steps = max(1, math.ceil((end - first) / step))
    counts = {name: [0.0] * steps for name in SOURCES}
    for name, at, value in _points(ask, stack, first, first + steps * step, step):
        place = (at - first) // step
        if 0 <= place < steps:
            counts[name][place] += value
    return Curve(first, step, counts, rate * step.total_seconds())


def rate_now(found: Curve, now: datetime) -> float | None:
    """Mails a second that SES took in the last whole minute that is known; None: none is."""
    taken = [
        count
        for at, count in zip(found.steps, found.counts["mark_sent"], strict=True)
        if now - 5 * MINUTE <= at <= now - MINUTE
    ]
    known = [count for count in taken if count]
    return known[-1] / found.step.total_seconds() if known and found.step == MINUTE else None


def counted_since(found: Curve, name: str, since: datetime) -> int:
    """What was counted in the steps that began then or later: rather too few than too many."""
    return int(sum(count for at, count in zip(found.steps, found.counts[name], strict=True) if at >= since))


def step_of(found: Curve, at: datetime) -> datetime:
    """When the step begins in which that instant lies."""
    return found.start + (at - found.start) // found.step * found.step


def _step(start: datetime, end: datetime, now: datetime) -> timedelta:
    shortest = next((length for age, length in _KEPT if now - start <= age), _KEPT[-1][1])
    return shortest * max(1, math.ceil((end - start) / (POINTS * shortest)))


def _floor(at: datetime, step: timedelta) -> datetime:
    """From a whole multiple of its length on, a point has all that was measured in it (source: cw-alignment)."""
    epoch = datetime.fromtimestamp(0, UTC)
    return at - (at - epoch) % step


def _points(
    ask: Ask, stack: str, start: datetime, end: datetime, step: timedelta
) -> Iterator[tuple[str, datetime, float]]:
    wanted = [(name, source) for name, sources in SOURCES.items() for source in sources]
    queries = [_query(f"m{number}", stack, source, step) for number, (_, source) in enumerate(wanted)]
    given = {"StartTime": start, "EndTime": end, "MetricDataQueries": queries}
    for one in pages(ask, "cloudwatch", "get_metric_data", "MetricDataResults", **given):
        name, _ = wanted[int(one["Id"].removeprefix("m"))]
        for at, value in zip(one["Timestamps"], one["Values"], strict=True):
            yield name, at, value


def _query(name: str, stack: str, source: tuple[str, str], step: timedelta) -> dict[str, object]:
    function, metric = source
    what = {"Namespace": stack, "MetricName": metric, "Dimensions": [{"Name": "service", "Value": function}]}
    return {"Id": name, "MetricStat": {"Metric": what, "Period": int(step.total_seconds()), "Stat": "Sum"}}
