"""The campaign's control item: plans, pauses, quota, and changes that come at the same time."""

from datetime import timedelta

import pytest

from shared.errors import StoreUnavailableError
from shared.pacing.campaign_state import Lane
from shared.pacing.control_item import CACHE_FOR
from shared.pacing.pace import Quota
from shared.pacing.plan import HORIZON, Plan
from shared.pacing.timetable import DAY_US
from shared.times import from_micros, to_micros
from tests.unit.pacing.office import LEAD, SECOND, Office


def test_the_first_to_ask_writes_the_item_from_the_quota(office: Office) -> None:
    office.quota = Quota(14, 50_000)
    state = office.campaign(headroom=0.1).state()
    assert state.pace.rate == pytest.approx(12.6)
    assert (state.pace.daily, state.issued) == (45_000, 0)
    assert state.halted(office.now) is None
    assert office.campaign().state().quota == Quota(14, 50_000)
    assert office.reads == 1


def test_of_two_that_are_first_at_the_same_time_one_writes_the_item(office: Office) -> None:
    """The other must not take back what was planned by then: tickets would be given out twice."""
    office.wire.change = lambda: office.campaign().reserve(5)
    office.wire.times = 1
    assert office.campaign().state().issued == 5


def test_a_campaign_that_has_just_begun_knows_of_no_trouble(office: Office) -> None:
    state = office.campaign().state()
    assert (state.lane, state.late_run, state.late_first, state.wake_late_us) == (Lane(0, 0, 0), 0, 0, 0)
    assert (state.gave_way, state.gave_way_since_us, state.refused_at_us) == (0, 0, 0)
    assert (state.paused, state.backs_off_until, state.back_off_reason) == (None, None, "")


def test_an_unlimited_day(office: Office) -> None:
    assert office.campaign().state().pace.daily is None


def test_two_plans_never_share_a_slot(office: Office) -> None:
    a, b = office.campaign().reserve(3), office.campaign().reserve(3)
    slots = (*a.slots, *b.slots)
    assert slots == tuple(office.now + LEAD + SECOND * n / 10 for n in range(6))
    assert (*a.tickets, *b.tickets) == tuple(range(6))


def test_a_plan_whose_timetable_another_changed_is_made_again(office: Office) -> None:
    """Two find the queue empty at the same time."""
    office.campaign().state()
    office.wire.times = 1
    plan = office.campaign().reserve(2)
    assert (plan.first_ticket, plan.slots[0]) == (1, office.now + LEAD + SECOND / 10)


def test_a_queue_that_two_find_empty_starts_anew_once(office: Office) -> None:
    """The second must not move the slots of the first, which may sleep until then."""
    office.campaign().reserve(3)
    office.now += timedelta(hours=1)
    others: list[Plan] = []

    def plan_a_little_later() -> None:
        office.now += 10 * SECOND
        others.append(office.campaign().reserve(100))

    office.wire.change = plan_a_little_later
    office.wire.times = 1
    mine = office.campaign().reserve(1)
    assert mine.slots[0] == others[0].slots[-1] + SECOND / 10
    timetable = office.campaign().state().timetable
    assert [timetable.slot(ticket) for ticket in others[0].tickets] == [to_micros(slot) for slot in others[0].slots]


def test_plans_in_a_row_do_not_disturb_each_other(office: Office) -> None:
    """An addition to a counter: nobody has to try again, however many there are."""
    office.campaign().reserve(1)
    office.wire.times = 1
    before = office.wire.updates
    assert office.campaign().reserve(2).first_ticket == 2
    assert office.wire.updates - before == 2


def test_a_plan_among_too_many_changes_is_given_up(office: Office) -> None:
    office.campaign().state()
    office.wire.change = lambda: office.campaign().pause("x") or office.campaign().resume()  # type: ignore[func-returns-value]
    office.wire.times = 99
    with pytest.raises(StoreUnavailableError, match="too many plan at once"):
        office.campaign().reserve(2)


def test_slots_end_at_the_horizon(office: Office) -> None:
    office.quota = Quota(1, 100)
    given = 0
    while plan := office.campaign().reserve(7).slots:
        assert plan[-1] <= office.now + HORIZON
        given += len(plan)
    assert HORIZON.days * 100 - 10 <= given <= HORIZON.days * 100


def test_slots_end_where_too_many_wait(office: Office) -> None:
    assert len(office.campaign().reserve(60, waiting_at_most=100).slots) == 60
    assert office.campaign().reserve(60, waiting_at_most=100).slots == ()
    office.now += LEAD + 3 * SECOND
    assert len(office.campaign().reserve(60, waiting_at_most=100).slots) == 60


def test_a_queue_that_ran_empty_starts_anew_with_time_to_wake_up(office: Office) -> None:
    office.campaign().reserve(3)
    office.now += timedelta(hours=1)
    plan = office.campaign().reserve(2)
    assert (plan.first_ticket, plan.slots[0]) == (3, office.now + LEAD)
    assert office.campaign().reserve(1, lead_us=0).slots[0] == plan.slots[1] + SECOND / 10


def test_when_it_will_be_done(office: Office) -> None:
    sent_at = office.campaign().forecast()
    assert sent_at(0) == office.now
    assert sent_at(600) == office.now + timedelta(minutes=1)
    office.campaign().reserve(100)
    assert office.campaign().forecast()(0) == office.now + LEAD + 10 * SECOND
    assert office.campaign().forecast()(10**9) == office.now + timedelta(days=365)


def test_forecast_is_when_each_ticket_would_have_its_slot(office: Office) -> None:
    office.campaign().reserve(130)
    sent_at, state = office.campaign().forecast(), office.campaign().state()
    for number in (*range(0, 500, 7), 3, 1000, 0):
        assert sent_at(number) == from_micros(state.timetable.slot(130 + number))


def test_nothing_is_forecast_within_reach_while_the_account_may_send_nothing(office: Office) -> None:
    office.quota = Quota(0, 0)
    assert office.campaign().forecast()(0) == office.now + HORIZON


@pytest.mark.parametrize(("quota", "raised"), [(Quota(20, 100), True), (Quota(10, 500), True), (Quota(10, -1), True),
                                               (Quota(5, 100), False), (Quota(10, 100), False)])  # fmt: skip
def test_quota_that_rises_is_noted_for_what_waits_for_its_turn(office: Office, quota: Quota, raised: bool) -> None:
    office.quota = Quota(10, 100)
    office.campaign().reserve(1)
    office.quota = quota
    office.campaign().refresh_quota()
    assert office.campaign().state().raised_at == (office.now if raised else None)
    assert (office.campaign().state().halt_to_feed(office.now) is not None) == raised


def test_a_lower_quota_reaches_those_that_hold_a_ticket(office: Office) -> None:
    office.campaign().reserve(100)
    office.quota = Quota(1, 1000)
    assert office.campaign(headroom=0.1).refresh_quota() == Quota(1, 1000)
    state = office.campaign().state()
    assert (state.pace.rate, state.pace.daily, state.issued) == (0.9, 900, 100)
    assert state.timetable.slot(99) - state.timetable.slot(0) == 99 * 1_111_112


def test_a_lower_rate_alone_reaches_those_that_hold_a_ticket(office: Office) -> None:
    office.campaign().reserve(100)
    office.quota = Quota(1, -1)
    office.campaign().refresh_quota()
    timetable = office.campaign().state().timetable
    assert timetable.slot(99) - timetable.slot(0) == 99 * 1_000_000


@pytest.mark.parametrize("before", [-1, 1000])
def test_a_lower_quota_of_the_day_alone_reaches_those_that_hold_a_ticket(office: Office, before: int) -> None:
    office.quota = Quota(10, before)
    office.campaign().reserve(100)
    office.quota = Quota(10, 50)
    office.campaign().refresh_quota()
    timetable = office.campaign().state().timetable
    assert timetable.slot(49) - timetable.slot(0) == 49 * 100_000
    assert timetable.slot(50) - timetable.slot(0) >= DAY_US


def test_a_higher_quota_is_for_those_without_a_ticket(office: Office) -> None:
    office.campaign().reserve(100)
    before = office.campaign().state().timetable
    office.quota = Quota(50, -1)
    office.campaign().refresh_quota()
    after = office.campaign().state().timetable
    assert [after.slot(n) for n in range(100)] == [before.slot(n) for n in range(100)]
    assert after.slot(101) - after.slot(100) == 20_000


def test_a_higher_daily_quota_at_the_same_rate_is_for_those_without_a_ticket(office: Office) -> None:
    office.quota = Quota(10, 50)
    campaign = office.campaign()
    campaign.reserve(100)
    before = campaign.state().timetable
    office.quota = Quota(10, 200)
    campaign.refresh_quota()
    after = campaign.state().timetable
    assert [after.slot(n) for n in range(100)] == [before.slot(n) for n in range(100)]
    assert after.slot(150) < before.slot(150)


def test_an_account_that_may_send_nothing_and_then_may_again(office: Office) -> None:
    office.quota = Quota(0, -1)
    assert office.campaign().reserve(1).slots == ()
    office.quota = Quota(10, 0)
    office.campaign().refresh_quota()
    assert office.campaign().reserve(1).slots == ()
    office.quota = Quota(10, 100)
    office.campaign().refresh_quota()
    assert office.campaign().reserve(1).slots == (office.now + LEAD,)


def test_each_change_makes_the_next_revision(office: Office) -> None:
    first = office.campaign().state().revision
    office.campaign().pause("wrong text")
    office.campaign().resume()
    assert office.campaign().state().revision == first + 2


def test_an_unchanged_quota_changes_nothing(office: Office) -> None:
    before = office.campaign().state()
    office.campaign().refresh_quota()
    assert office.campaign().state() == before


def test_a_recent_state_is_read_once_in_two_seconds(office: Office) -> None:
    campaign = office.campaign()
    assert campaign.recent_state().paused is None
    office.campaign().pause("why")
    office.now += CACHE_FOR - timedelta(milliseconds=1)
    assert campaign.recent_state().paused is None
    office.now += timedelta(milliseconds=1)
    assert campaign.recent_state().paused == "why"


def test_how_far_the_stream_has_come_never_goes_back(office: Office) -> None:
    campaign = office.campaign()
    assert campaign.state().streamed_up_to is None
    for at, expected in ((0, 0), (10, 10), (5, 10)):
        campaign.reserve(1, streamed_up_to=office.now + SECOND * at)
        assert campaign.state().streamed_up_to == office.now + SECOND * expected


def test_the_stream_is_noted_also_while_paused(office: Office) -> None:
    office.campaign().pause("why")
    office.campaign().reserve(1, streamed_up_to=office.now)
    assert office.campaign().state().streamed_up_to == office.now
