"""A period: one calendar month, written YYYY-MM."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from shared.errors import InvalidPeriodError

_FORM = re.compile(r"([1-9][0-9]{3})-([0-9]{2})")
_LAST = "9999-12"
"""Its end is no date of Python's."""


@dataclass(frozen=True)
class Period:
    """The month that begins on `start`."""

    start: date

    @classmethod
    def parse(cls, text: object) -> "Period":
        """Raises InvalidPeriodError for anything but a month such as 2026-10."""
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        try:
            if match and text != _LAST:
                return cls(date(int(match[1]), int(match[2]), 1))
        except ValueError:
            pass
        raise InvalidPeriodError(f"{text!r} is no period: write a month as YYYY-MM, for example 2026-10")

    @classmethod
    def before(cls, scheduled_at: datetime, zone: str) -> "Period":
        """The month before the one in which the schedule fired, as the calendar of `zone` has it."""
        return cls(scheduled_at.astimezone(ZoneInfo(zone)).date().replace(day=1)).previous

    @property
    def previous(self) -> "Period":
        last = self.start.month == 1
        return Period(date(self.start.year - last, 12 if last else self.start.month - 1, 1))

    @property
    def next(self) -> "Period":
        wraps = self.start.month == 12
        return Period(date(self.start.year + wraps, 1 if wraps else self.start.month + 1, 1))

    @property
    def ends_at(self) -> datetime:
        """In UTC, whose months the usage query sums."""
        return datetime.combine(self.next.start, time(), UTC)

    def __str__(self) -> str:
        return self.start.isoformat()[:7]
