"""What becomes of a late mail, rule by rule."""

from dataclasses import replace

import pytest

from shared.pacing import lateness
from shared.pacing.campaign_state import CampaignState, Lane, campaign_state, quota_attributes, timetable_attributes
from shared.pacing.lateness import (
    LONGEST_WAIT_US,
    OVERDUE_US,
    POSTPONED_AT_MOST_US,
    SPREAD_US,
    UNSEEN_US,
    WAIT_US,
    place,
)
from shared.pacing.pace import SECOND_US, Pace, Quota
from shared.pacing.timetable import Leg, Timetable
from shared.sending.grouping import Grouping

T0 = 1_793_512_800 * SECOND_US


def state(rate: float = 10, issued: int = 1000) -> CampaignState:
    """Tickets whose slots begin at T0."""
    table = timetable_attributes(Timetable(Pace(rate, None), cut_us=T0))
    return campaign_state({**table, **quota_attributes(Quota(rate, -1)), "issued": issued, "revision": 1, "paused": ""})


def full_lane(now_us: int, places: int = 1000, rate: float = 10) -> CampaignState:
    return replace(state(rate), lane=Lane(issued=places, cut=0, cut_us=now_us))


@pytest.mark.parametrize(("rate", "tolerance_s"), [(1, 0.25), (3.6, 0.25), (4, 0.5), (10, 0.65), (100, 0.74)])
def test_a_little_late_is_in_time(rate: float, tolerance_s: float) -> None:
    at_most_us = T0 + round(tolerance_s * SECOND_US)
    assert not lateness.too_late(state(rate), 0, at_most_us)
    assert lateness.too_late(state(rate), 0, at_most_us + 1)


def test_where_refusals_have_slowed_all_down_half_a_second_is_in_time_still() -> None:
    pace = Pace(4, None, share=0.5, slowed_at_us=T0)
    assert lateness.tolerance_us(pace, T0) == SECOND_US // 2


def test_whose_slot_has_come_back_keeps_it() -> None:
    found = place(state(), 50, 0, T0 + 2 * SECOND_US)
    assert found is not None
    assert (found.at_us, found.own, found.taken, found.moves) == (T0 + 5 * SECOND_US, True, True, False)


def test_a_single_one_takes_a_place_in_the_lane_at_once() -> None:
    now_us = T0 + 30 * SECOND_US
    found = place(state(), 7, 0, now_us)
    assert found is not None
    assert (found.at_us, found.in_lane, found.own, found.adds) == (now_us, True, False, {"late": 1, "late_run": 1})
    assert found.sets["late_first"] == 7


@pytest.mark.parametrize(("rate", "at_once"), [(1, 1), (3.6, 1), (7.9, 1), (8, 2), (10, 2), (100, 25)])
def test_a_lane_that_was_empty_lets_a_quarter_of_a_second_pass_at_once(rate: float, at_once: int) -> None:
    """And never less than one mail."""
    now_us = T0 + 30 * SECOND_US
    found = place(state(rate), 0, 0, now_us)
    assert found is not None
    after = replace(state(rate), lane=Lane(1, found.sets["lane_cut"], found.sets["lane_cut_us"]))
    passed = [lateness.lane_us(after, number, now_us) <= now_us for number in range(at_once + 1)]
    assert passed == [True] * at_once + [False]


def test_a_lane_that_is_in_use_is_waited_for() -> None:
    now_us = T0 + 30 * SECOND_US
    found = place(full_lane(now_us, places=3), 7, 0, now_us)
    assert found is not None
    assert (found.at_us, found.in_lane, found.moves) == (now_us + 3 * SECOND_US, True, False)


def test_a_very_late_mail_takes_a_place_in_the_lane_that_is_now() -> None:
    now_us = T0 + 2 * OVERDUE_US
    found = place(full_lane(now_us, places=0), 0, 0, now_us)
    assert found is not None
    assert (found.at_us, found.in_lane) == (now_us, True)


@pytest.mark.parametrize(("waits_us", "in_lane"), [(5 * SECOND_US, True), (5 * SECOND_US + 1, False)])
def test_the_lane_is_waited_for_as_long_as_five_take_in_it(waits_us: int, in_lane: bool) -> None:
    now_us = T0 + 30 * SECOND_US
    found = place(full_lane(now_us + waits_us, places=0), 7, 0, now_us)
    assert found is not None
    assert found.in_lane is in_lane


@pytest.mark.parametrize(("overdue_us", "in_lane"), [(OVERDUE_US, True), (OVERDUE_US + 1, False)])
def test_a_very_late_mail_does_not_wait_for_the_lane_as_well(overdue_us: int, in_lane: bool) -> None:
    now_us = T0 + overdue_us
    found = place(full_lane(now_us, places=3), 0, 0, now_us)
    assert found is not None
    assert found.in_lane is in_lane


def test_where_the_lane_is_full_it_takes_the_timetables_next_slot_that_nobody_sleeps_for() -> None:
    now_us = T0 + 30 * SECOND_US
    found = place(full_lane(now_us), 7, 0, now_us)
    assert found is not None
    assert (found.at_us, found.in_lane, found.own, found.moves) == (now_us + UNSEEN_US, False, False, True)
    assert found.adds == {"late_run": 1}


@pytest.mark.parametrize("ends_in_s", [-5, 0, 2.9])
def test_where_the_timetables_end_is_near_the_lane_is_not_waited_for(ends_in_s: float) -> None:
    """What is late at the end of a month goes at the full pace."""
    now_us = T0 + 30 * SECOND_US
    ending = replace(full_lane(now_us, places=3), issued=300 + round(10 * ends_in_s))
    found = place(ending, 7, 0, now_us)
    assert found is not None
    assert (found.at_us, found.in_lane, found.moves) == (now_us + round(max(0, ends_in_s) * SECOND_US), False, True)
    behind = replace(ending, timetable=replace(ending.timetable, cut=found.sets["cut"], cut_us=found.sets["cut_us"]))
    assert behind.timetable.slot(ending.issued) == found.at_us + SECOND_US // 10


def test_where_few_mails_go_out_the_lane_and_the_end_are_never_used_side_by_side() -> None:
    now_us = T0 + 30 * SECOND_US
    found = place(replace(full_lane(now_us, places=1, rate=3), issued=3), 2, 0, now_us)
    assert found is not None
    assert found.in_lane


def test_where_the_timetables_end_is_not_near_the_lane_is_waited_for() -> None:
    now_us = T0 + 30 * SECOND_US
    found = place(replace(full_lane(now_us, places=2), issued=300 + 30), 7, 0, now_us)
    assert found is not None
    assert found.in_lane


def test_a_slot_at_the_end_leaves_no_gap_before_it() -> None:
    """Nobody can sleep for a slot that was not given out."""
    now_us = T0 + 30 * SECOND_US
    found = place(replace(full_lane(now_us), issued=300 + 40), 7, 0, now_us)
    assert found is not None
    assert found.at_us == now_us + 4 * SECOND_US


@pytest.mark.parametrize(("late_s", "counts"), [(2, False), (30, False), (31, True)])
def test_one_that_is_run_again_is_a_sign_that_all_are_late_only_if_it_is_very_late(late_s: int, counts: bool) -> None:
    found = place(state(), 7, None, T0 + 700_000 + late_s * SECOND_US)
    assert found is not None
    assert (found.adds.get("late_run", 0), "late_first" in found.sets) == (int(counts), counts)


def test_one_that_is_run_again_never_tells_how_late_wake_ups_are() -> None:
    late = replace(state(), late_run=4, wake_late_us=5)
    found = place(late, 7, None, T0 + 700_000 + 31 * SECOND_US)
    assert found is not None
    assert found.own
    assert "wake_late_us" not in found.sets


def test_no_place_where_the_next_slot_is_far() -> None:
    now_us = T0 + 30 * SECOND_US
    far = now_us + LONGEST_WAIT_US + 1
    held_up = replace(full_lane(now_us), timetable=Timetable(Pace(10, None), cut=500, cut_us=far), late_first=7)
    assert place(held_up, 7, 0, now_us) is None


@pytest.mark.parametrize(
    ("gave_way", "since_s", "moves"), [(15, 10, True), (14, 10, False), (15, 10.1, False), (0, 0, False)]
)
def test_giving_way_goes_on_until_it_has_cost_as_much_as_to_move_all(
    gave_way: int, since_s: float, moves: bool
) -> None:
    """15 times a tenth of a second within ten seconds, and this one is a second and a half late."""
    now_us = T0 + 1_500_000
    since_us = now_us - round(since_s * SECOND_US)
    found = place(replace(full_lane(now_us), gave_way=gave_way, gave_way_since_us=since_us), 0, 9, now_us)
    assert found is not None
    if moves:
        assert (found.at_us, found.own, found.sets["cut"]) == (now_us, True, 0)
        assert (found.sets["late_run"], found.sets["gave_way"], found.sets["wake_late_us"]) == (0, 0, 9)
    else:
        begun = since_s > 10
        assert (found.at_us, found.own) == (now_us + UNSEEN_US, False)
        assert found.sets["gave_way"] == (1 if begun else gave_way + 1)
        assert found.sets["gave_way_since_us"] == (now_us if begun else since_us)


@pytest.mark.parametrize(("rate", "crowd"), [(1, 4), (3.6, 4), (4, 5), (10, 5), (100, 50)])
def test_so_many_in_a_row_are_everybody(rate: float, crowd: int) -> None:
    now_us = T0 + 300 * SECOND_US
    for run, moves in ((crowd - 2, False), (crowd - 1, True)):
        found = place(replace(state(rate), late_run=run, late_first=3), 4, 9, now_us)
        assert found is not None
        assert (found.own, "cut" in found.sets) == (moves, moves)


def test_where_everybody_is_late_all_from_the_first_on_move_back() -> None:
    now_us = T0 + 20 * SECOND_US
    found = place(replace(state(), late_run=4, late_first=3), 10, 9, now_us)
    assert found is not None
    assert (found.at_us, found.own, found.sets["cut"]) == (now_us + SPREAD_US, True, 3)
    assert (found.sets["late_run"], found.sets["wake_late_us"]) == (0, 9)


def test_where_few_mails_go_out_all_move_back_by_as_much_as_the_first_is_late() -> None:
    """One after the other they come at once; that would be more than a second's worth."""
    now_us = T0 + 20 * SECOND_US
    found = place(replace(state(3.6), late_run=3, late_first=0), 5, 9, now_us)
    assert found is not None
    slots = Timetable(Pace(3.6, None), cut_us=now_us + SPREAD_US)
    assert (found.at_us, found.sets["cut"], found.sets["cut_us"]) == (slots.slot(5), 0, slots.slot(0))


@pytest.mark.parametrize(("overdue_us", "moves"), [(POSTPONED_AT_MOST_US, True), (POSTPONED_AT_MOST_US + 1, False)])
def test_one_mails_own_bad_luck_moves_nobody(overdue_us: int, moves: bool) -> None:
    found = place(replace(state(), late_run=99), 0, 0, T0 + overdue_us)
    assert found is not None
    assert found.own is moves


@pytest.mark.parametrize(
    ("rate", "late_run", "issued", "moves"),
    [
        (3.6, 1, 1000, True),
        (3.6, 0, 100, True),
        (3.6, 0, 220, True),  # the last of them has its slot within a minute
        (3.6, 0, 221, False),
        (3.6, 0, 1000, False),
        (10, 1, 1000, False),
    ],
)
def test_where_few_mails_go_out_one_that_would_wait_long_moves_all_by_a_second(
    rate: float, late_run: int, issued: int, moves: bool
) -> None:
    """If it is not the only one that is late, or if few wait for their slots."""
    now_us = T0 + SPREAD_US - 1
    lane = full_lane(now_us, places=5, rate=rate)
    found = place(replace(lane, late_run=late_run, issued=issued), 0, 0, now_us)
    assert found is not None
    assert found.own is moves
    if moves:
        assert found.at_us == T0 + SPREAD_US


@pytest.mark.parametrize(("waits_us", "moves"), [(WAIT_US, False), (WAIT_US + 1, True)])
def test_for_the_lane_one_of_few_waits_three_seconds_and_no_more(waits_us: int, moves: bool) -> None:
    now_us = T0 + SPREAD_US - 1
    lane = replace(state(3.6), lane=Lane(issued=0, cut=0, cut_us=now_us + waits_us), late_run=1)
    found = place(lane, 0, 0, now_us)
    assert found is not None
    assert (found.own, found.in_lane) == (moves, not moves)


@pytest.mark.parametrize("late_run", [1, 3, 99])
def test_those_that_were_late_in_another_line_make_no_crowd_with_this_one(late_run: int) -> None:
    """Theirs was over long before this one's slot."""
    now_us = T0 + 102 * SECOND_US
    found = place(replace(state(), late_run=late_run, late_first=0), 1000, 0, now_us)
    assert found is not None
    assert (found.in_lane, found.adds) == (True, {"late": 1})
    assert (found.sets["late_run"], found.sets["late_first"]) == (1, 1000)


@pytest.mark.parametrize(("ticket", "anew"), [(605, False), (606, True)])
def test_a_line_is_another_one_after_a_minute_and_a_crowd(ticket: int, anew: bool) -> None:
    now_us = T0 + ticket * SECOND_US // 10 + 2 * SECOND_US
    found = place(replace(state(), late_run=3, late_first=0), ticket, 0, now_us)
    assert found is not None
    assert found.sets.get("late_first") == (ticket if anew else None)


@pytest.mark.parametrize("late_run", [0, 99])
def test_a_pace_that_stands_still_has_no_place(late_run: int) -> None:
    """The slots of tickets that were given out before are over."""
    halted = Timetable(Pace(0, None), cut=100, cut_us=T0, fixed=(Leg(0, T0, SECOND_US // 10, 100),))
    assert place(replace(state(), timetable=halted, late_run=late_run), 7, 0, T0 + 30 * SECOND_US) is None


@pytest.mark.parametrize("rate", [4.5, 10, 12.6, 14, 45, 90, 180, 450])
def test_signs_come_from_all_the_executions_that_run_side_by_side(rate: float) -> None:
    """Were they all of one, there would be none while that one is late."""
    stride = Grouping.of(rate, 2_000, 0).stride
    assert {ticket % stride for ticket in range(100_000) if lateness.gives_sign(Pace(rate, None), ticket)} == {
        *range(stride)
    }


def test_some_of_those_in_time_tell_it_each_second() -> None:
    assert [ticket for ticket in range(10) if lateness.gives_sign(Pace(10, None), ticket)] == [0, 2, 4, 6, 8]
    assert all(lateness.gives_sign(Pace(2, None), ticket) for ticket in range(10))


@pytest.mark.parametrize(
    ("late_run", "known_us", "own_us", "tells"),
    [
        (0, 0, 0, False),
        (1, 0, 0, True),
        (0, SECOND_US, 0, True),
        (0, SECOND_US, SECOND_US, False),
        (0, 400_000, 0, False),
    ],
)
def test_it_is_told_only_where_somebody_was_late(late_run: int, known_us: int, own_us: int, tells: bool) -> None:
    told = lateness.sign(replace(state(), late_run=late_run, wake_late_us=known_us), own_us)
    assert told == ({"late_run": 0, "wake_late_us": own_us} if tells else {})


@pytest.mark.parametrize(
    ("rate", "after_s", "known_s", "lead_s"),
    [(10, 0, 0, 2), (10, 3, 0, 0), (10, 3, 0.4, 0), (10, 3, 7, 7), (10, 0, 1, 2), (1, 99, 0, 2), (1, 99, 7, 7)],
)
def test_how_much_earlier_an_order_wakes_up(rate: float, after_s: int, known_s: float, lead_s: int) -> None:
    known = replace(state(rate), wake_late_us=round(known_s * SECOND_US))
    assert lateness.lead_us(known, T0 + after_s * SECOND_US) == lead_s * SECOND_US


def test_the_lanes_places_are_counted_from_where_it_began_anew() -> None:
    """One in ten of the pace: a place a second."""
    begun = replace(state(), lane=Lane(issued=7, cut=5, cut_us=T0))
    assert [lateness.lane_us(begun, number, T0) for number in (5, 6, 9)] == [T0, T0 + SECOND_US, T0 + 4 * SECOND_US]
    found = place(begun, 7, 0, T0 + 60 * SECOND_US)
    assert found is not None
    assert found.sets["lane_cut"] == 7
