"""What a change of the timetable does to the slots of those that wait (I4)."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.pacing.lateness import UNSEEN_US
from shared.pacing.pace import SECOND_US, Pace
from shared.pacing.timetable import DAY_US, LEGS_AT_MOST, MARGIN_US, NEVER_US, Leg, Timetable
from tests.unit.pacing.tables import T0, slots

MINUTE_US = 60 * SECOND_US


def busiest(times: Sequence[int], window_us: int) -> int:
    """Most of them in any window of that length, both ends included."""
    ordered, first, most = sorted(times), 0, 0
    for last, at in enumerate(ordered):
        while ordered[first] < at - window_us:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_a_refusal_moves_the_slots_that_are_ahead_and_no_others() -> None:
    before = Timetable(Pace(10, None), cut_us=T0)
    now = T0 + 10 * SECOND_US + 50_000
    after = before.slowed(1000, now, before.pace.slower(now))
    assert slots(after, range(101)) == slots(before, range(101))
    assert after.slot(101) >= now
    assert all(after.slot(ticket) >= before.slot(ticket) for ticket in range(1000))
    gaps = [b - a for a, b in pairwise(slots(after, range(100, 1000)))]
    assert gaps[0] == 142_858
    assert gaps[-1] == 100_000, "the way back is part of the plan"
    assert after.slot(999) - before.slot(999) < 20 * SECOND_US


def test_a_lower_rate_holds_for_all_that_wait() -> None:
    table = Timetable(Pace(100, None), cut_us=T0).slowed(10_000, T0 + SECOND_US, Pace(1, None))
    assert table.slot(99) == T0 + 990_000
    assert slots(table, [100, 101]) == [T0 + 1_990_000, T0 + 2_990_000]


def test_a_higher_rate_leaves_those_that_sleep_their_slots() -> None:
    before = Timetable(Pace(1, None), cut_us=T0)
    after = before.sped_up(100, T0 + SECOND_US, Pace(100, None))
    assert slots(after, range(100)) == slots(before, range(100))
    assert slots(after, [100, 101]) == [T0 + 100 * SECOND_US, T0 + 100 * SECOND_US + 10_000]


def test_after_standing_still_everybody_goes_on() -> None:
    still = Timetable(Pace(10, None), cut_us=T0).slowed(50, T0 + SECOND_US, Pace(0, None))
    assert (still.slot(9), still.slot(10)) == (T0 + 900_000, NEVER_US)
    again = still.sped_up(50, T0 + DAY_US, Pace(10, None))
    assert (again.slot(9), again.slot(10)) == (T0 + 900_000, T0 + DAY_US)


def test_where_everybody_is_late_all_from_the_first_on_move_back() -> None:
    before = Timetable(Pace(10, None), cut_us=T0)
    after = before.postponed(5, 7 * SECOND_US, T0 + 8 * SECOND_US)
    assert slots(after, range(5)) == slots(before, range(5))
    assert [after.slot(ticket) - before.slot(ticket) for ticket in (5, 6, 999)] == [7 * SECOND_US] * 3


@pytest.mark.parametrize("first", [0, 40, 80, 85])
def test_a_line_that_moves_back_keeps_its_breaks(first: int) -> None:
    before = Timetable(Pace(10, None), cut_us=T0).restarted(80, T0 + 3_600 * SECOND_US)
    after = before.postponed(first, 7 * SECOND_US, T0)
    assert slots(after, range(first)) == slots(before, range(first))
    moved = [after.slot(ticket) - before.slot(ticket) for ticket in range(first, 200)]
    assert set(moved) == {7 * SECOND_US}


def test_a_line_whose_first_tickets_are_forgotten_moves_back() -> None:
    before = Timetable(Pace(10, None), cut_us=T0).restarted(80, T0 + 2 * DAY_US)
    after = before.postponed(3, SECOND_US, T0 + 2 * DAY_US)
    assert after.slot(79) == 0
    assert after.slot(80) == T0 + 2 * DAY_US + SECOND_US


def test_what_moves_back_still_waits_for_the_day_before() -> None:
    after = Timetable(Pace(10, 20), cut_us=T0).postponed(10, 3600 * SECOND_US, T0 + 3601 * SECOND_US)
    assert after.slot(10) == T0 + 3601 * SECOND_US
    assert after.slot(30) == after.slot(10) + DAY_US + MARGIN_US


def test_a_late_one_takes_the_next_slot_and_those_behind_move_back_by_one() -> None:
    before = Timetable(Pace(10, None), cut_us=T0)
    after, free_us = before.with_room(1000, T0 + SECOND_US - 1, T0)
    assert free_us == before.slot(10) == T0 + SECOND_US
    assert slots(after, range(10)) == slots(before, range(10))
    assert slots(after, range(10, 1001)) == slots(before, range(11, 1002))


def test_a_late_one_when_nobody_waits() -> None:
    before = Timetable(Pace(10, None), cut_us=T0)
    after, free_us = before.with_room(3, T0 + DAY_US, T0 + DAY_US)
    assert (free_us, after.slot(3)) == (T0 + DAY_US, T0 + DAY_US + 100_000)


def test_many_changes_stay_small() -> None:
    table, now = Timetable(Pace(10, 500), cut_us=T0), T0
    for issued in range(1, 400):
        now += MINUTE_US
        table = table.restarted(issued, now)
    assert len(table.fixed) <= LEGS_AT_MOST
    assert sum(leg.count for leg in table.fixed) == 399


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["take", "take", "take", "refused", "lower", "raise", "all late"]),
        st.integers(0, 60),
        st.one_of(st.integers(0, 20 * SECOND_US), st.integers(0, 30 * 3600 * SECOND_US)),
    ),
    max_size=25,
)


@settings(deadline=None)
@given(st.sampled_from([0.9, 5.0, 14.0, 180.0]), st.one_of(st.none(), st.integers(1, 60)), EVENTS)
def test_no_window_exceeds_a_limit_whatever_happens_to_the_pace(
    rate: float, daily: int | None, events: list[tuple[str, int, int]]
) -> None:
    """A ticket is used at its slot as the timetable has it when that slot comes."""
    table, issued, now = Timetable(Pace(rate, daily), cut_us=T0), 0, T0
    used: dict[int, int] = {}

    def pass_until(later: int) -> None:
        for ticket in range(issued):
            if ticket not in used and table.slot(ticket) <= later:
                used[ticket] = max(table.slot(ticket), 0)

    for event, number, pause in events:
        pass_until(now + pause)
        now += pause
        match event:
            case "take":
                if table.slot(issued) < now:
                    table = table.restarted(issued, now)
                issued += number
            case "refused":
                table = table.slowed(issued, now, table.pace.slower(now))
            case "lower":
                table = table.slowed(issued, now, replace(table.pace, rate=rate / 2))
            case "all late":
                late = max((one for one in used if used[one] > now - number * SECOND_US), default=None)
                if late is not None:  # it, and so what is behind it, is sent at its new slot, and was not before
                    del used[late]
                    table = table.postponed(late, now - table.slot(late) + SECOND_US, now)
            case "raise":
                if table.pace.rate < rate:
                    table = table.sped_up(issued, now, replace(table.pace, rate=rate))
    pass_until(NEVER_US)
    assert len(used) == issued, "nobody waits for ever"
    assert all(at > 0 for at in used.values())
    fastest = -(-SECOND_US // rate)
    assert all(b - a >= fastest - 1 for a, b in pairwise(sorted(used.values())))
    if daily is not None:
        assert busiest(list(used.values()), DAY_US) <= daily


@given(
    st.one_of(st.none(), st.integers(1, 60)),
    st.lists(st.tuples(st.booleans(), st.integers(1, 40), st.integers(0, 20 * SECOND_US)), max_size=20),
)
def test_late_ones_and_those_with_a_ticket_never_share_a_slot(
    daily: int | None, events: list[tuple[bool, int, int]]
) -> None:
    """While the pace stays as it is. A late one looks for room a while ahead, always by as much."""
    table, issued, now, rooms = Timetable(Pace(5, daily), cut_us=T0), 0, T0, []
    asleep: dict[int, int] = {}
    for late, number, pause in events:
        now += pause
        if late:
            table, free_us = table.with_room(issued, now + UNSEEN_US, now)
            assert free_us >= now
            rooms.append(free_us)
        else:
            table = table.restarted(issued, now) if table.slot(issued) < now else table
            issued += number
        assert all(table.slot(ticket) == at for ticket, at in asleep.items() if table.slot(ticket))
        near = [ticket for ticket in range(issued) if 0 < table.slot(ticket) <= now]
        asleep |= {ticket: table.slot(ticket) for ticket in near}
    ahead = {ticket: table.slot(ticket) for ticket in range(issued) if ticket not in asleep}
    taken = sorted([*asleep.values(), *ahead.values(), *rooms])
    assert all(b - a >= SECOND_US // 5 for a, b in pairwise(at for at in taken if at))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 100 * SECOND_US)), max_size=10))
def test_a_change_never_gives_two_tickets_one_slot(changes: list[tuple[int, int]]) -> None:
    table, issued, now = Timetable(Pace(10, 30), cut_us=T0), 0, T0
    for number, pause in changes:
        now += pause
        issued += number
        table = table.slowed(issued, now, table.pace.slower(now))
        made = slots(table, range(issued))
        assert all(b > a for a, b in pairwise(made) if a)


@pytest.mark.parametrize(("ticket", "legs"), [(0, 2), (1, 3), (5, 2), (6, 3), (9, 3)])
def test_what_is_postponed_from_within_a_leg_divides_it_and_leaves_no_empty_one(ticket: int, legs: int) -> None:
    fixed = (Leg(0, T0, 10, 5), Leg(5, T0 + 50, 10, 5))
    table = Timetable(Pace(100_000, None), 10, T0 + 100, fixed)
    moved = table.postponed(ticket, SECOND_US, T0)
    assert [leg.count > 0 for leg in moved.fixed] == [True] * legs
    expected = [T0 + 10 * number + (SECOND_US if number >= ticket else 0) for number in range(12)]
    assert slots(moved, range(12)) == expected
