"""When a schedule is due next. Scheduler itself does not tell (source: scheduler)."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_NAMES = {
    name: number
    for names in ("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC", "SUN MON TUE WED THU FRI SAT")
    for number, name in enumerate(names.split(), start=1)
}
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
"""Minutes, hours, day of the month, month, day of the week from Sunday, year."""
_PART = re.compile(r"(\*|\?|\w+)(?:-(\w+))?(?:/(\d+))?")
_WITHIN = timedelta(days=400)


def next_time(expression: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Of a `cron(…)` with numbers, names, lists, ranges and steps, within a year; None for what else there may be."""
    found = re.fullmatch(r"cron\((.+)\)", expression.strip())
    fields = found[1].upper().split() if found else []
    if len(fields) != len(_BOUNDS):
        return None
    try:
        wanted = [set(_values(field, *bounds)) for field, bounds in zip(fields, _BOUNDS, strict=True)]
    except ValueError:
        return None
    return next(_due(wanted, zone, after), None)


def _values(field: str, low: int, high: int) -> Iterator[int]:
    """Raises ValueError for what is not known here, such as L, W and #."""
    for part in field.split(","):
        matched = _PART.fullmatch(part)
        if not matched:
            raise ValueError(part)
        first, last, step = matched.groups()
        if first in "*?":
            start, end = low, high
        else:
            start = _number(first)
            end = _number(last) if last else (high if step else start)
        yield from range(start, end + 1, int(step or 1))


def _number(word: str) -> int:
    return _NAMES[word] if word in _NAMES else int(word)


def _due(wanted: list[set[int]], zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    minutes, hours, days, months, weekdays, years = wanted
    day = after.astimezone(zone).date()
    for _ in range(_WITHIN.days):
        if day.day in days and day.month in months and day.year in years and day.isoweekday() % 7 + 1 in weekdays:
            for hour in sorted(hours):
                for minute in sorted(minutes):
                    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                    instant = wall.astimezone(UTC)
                    if instant > after and instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
                        yield instant
        day += timedelta(days=1)
