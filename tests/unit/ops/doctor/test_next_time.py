"""When a schedule is due next (source: EventBridge Scheduler's cron expressions)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ops.doctor.next_time import next_time

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)  # a Sunday, 06:00 in Berlin


@pytest.mark.parametrize(("expression", "due"), [
    ("cron(0 6 1 * ? *)", "2026-12-01 05:00"),
    ("cron(30 6 1 * ? *)", "2026-11-01 05:30"),
    ("cron(0 6 1 JAN,jul ? *)", "2027-01-01 05:00"),
    ("cron(0 6 ? * MON-FRI *)", "2026-11-02 05:00"),
    ("cron(0 6 ? * 1 *)", "2026-11-08 05:00"),
    ("cron(0/20 * * * ? *)", "2026-11-01 05:20"),
    ("cron(5 4,12 2-3 * ? 2027)", "2027-01-02 03:05"),
    ("cron(0 6 1 * ? 2025)", None),
    ("cron(0 6 L * ? *)", None),
    ("cron(0 6 ? * 6#3 *)", None),
    ("cron(0 6 1W * ? *)", None),
    ("cron(0 6 1 *)", None),
    ("rate(4 minutes)", None),
    ("at(2026-12-01T06:00:00)", None),
])  # fmt: skip
def test_when_it_is_due(expression: str, due: str | None) -> None:
    found = next_time(expression, BERLIN, NOW)
    assert (found and found.astimezone(UTC).strftime("%Y-%m-%d %H:%M")) == due


def test_an_hour_that_the_clocks_leave_out_is_passed_over() -> None:
    before = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    due = next_time("cron(30 2 29,30 3 ? *)", BERLIN, before)
    assert due == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
