"""What the mail says: a row of query.sql as the variables of the templates."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from shared.errors import InvalidRowError
from shared.periods import Period
from shared.rendering.mail_kind import MailKind, Row

COLUMNS = (
    "total_minutes", "device_count", "active_days", "busiest_day", "busiest_day_minutes", "previous_minutes", "change_percent",
)  # fmt: skip
"""What `template_data` reads of a row."""

MINUTES_AT_MOST = 1000 * 31 * 24 * 60
"""A thousand devices in use all month long. More is a mistake, and does not fit into the mail."""
COUNT_AT_MOST = 1_000_000
PERCENT_AT_MOST = 100 * 1000 * MINUTES_AT_MOST
"""From a thousandth of a minute, the least there is, to the most."""
_HALF, _ONE = Decimal("0.5"), Decimal(1)
_MANY_TIMES = 1000
"""From this many percent on, a multiple reads better."""


def template_data(row: Row, period: Period) -> dict[str, str]:
    """Every variable of the templates, formatted for a reader; "" leaves out the line that would show it.

    Less than 400 bytes of JSON. Raises InvalidRowError naming the column that can't be used.
    """
    total = _minutes(row, "total_minutes")
    busiest = _minutes(row, "busiest_day_minutes")
    previous = None if row.get("previous_minutes") is None else _minutes(row, "previous_minutes")
    most = max(total, previous or Decimal(), _ONE)
    shown_period, month, previous_month = _months(period)
    return {
        "period": shown_period,
        "month": month,
        "total_time": _time(total),
        "bar": _width(total / most),
        "previous_month": previous_month,
        "previous_time": "" if previous is None else _time(previous),
        "previous_bar": _width((previous or Decimal()) / most),
        "change": "" if previous is None else f"{_change(row, total)} in {previous_month}",
        "devices": _counted(row, "device_count", "device"),
        "active_days": _counted(row, "active_days", "day"),
        "busiest_day": _day(row, "busiest_day") if busiest else "",
        "busiest_time": _time(busiest) if busiest else "",
    }


@lru_cache(16)
def _months(period: Period) -> tuple[str, str, str]:
    """`October 2026`, `October`, `September`: the same for every row."""
    return f"{period.start:%B %Y}", f"{period.start:%B}", f"{period.previous.start:%B}"


def _change(row: Row, total: Decimal) -> str:
    if row.get("change_percent") is None:  # the month before has events, but of no minutes
        return "up from nothing" if total else "the same as"
    percent = _number(row, "change_percent", -100, PERCENT_AT_MOST)
    points = abs(percent).quantize(_ONE, ROUND_HALF_UP)
    if points == 0:
        return "about the same as"
    if percent < 0:
        return f"{min(points, 99 if total else 100)}% less than"
    if percent >= _MANY_TIMES:
        return f"{(percent / 100 + 1).quantize(_ONE, ROUND_HALF_UP):,} times as much as"
    return f"{points}% more than"


def _time(minutes: Decimal) -> str:
    """`20 h 34 min`, to the nearest minute."""
    if 0 < minutes < _HALF:
        return "less than 1 min"
    hours, rest = divmod(int(minutes.quantize(_ONE, ROUND_HALF_UP)), 60)
    parts = ([f"{hours:,} h"] if hours else []) + ([f"{rest} min"] if rest or not hours else [])
    return " ".join(parts)


def _width(share: Decimal) -> str:
    """A bar's width in percent; the least is 1, because mail clients stretch an empty cell."""
    return str(max(1, int((share * 100).quantize(_ONE, ROUND_HALF_UP))))


def _counted(row: Row, column: str, noun: str) -> str:
    number = _number(row, column, 0, COUNT_AT_MOST)
    count = int(number)
    if count != number:
        raise InvalidRowError(column, f"is {_shown(row[column])}, not a whole number")
    return f"{count:,} {noun}{'' if count == 1 else 's'}" if count else ""


def _day(row: Row, column: str) -> str:
    try:
        return _weekday(row[column] or "")
    except (KeyError, ValueError):
        raise InvalidRowError(column, f"is {_shown(row.get(column))}, not a date") from None


@lru_cache(64)
def _weekday(text: str) -> str:
    """`Saturday, 3 October`; a month has 31 of them. Raises ValueError."""
    day = date.fromisoformat(text)
    return f"{day:%A}, {day.day} {day:%B}"


def _minutes(row: Row, column: str) -> Decimal:
    return _number(row, column, 0, MINUTES_AT_MOST)


def _number(row: Row, column: str, least: int, most: int) -> Decimal:
    try:
        number = Decimal(row[column] or "")
    except (KeyError, InvalidOperation):
        raise InvalidRowError(column, f"is {_shown(row.get(column))}, not a number") from None
    if not number.is_finite():
        raise InvalidRowError(column, f"is {_shown(row[column])}, not a number")
    if not least <= number <= most:
        raise InvalidRowError(column, f"is {_shown(row[column])}, not between {least:,} and {most:,}")
    return number


def _shown(value: str | None) -> str:
    """A cell as a reason quotes it. It may hold anything, of any length."""
    return repr(value if value is None or len(value) <= 40 else f"{value[:39]}…")


KIND = MailKind.of(__file__, COLUMNS, template_data)
