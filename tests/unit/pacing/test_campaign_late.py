"""The campaign finds places for mails that come too late, one at a time."""

from datetime import timedelta

import pytest

from shared.errors import StoreUnavailableError
from shared.pacing.lateness import Place
from shared.pacing.pace import MICROSECOND
from shared.times import to_micros
from tests.unit.pacing.office import LEAD, SECOND, Office


def test_a_plan_tells_how_much_earlier_to_wake_up(office: Office) -> None:
    """For three seconds after a break functions are cold."""
    plan = office.campaign().reserve(40)
    assert [lead / SECOND for lead in plan.leads] == [2] * 30 + [0] * 10


def test_two_late_ones_never_share_a_place_in_the_lane(office: Office) -> None:
    """A place is an addition to a counter: the second one comes between the first one's look and its write."""
    office.campaign().reserve(1000)
    office.now += LEAD + 30 * SECOND
    office.wire.change = lambda: others.append(office.campaign().catch_up(1, 0))
    others: list[Place | None] = []
    office.campaign().catch_up(0, 0)  # it takes the burst
    office.campaign().catch_up(2, 0)
    office.wire.times = 1
    mine = office.campaign().catch_up(3, 0)
    assert mine is not None
    assert others[0] is not None
    assert mine.at_us - others[0].at_us == SECOND / MICROSECOND


def test_of_two_that_find_that_everybody_is_late_one_moves_the_timetable(office: Office) -> None:
    """The other has its slot back; what the first was told stays so."""
    office.campaign().reserve(100)
    office.now += LEAD + 30 * SECOND
    for ticket in range(4):
        office.campaign().catch_up(ticket, 0)
    others: list[Place | None] = []

    def move_a_little_later() -> None:
        office.now += 3 * SECOND
        others.append(office.campaign().catch_up(5, 0))

    office.wire.change = move_a_little_later
    office.wire.times = 1
    mine = office.campaign().catch_up(4, 0)
    assert mine is not None
    assert others[0] is not None
    timetable = office.campaign().state().timetable
    assert (timetable.slot(4), timetable.slot(5)) == (mine.at_us, others[0].at_us)


def test_the_first_of_those_that_are_late_in_a_row_is_known(office: Office) -> None:
    office.campaign().reserve(100)
    office.now += LEAD + 30 * SECOND
    for ticket, first, run in ((7, 7, 1), (9, 7, 2), (5, 5, 3)):
        office.campaign().catch_up(ticket, 0)
        state = office.campaign().state()
        assert (state.late_first, state.late_run) == (first, run)


def test_a_line_that_begins_anew_has_nobody_late(office: Office) -> None:
    """Else the first one that is late in it would count as the end of a crowd."""
    office.campaign().reserve(100)
    office.now += LEAD + 30 * SECOND
    for ticket in range(3):
        office.campaign().catch_up(ticket, 0)
    office.now += timedelta(hours=1)
    office.campaign().reserve(1)
    assert office.campaign().state().late_run == 0


def test_one_whose_slot_is_not_over_after_all_writes_nothing(office: Office) -> None:
    plan = office.campaign().reserve(1)
    before = office.wire.updates
    place = office.campaign().catch_up(0, 0)
    assert place is not None
    assert (place.taken, place.at_us) == (True, to_micros(plan.slots[0]))
    assert office.wire.updates == before


def test_late_ones_among_too_many_changes_are_given_up(office: Office) -> None:
    office.campaign().reserve(10)
    office.now += LEAD + 30 * SECOND
    office.wire.change = lambda: office.campaign().pause("x") or office.campaign().resume()  # type: ignore[func-returns-value]
    office.wire.times = 99
    with pytest.raises(StoreUnavailableError, match="too many are late at once"):
        office.campaign().catch_up(0, 0)


@pytest.mark.parametrize(("ticket", "asked_late_us", "late_run"), [(4, 0, 0), (3, 0, 1), (4, 1, 1)])
def test_one_in_time_ends_the_run_if_it_gives_signs_and_had_its_own_slot(
    office: Office, ticket: int, asked_late_us: int, late_run: int
) -> None:
    """At ten a second each second one tells."""
    campaign = office.campaign()
    campaign.reserve(100)
    office.now += LEAD + 30 * SECOND
    campaign.catch_up(0, 0)
    campaign.came_in_time(ticket, campaign.state().timetable.slot(ticket) + asked_late_us, 0)
    assert campaign.state().late_run == late_run


def test_one_in_time_writes_nothing_where_nobody_was_late(office: Office) -> None:
    campaign = office.campaign()
    plan = campaign.reserve(100)
    before = office.wire.updates
    campaign.came_in_time(3, to_micros(plan.slots[3]), 0)
    assert office.wire.updates == before


def test_one_in_time_makes_no_item_where_there_is_none(office: Office) -> None:
    """Somebody has deleted it: the next to ask writes it anew, from the quota."""
    campaign = office.campaign()
    campaign.reserve(100)
    office.now += LEAD + 30 * SECOND
    campaign.catch_up(0, 0)
    slot_us = campaign.recent_state().timetable.slot(3)
    office.table._items.clear()
    campaign.came_in_time(3, slot_us, 0)
    assert office.table.items() == []
