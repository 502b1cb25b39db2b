"""A month and its neighbours."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidPeriodError
from shared.periods import Period

PERIODS = st.dates(date(1970, 1, 1), date(9998, 12, 31)).map(lambda day: Period(day.replace(day=1)))


@pytest.mark.parametrize(
    ("text", "previous", "following"),
    [("2026-10", "2026-09", "2026-11"), ("2026-01", "2025-12", "2026-02"), ("2026-12", "2026-11", "2027-01")],
)
def test_neighbours(text: str, previous: str, following: str) -> None:
    period = Period.parse(text)
    assert (str(period), str(period.previous), str(period.next)) == (text, previous, following)


@given(PERIODS)
def test_parsing_reads_what_was_written(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(PERIODS)
def test_previous_and_next_undo_each_other(period: Period) -> None:
    assert period.next.previous == period
    assert period.previous.next == period


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-13",
        "2026-00",
        "0000-01",
        "9999-12",
        "2026-1",
        "2026-10-01",
        " 2026-10",
        "2026-10\n",
        None,
        202610,
    ],
)
def test_no_period(text: object) -> None:
    with pytest.raises(InvalidPeriodError, match="YYYY-MM"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("at", "zone", "period"),
    [
        (datetime(2026, 11, 1, 6, tzinfo=UTC), "Europe/Berlin", "2026-10"),
        (datetime(2026, 10, 31, 23, 30, tzinfo=UTC), "Europe/Berlin", "2026-10"),  # 00:30 on the 1st in Berlin
        (datetime(2026, 10, 31, 22, 30, tzinfo=UTC), "Europe/Berlin", "2026-09"),  # 23:30 on the 31st
        (datetime(2026, 11, 1, 3, tzinfo=UTC), "America/New_York", "2026-09"),  # 23:00 on the 31st
        (datetime(2027, 1, 1, 6, tzinfo=UTC), "UTC", "2026-12"),
        (datetime(2026, 11, 30, 23, 59, tzinfo=UTC), "UTC", "2026-10"),
    ],
)
def test_the_schedule_means_the_month_before_in_its_own_calendar(at: datetime, zone: str, period: str) -> None:
    assert str(Period.before(at, zone)) == period
