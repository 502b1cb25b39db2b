"""The usage query's answer, computed in Python without a thought for SQL."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from local.usage.csv_file import UsageEvent


class UserRow(NamedTuple):
    """The query's columns, in order, as PyAthena returns them."""

    user_id: str
    email: str
    total_minutes: Decimal | None
    device_count: int
    active_days: int
    busiest_day: date
    busiest_day_minutes: Decimal
    previous_minutes: Decimal | None
    change_percent: float | None


def october_rows(events: Sequence[UsageEvent]) -> Iterator[UserRow]:
    """October's rows, computed one user at a time."""
    by_user: dict[str, dict[str, list[UsageEvent]]] = defaultdict(lambda: defaultdict(list))
    for event in events:
        by_user[event.user_id][f"{event.used_at:%Y-%m}"].append(event)
    for user_id, months in sorted(by_user.items()):
        now, before = months["2026-10"], months["2026-09"]
        if not now:
            continue
        days: dict[date, Decimal] = defaultdict(Decimal)
        for event in now:
            days[event.used_at.date()] += event.minutes
        busiest = min(days, key=lambda day: (-days[day], day))
        total = sum(days.values(), Decimal())
        previous = sum((event.minutes for event in before), Decimal()) if before else None
        yield UserRow(
            user_id=user_id,
            email=max(now, key=lambda event: (event.used_at, event.email)).email,
            total_minutes=total,
            device_count=len({event.device_id for event in now} - {""}),
            active_days=len(days),
            busiest_day=busiest,
            busiest_day_minutes=days[busiest],
            previous_minutes=previous,
            change_percent=_near(100 * (float(total) / float(previous) - 1)) if previous else None,
        )


def _near(percent: float) -> Any:
    """`percent` rounded to tenths, either way where it lies between two."""
    return pytest.approx(percent, abs=0.051)
