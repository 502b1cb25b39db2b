"""A schedule is due as often as it says, whenever it was made: each occurrence lies after the one before."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.engine.occurrences import EPOCH, NextWallTime, next_of_cron, next_of_rate

BERLIN = ZoneInfo("Europe/Berlin")
MADE = st.floats(1_600_000_000, 2_000_000_000) | st.integers(0, 2_000_000_000_000_000).map(lambda us: us / 1_000_000)
"""Seconds of the epoch, as a clock or a request gives them."""
EVERY = st.sampled_from([60, 240, 300, 3600, 86_400]) | st.integers(1, 30 * 86_400)


def daily_at(hour: int, minute: int) -> NextWallTime:
    """The wall times of cron(minute hour * * ? *)."""

    def next_wall_time(wall: datetime) -> datetime:
        today = wall.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
        return today if today.replace(tzinfo=None) > wall.replace(tzinfo=None) else today + timedelta(days=1)

    return next_wall_time


def every_minute(wall: datetime) -> datetime:
    return wall.replace(second=0, microsecond=0) + timedelta(minutes=1)


@given(MADE, EVERY)
def test_a_rate_is_due_at_its_start_and_then_once_a_period(made: float, every_s: int) -> None:
    first = next_of_rate(made, every_s, EPOCH - timedelta(days=1))
    assert abs((first - EPOCH).total_seconds() - made) < 2e-6
    due = first
    for _ in range(40):
        following = next_of_rate(made, every_s, due)
        assert following - due == timedelta(seconds=every_s)
        due = following


@given(MADE, EVERY, st.integers(0, 10**15))
def test_a_rate_is_next_due_after_any_time_within_a_period(made: float, every_s: int, later_us: int) -> None:
    after = next_of_rate(made, every_s, EPOCH) + timedelta(microseconds=later_us)
    due = next_of_rate(made, every_s, after)
    assert after < due <= after + timedelta(seconds=every_s)


def test_a_wall_time_that_the_clocks_leave_out_is_skipped() -> None:
    """02:30 is not there on 29 March 2026."""
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert next_of_cron(daily_at(2, 30), BERLIN, before) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("asked", [datetime(2026, 10, 25, hour, 10, tzinfo=UTC) for hour in (0, 1, 2)])
def test_a_wall_time_that_the_clocks_repeat_is_due_once(asked: datetime) -> None:
    """02:30 is there twice on 25 October 2026, at 00:30 and 01:30 UTC: only the first counts."""
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    expected = first if asked < first else datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
    assert next_of_cron(daily_at(2, 30), BERLIN, asked) == expected


@given(st.integers(0, 2 * 365 * 86_400))
def test_no_occurrence_lies_before_the_time_that_was_asked_for(seconds: int) -> None:
    after = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    due = next_of_cron(every_minute, BERLIN, after)
    assert due is not None
    assert after < due <= after + timedelta(minutes=61)


def test_a_cron_that_never_comes_again() -> None:
    assert next_of_cron(lambda _: None, BERLIN, EPOCH) is None
