"""What the mail says: one row of queries/monthly_usage.sql as the variables of templates/usage."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from shared.errors import InvalidRowError
from shared.periods import Period

Row = Mapping[str, str | None]
"""A row as Athena gives it: texts, None for NULL."""

COLUMNS = (
    "total_minutes", "device_count", "active_days", "busiest_day", "busiest_day_minutes", "previous_minutes", "change_percent",
)  # fmt: skip
"""What `template_data` reads of a row."""

_MANY_TIMES = 1000
"""From this many percent on, a multiple reads better."""


def template_data(row: Row, period: Period, preferences_url: str = "") -> dict[str, str]:
    """Every variable of templates/usage, formatted for a reader; "" leaves out the line that would show it.

    Less than 400 bytes of JSON without the URL. Raises InvalidRowError naming the column that can't be used.
    """
    total = _number(row, "total_minutes")
    busiest = _number(row, "busiest_day_minutes")
    previous = None if row.get("previous_minutes") is None else _number(row, "previous_minutes")
    most = max(total, previous or Decimal(), Decimal(1))
    return {
        "period": f"{period.start:%B %Y}",
        "month": f"{period.start:%B}",
        "total_time": _time(total),
        "bar": _width(total / most),
        "previous_month": f"{period.previous.start:%B}",
        "previous_time": "" if previous is None else _time(previous),
        "previous_bar": _width((previous or Decimal()) / most),
        "change": "" if previous is None else f"{_change(row, total)} in {period.previous.start:%B}",
        "devices": _counted(row, "device_count", "device"),
        "active_days": _counted(row, "active_days", "day"),
        "busiest_day": _day(row, "busiest_day") if busiest else "",
        "busiest_time": _time(busiest) if busiest else "",
        "preferences_url": preferences_url,
    }


def _change(row: Row, total: Decimal) -> str:
    if row.get("change_percent") is None:  # the month before has events, but of no minutes
        return "up from nothing" if total else "the same as"
    percent = _number(row, "change_percent")
    points = abs(percent).quantize(Decimal(1), ROUND_HALF_UP)
    if points == 0:
        return "about the same as"
    if percent < 0:
        return f"{min(points, 99 if total else 100)}% less than"
    if percent >= _MANY_TIMES:
        return f"{(percent / 100 + 1).quantize(Decimal(1), ROUND_HALF_UP):,} times as much as"
    return f"{points}% more than"


def _time(minutes: Decimal) -> str:
    """`20 h 34 min`, to the nearest minute."""
    if 0 < minutes < Decimal("0.5"):
        return "less than 1 min"
    hours, rest = divmod(int(minutes.quantize(Decimal(1), ROUND_HALF_UP)), 60)
    parts = ([f"{hours:,} h"] if hours else []) + ([f"{rest} min"] if rest or not hours else [])
    return " ".join(parts)


def _width(share: Decimal) -> str:
    """A bar's width in percent; the least is 1, because mail clients stretch an empty cell."""
    return str(max(1, int((share * 100).quantize(Decimal(1), ROUND_HALF_UP))))


def _counted(row: Row, column: str, noun: str) -> str:
    count = int(_number(row, column))
    return f"{count:,} {noun}{'' if count == 1 else 's'}" if count else ""


def _day(row: Row, column: str) -> str:
    try:
        day = date.fromisoformat(row[column] or "")
    except (KeyError, ValueError):
        raise InvalidRowError(f"{column} is {row.get(column)!r}, not a date") from None
    return f"{day:%A}, {day.day} {day:%B}"


def _number(row: Row, column: str) -> Decimal:
    try:
        number = Decimal(row[column] or "")
    except (KeyError, InvalidOperation):
        raise InvalidRowError(f"{column} is {row.get(column)!r}, not a number") from None
    if not number.is_finite():
        raise InvalidRowError(f"{column} is {row.get(column)!r}, not a number")
    return number
