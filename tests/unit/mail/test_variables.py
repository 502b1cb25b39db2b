"""A row of the usage query as the mail's variables."""

import json
from datetime import date

import pytest

from mail.usage.variables import template_data
from shared.errors import InvalidRowError
from shared.periods import Period

OCTOBER = Period(date(2026, 10, 1))
ROW: dict[str, str | None] = {
    "user_id": "u-1",
    "email": "a@example.com",
    "total_minutes": "1234.000",
    "device_count": "3",
    "active_days": "18",
    "busiest_day": "2026-10-17",
    "busiest_day_minutes": "125.400",
    "previous_minutes": "1082.000",
    "change_percent": "14.0",
}


def data(period: Period = OCTOBER, **changed: str | None) -> dict[str, str]:
    return template_data({**ROW, **changed}, period)


def test_a_row() -> None:
    assert template_data(ROW, OCTOBER) == {
        "period": "October 2026",
        "month": "October",
        "total_time": "20 h 34 min",
        "bar": "100",
        "previous_month": "September",
        "previous_time": "18 h 2 min",
        "previous_bar": "88",
        "change": "14% more than in September",
        "devices": "3 devices",
        "active_days": "18 days",
        "busiest_day": "Saturday, 17 October",
        "busiest_time": "2 h 5 min",
    }


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        ("0.000", "0 min"),
        ("0.001", "less than 1 min"),
        ("0.499", "less than 1 min"),
        ("0.500", "1 min"),
        ("1", "1 min"),
        ("59.499", "59 min"),
        ("59.500", "1 h"),
        ("60.0", "1 h"),
        ("61", "1 h 1 min"),
        ("1000000.000", "16,666 h 40 min"),
        ("1.0E7", "166,666 h 40 min"),
    ],
)
def test_times_are_to_the_nearest_minute(minutes: str, text: str) -> None:
    assert data(total_minutes=minutes)["total_time"] == text


@pytest.mark.parametrize(
    ("previous", "percent", "total", "text"),
    [
        (None, None, "10", ""),
        ("0.000", None, "10", "up from nothing in September"),
        ("0.000", None, "0", "the same as in September"),
        ("10", "0.0", "10", "about the same as in September"),
        ("10", "-0.0", "10", "about the same as in September"),
        ("10", "0.4", "10.04", "about the same as in September"),
        ("10", "-0.4", "9.96", "about the same as in September"),
        ("10", "0.5", "10.05", "1% more than in September"),
        ("10", "-0.5", "9.95", "1% less than in September"),
        ("10", "-50.0", "5", "50% less than in September"),
        ("1000", "-99.9", "1", "99% less than in September"),
        ("10", "-100.0", "0", "100% less than in September"),
        ("10", "999.4", "109.94", "999% more than in September"),
        ("10", "1000.0", "110", "11 times as much as in September"),
        ("0.003", "3.33332333E7", "1000", "333,333 times as much as in September"),
    ],
)
def test_the_change(previous: str | None, percent: str | None, total: str, text: str) -> None:
    assert data(previous_minutes=previous, change_percent=percent, total_minutes=total)["change"] == text


@pytest.mark.parametrize(
    ("previous", "total", "bar", "previous_bar"),
    [
        ("10", "10", "100", "100"),
        ("5", "10", "100", "50"),
        ("10", "0", "1", "100"),
        ("0", "0", "1", "1"),
        (None, "10", "100", "1"),
    ],
)
def test_the_larger_month_has_the_full_bar(previous: str | None, total: str, bar: str, previous_bar: str) -> None:
    found = data(previous_minutes=previous, total_minutes=total, change_percent=None)
    assert (found["bar"], found["previous_bar"]) == (bar, previous_bar)


@pytest.mark.parametrize(
    ("count", "text"), [("0", ""), ("1", "1 device"), ("2", "2 devices"), ("1234", "1,234 devices")]
)
def test_devices_are_counted(count: str, text: str) -> None:
    assert data(device_count=count)["devices"] == text


def test_a_month_of_no_minutes_has_no_busiest_day() -> None:
    found = data(total_minutes="0.000", busiest_day_minutes="0.000", active_days="1")
    assert (found["busiest_day"], found["busiest_time"], found["active_days"]) == ("", "", "1 day")


@pytest.mark.parametrize(
    ("start", "day", "period", "previous_month", "busiest_day"),
    [
        (date(2028, 2, 1), "2028-02-29", "February 2028", "January", "Tuesday, 29 February"),
        (date(2027, 1, 1), "2027-01-01", "January 2027", "December", "Friday, 1 January"),
        (date(2028, 3, 1), "2028-03-31", "March 2028", "February", "Friday, 31 March"),
    ],
)
def test_the_calendar(start: date, day: str, period: str, previous_month: str, busiest_day: str) -> None:
    found = data(Period(start), busiest_day=day)
    assert (found["period"], found["previous_month"], found["busiest_day"]) == (
        period,
        previous_month,
        busiest_day,
    )


@pytest.mark.parametrize(("total", "previous"), [("1234567.890", "1"), ("0.001", "1234567.890")])
def test_the_data_stay_small(total: str, previous: str) -> None:
    """The outbox item that carries them is to stay under 1 KB."""
    longest = data(
        total_minutes=total,
        previous_minutes=previous,
        change_percent="1.2345678E8",
        busiest_day="2026-09-30",
        busiest_day_minutes="44639.000",
        device_count="1000",
    )
    assert len(json.dumps(longest)) < 400


@pytest.mark.parametrize(
    "column", ["total_minutes", "device_count", "active_days", "busiest_day", "busiest_day_minutes"]
)
@pytest.mark.parametrize("value", [None, "", "many", "NaN", "Infinity"])
def test_a_column_that_cannot_be_used_is_named(column: str, value: str | None) -> None:
    with pytest.raises(InvalidRowError, match=f"^{column} is ") as raised:
        template_data({**ROW, column: value}, OCTOBER)
    assert raised.value.column == column


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("total_minutes", "-0.001"),
        ("total_minutes", "44640000.001"),
        ("busiest_day_minutes", "-1"),
        ("previous_minutes", "1E30"),
        ("change_percent", "-100.1"),
        ("change_percent", "1E300"),
        ("device_count", "-1"),
        ("active_days", "1E999999999"),
    ],
)
def test_a_number_that_cannot_be_is_refused(column: str, value: str) -> None:
    with pytest.raises(InvalidRowError, match=f"^{column} is '{value}', not between"):
        template_data({**ROW, column: value}, OCTOBER)


@pytest.mark.parametrize("column", ["device_count", "active_days"])
def test_a_count_is_whole(column: str) -> None:
    with pytest.raises(InvalidRowError, match=f"^{column} is '2.5', not a whole number"):
        template_data({**ROW, column: "2.5"}, OCTOBER)
    assert template_data({**ROW, column: "2.0"}, OCTOBER) == template_data({**ROW, column: "2"}, OCTOBER)


def test_a_reason_quotes_no_more_than_the_beginning_of_a_cell() -> None:
    with pytest.raises(InvalidRowError) as raised:
        template_data({**ROW, "busiest_day": "x" * 300_000}, OCTOBER)
    assert len(str(raised.value)) < 80


def test_a_query_without_a_column_is_told_which() -> None:
    row = {name: value for name, value in ROW.items() if name != "device_count"}
    with pytest.raises(InvalidRowError, match="device_count is None, not a number"):
        template_data(row, OCTOBER)
