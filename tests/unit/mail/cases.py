"""mail/usage's variables: the usual mail, each branch of its templates, and the longest values that variables.py allows."""

from datetime import date

from mail.usage.variables import COUNT_AT_MOST, MINUTES_AT_MOST, PERCENT_AT_MOST, template_data
from shared.periods import Period
from tests.unit.mail.test_templates import data

LONGEST_MONTH = Period(date(2026, 9, 1))


def longest(period: Period = LONGEST_MONTH, total_minutes: str = str(MINUTES_AT_MOST - 1)) -> dict[str, str]:
    """In the mail of that month."""
    row: dict[str, str | None] = {
        "total_minutes": total_minutes,
        "busiest_day_minutes": total_minutes,
        "busiest_day": "2026-09-30",
        "device_count": str(COUNT_AT_MOST),
        "active_days": str(COUNT_AT_MOST),
        "previous_minutes": "0.001",
        "change_percent": str(PERCENT_AT_MOST),
    }
    return template_data(row, period)


CASES = {
    "usual": data(),
    "less than the month before": data(total_minutes="200", change_percent="-81.5"),
    "a first month": data("", previous_minutes=None),
    "nothing used": data(
        "", total_minutes="0", busiest_day_minutes="0", device_count="0", active_days="0", previous_minutes=None
    ),
    "longest": longest(),
}
