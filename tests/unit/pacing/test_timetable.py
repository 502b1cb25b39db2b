"""Tickets and slots (I4): no second above the rate, no 24 hours above the quota, whatever happens to the pace."""

import pytest

from shared.pacing.pace import SECOND_US, Pace
from shared.pacing.timetable import DAY_US, MARGIN_US, NEVER_US, Leg, Timetable
from tests.unit.pacing.tables import T0, slots


def by_hand(pace: Pace, count: int) -> list[int]:
    """The definition, ticket by ticket."""
    made: list[int] = []
    at_us = T0
    for ticket in range(count):
        if pace.daily is not None and ticket >= pace.daily:
            at_us = max(at_us, made[ticket - pace.daily] + DAY_US + MARGIN_US)
        made.append(at_us)
        at_us += pace.interval_at(at_us)
    return made


@pytest.mark.parametrize(
    "pace",
    [
        Pace(180, None),
        Pace(0.9, None),
        Pace(14, 200),
        Pace(1, 1),
        Pace(5, 7),
        Pace(3.3, 1000, share=0.05, slowed_at_us=T0),
        Pace(0.001, 50),
        Pace(200, 2500, share=0.35, slowed_at_us=T0 - 10 * SECOND_US),
    ],
)
def test_the_legs_are_the_definition(pace: Pace) -> None:
    table = Timetable(pace, cut=0, cut_us=T0)
    count = min(3000, 40 * (pace.daily or 3000))
    assert slots(table, range(count)) == by_hand(pace, count)


def test_a_million_tickets_are_a_few_legs() -> None:
    table = Timetable(Pace(180, 450_000), cut_us=T0)
    assert len(list(table.legs(1_000_000))) == 3
    assert table.slot(449_999) - T0 < 2_501 * SECOND_US
    assert table.slot(450_000) == T0 + DAY_US + MARGIN_US
    assert table.slot(999_999) < T0 + 2 * DAY_US + 560 * SECOND_US + 2 * MARGIN_US


def test_a_pace_that_stands_still_has_no_slot() -> None:
    assert Timetable(Pace(0, None), cut_us=T0).slot(0) == NEVER_US
    assert Timetable(Pace(10, 0), cut_us=T0).slot(0) == NEVER_US


def test_an_empty_queue_starts_now() -> None:
    table = Timetable(Pace(10, None), cut_us=T0).restarted(7, T0 + DAY_US // 2)
    assert slots(table, [6, 7, 8]) == [T0 + 600_000, T0 + DAY_US // 2, T0 + DAY_US // 2 + 100_000]


def test_the_day_before_counts_after_a_restart() -> None:
    later = T0 + 3_600 * SECOND_US
    table = Timetable(Pace(10, 100), cut_us=T0).restarted(80, later)
    assert table.slot(99) == later + 19 * 100_000
    assert table.slot(100) == T0 + DAY_US + MARGIN_US


def test_what_is_older_than_a_day_is_forgotten() -> None:
    table = Timetable(Pace(10, 100), cut_us=T0).restarted(80, T0 + 2 * DAY_US)
    assert table.fixed == ()
    assert table.slot(79) == 0
    assert table.slot(179) == T0 + 2 * DAY_US + 99 * 100_000


@pytest.mark.parametrize(
    ("interval_us", "at_us", "issued", "before"),
    [
        (10, T0, 100, 0), (10, T0 + 1, 100, 1), (10, T0 + 10, 100, 1), (10, T0 + 11, 100, 2), (10, T0 + 99, 100, 5),
        (10, T0 + 99, 9, 2), (10, T0 + 99, 7, 0), (0, T0, 100, 0), (0, T0 + 1, 100, 5), (0, T0 + 1, 9, 2),
    ],
)  # fmt: skip
def test_how_many_slots_of_a_leg_come_before_a_time(interval_us: int, at_us: int, issued: int, before: int) -> None:
    """Also where all are at one time: legs of the past that were put together."""
    assert Leg(7, T0, interval_us, 5).before(at_us, issued) == before


def test_the_days_quota_catches_up_with_the_rate() -> None:
    """A day ago mails went out fast and then slowly. Today's pace is between the two: it comes behind, and is caught up with."""
    fast, slow = Leg(0, T0, SECOND_US // 10, 100), Leg(100, T0 + 10 * SECOND_US, 2 * SECOND_US, 100)
    table = Timetable(Pace(5, 200), 200, T0 + DAY_US + MARGIN_US, (fast, slow))
    before, at_us = slots(table, range(200)), T0 + DAY_US + MARGIN_US
    for ticket in range(200, 400):
        at_us = max(at_us, before[ticket - 200] + DAY_US + MARGIN_US)
        assert table.slot(ticket) == at_us, ticket
        at_us += SECOND_US // 5


def test_a_ticket_that_begins_a_line_of_its_own_is_counted() -> None:
    table = Timetable(Pace(10, None), 5, T0 + SECOND_US, (Leg(0, T0, SECOND_US // 10, 5),))
    assert [table.count(issued, 0) for issued in (5, 6, 7)] == [5, 6, 7]
