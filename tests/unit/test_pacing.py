"""Slots under a rate and a rolling quota (I4)."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.pacing import (
    BUCKET_US,
    DAY_US,
    LOWEST_SHARE,
    SECOND_US,
    SLOW_DOWN_GAP_US,
    Pace,
    plan,
    restart,
    slow_down,
)

T0 = 1_793_512_800 * SECOND_US
HORIZON = 2 * DAY_US


def busiest_day(slots: list[int]) -> int:
    """Most slots in any 24 hours, given in rising order."""
    first = most = 0
    for last, slot in enumerate(slots):
        while slots[first] <= slot - DAY_US:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize("rate", [1, 3, 6, 7, 9, 11, 13, 14, 49, 99, 200, 500])
@pytest.mark.parametrize("offset_us", [0, 1, 123_457, 999_999])
def test_no_second_holds_more_than_the_rate(rate: int, offset_us: int) -> None:
    """After rounding up to whole seconds, as the state machine waits for them."""
    slots, _ = plan(Pace(rate, None), rate * 60, T0 + offset_us, HORIZON)
    assert max(Counter(-(-slot // SECOND_US) for slot in slots).values()) <= rate
    assert slots[-1] - slots[0] < 60 * SECOND_US * 1.001


@given(st.floats(0.1, 500), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10 * SECOND_US)), max_size=10))
def test_slots_never_come_closer_than_the_rate_allows(rate: float, calls: list[tuple[int, int]]) -> None:
    pace, now, slots = Pace(rate, None), T0, list[int]()
    for count, pause in calls:
        now += pause
        planned, pace = plan(pace, count, now, HORIZON)
        assert all(now <= slot <= now + HORIZON for slot in planned)
        slots += planned
    assert all(b - a >= SECOND_US / rate - 1 for a, b in pairwise(slots))


@given(st.integers(1, 40), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30 * 3600 * SECOND_US)), max_size=8))
def test_no_24_hours_hold_more_than_the_quota(daily: int, calls: list[tuple[int, int]]) -> None:
    pace, now, slots = Pace(14, daily), T0, list[int]()
    for count, pause in calls:
        now += pause
        planned, pace = plan(pace, count, now, HORIZON)
        slots += planned
    assert busiest_day(slots) <= daily


def test_the_quota_is_used_up_and_then_waited_for() -> None:
    slots, _ = plan(Pace(10, 100), 150, T0, HORIZON)
    assert len(slots) == 150
    assert slots[99] < T0 + 10 * SECOND_US
    assert T0 + DAY_US < slots[100] <= T0 + DAY_US + BUCKET_US


def test_what_does_not_fit_the_horizon_gets_no_slot() -> None:
    slots, pace = plan(Pace(1, None), 100, T0, 9 * SECOND_US)
    assert len(slots) == 10
    assert plan(pace, 5, T0, 9 * SECOND_US)[0] == []
    assert plan(pace, 5, T0, 11 * SECOND_US)[0] == [T0 + 10 * SECOND_US, T0 + 11 * SECOND_US]


def test_a_quota_of_nothing_gives_no_slot() -> None:
    """An account under review, or a small quota after the headroom was taken off."""
    assert plan(Pace(1, 0), 3, T0, HORIZON)[0] == []


def test_an_idle_hour_is_no_credit() -> None:
    _, pace = plan(Pace(10, None), 1, T0, HORIZON)
    later = T0 + 3600 * SECOND_US
    assert plan(pace, 3, later, HORIZON)[0] == [later, later + 100_000, later + 200_000]


def test_old_buckets_are_forgotten() -> None:
    _, pace = plan(Pace(10, 100), 5, T0, HORIZON)
    _, pace = plan(pace, 1, T0 + DAY_US + 2 * BUCKET_US, HORIZON)
    assert sum(pace.buckets.values()) == 1


def test_a_refusal_slows_down_once_in_five_seconds() -> None:
    slowed = slow_down(Pace(10, None), T0)
    assert slowed.share_at(T0) == pytest.approx(0.7)
    assert slow_down(slowed, T0 + SLOW_DOWN_GAP_US - 1) is slowed
    again = slow_down(slowed, T0 + SLOW_DOWN_GAP_US)
    assert again.share_at(T0 + SLOW_DOWN_GAP_US) == pytest.approx((0.7 + 0.1 / 6) * 0.7)


def test_a_slower_pace_is_planned_with() -> None:
    slots, _ = plan(slow_down(Pace(10, None), T0), 3, T0 + SECOND_US, HORIZON)
    interval = 100_000 / (0.7 + 0.1 / 30)
    assert slots[1] - slots[0] == pytest.approx(interval, abs=1)


def test_the_rate_comes_back_by_itself_and_no_further() -> None:
    slowed = slow_down(Pace(10, None), T0)
    assert slowed.share_at(T0 + 30 * SECOND_US) == pytest.approx(0.8)
    assert slowed.share_at(T0 + 3600 * SECOND_US) == 1.0


def test_it_never_stops_altogether() -> None:
    pace = Pace(10, None)
    for number in range(100):
        pace = slow_down(pace, T0 + number * SLOW_DOWN_GAP_US)
    assert pace.share >= LOWEST_SHARE
    assert plan(pace, 1, T0 + 500 * SECOND_US, HORIZON)[0]


def test_a_restart_gives_back_what_lies_ahead_and_keeps_what_may_be_sent() -> None:
    _, pace = plan(Pace(1, 10_000), 7200, T0, HORIZON)
    now = T0 + BUCKET_US
    fresh = restart(pace, now)
    assert fresh.tat_us == now + SECOND_US
    assert sum(fresh.buckets.values()) <= 3600
    assert all(number <= now // BUCKET_US for number in fresh.buckets)
    assert restart(fresh, now) == fresh


@given(st.integers(0, 3 * DAY_US))
def test_a_restart_never_moves_the_next_slot_later(ahead: int) -> None:
    pace = Pace(10, None, tat_us=T0 + ahead)
    assert restart(pace, T0).tat_us <= pace.tat_us
    assert replace(restart(pace, T0), tat_us=pace.tat_us) == pace
