"""Instants as texts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.times import from_micros, from_text, to_micros, to_text, utc_now

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
CET = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 1, 6, tzinfo=UTC), "2026-11-01T06:00:00.000Z"),
        (datetime(2026, 11, 1, 6, 0, 0, 999_999, tzinfo=UTC), "2026-11-01T06:00:00.999Z"),
        (datetime(2026, 11, 1, 6, tzinfo=CET), "2026-11-01T05:00:00.000Z"),
        (datetime(2027, 1, 1, 0, 30, tzinfo=CET), "2026-12-31T23:30:00.000Z"),
    ],
)
def test_to_text(at: datetime, text: str) -> None:
    assert to_text(at) == text


@given(INSTANTS, INSTANTS)
def test_texts_are_ordered_as_their_instants(a: datetime, b: datetime) -> None:
    assert len(to_text(a)) == len(to_text(b)) == 24
    if a <= b:
        assert to_text(a) <= to_text(b)


@given(INSTANTS)
def test_a_text_gives_the_instant_back_to_the_millisecond(at: datetime) -> None:
    assert timedelta() <= at - from_text(to_text(at)) < timedelta(milliseconds=1)


@pytest.mark.parametrize("text", ["2026-11-01T06:00:00", "2026-11-01", "", "now", "2026-13-01T00:00:00Z"])
def test_from_text_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"zone|[Ii]nvalid|month|isoformat"):
        from_text(text)


@given(INSTANTS)
def test_micros_are_exact(at: datetime) -> None:
    assert from_micros(to_micros(at)) == at


def test_now_has_a_zone() -> None:
    assert utc_now().utcoffset() == timedelta()
