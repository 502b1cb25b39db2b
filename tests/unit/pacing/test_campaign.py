"""The campaign's control item: plans, pauses, quota, and changes that come at the same time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from shared.errors import StoreUnavailableError
from shared.pacing.campaign import BACK_OFF, REJECTED_AT_LEAST, Campaign
from shared.pacing.campaign_state import Lane
from shared.pacing.control_item import CACHE_FOR
from shared.pacing.lateness import Place
from shared.pacing.pace import MICROSECOND, Quota
from shared.pacing.plan import HORIZON, LEAD_US, Plan
from shared.pacing.timetable import DAY_US
from shared.times import to_micros, to_text
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire

T = TypeVar("T")
SECOND = timedelta(seconds=1)
LEAD = timedelta(microseconds=LEAD_US)


class Office:
    """A campaign, its clock, its quota, and others that write between its read and its write."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, 6, tzinfo=UTC)
        self.quota = Quota(10, -1)
        self.reads = 0
        self.wire = Interfering(self)
        self.table = FakeTable("control", ("name",), lambda: self.now, self.wire)

    def campaign(self, headroom: float = 0.0) -> Campaign:
        return Campaign(self.table, lambda: self.now, self.read_quota, headroom)

    def read_quota(self) -> Quota:
        self.reads += 1
        return self.quota


class Interfering(Wire):
    """Lets another planner change the item right before a write, so many times."""

    def __init__(self, office: Office) -> None:
        self.change: Callable[[], object] = lambda: office.campaign().reserve(1)
        self.times = 0
        self.updates = 0
        self._busy = False

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        self.updates += operation == "control.UpdateItem"
        if operation == "control.UpdateItem" and self.times and not self._busy:
            self.times -= 1
            self._busy = True
            self.change()
            self._busy = False
        return carry_out()


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr("shared.pacing.control_item.time.sleep", lambda _: None)
    return Office()


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
    assert office.campaign().forecast()(10**9) == office.now + HORIZON


def test_paused(office: Office) -> None:
    office.campaign().pause("SES said so")
    office.campaign().pause("another reason")
    state = office.campaign().state()
    assert state.paused == "SES said so"
    assert office.table.items()[0]["paused_at"] == to_text(office.now)
    assert state.halted(office.now)
    assert office.campaign().reserve(5).slots == ()


def test_resumed(office: Office) -> None:
    """What has a slot keeps it."""
    office.campaign().reserve(1000)
    office.campaign().pause("why")
    office.now += 10 * SECOND
    office.campaign().resume()
    office.campaign().resume()
    assert office.campaign().state().paused is None
    assert office.campaign().reserve(1).slots[0] == office.now + LEAD + 90 * SECOND


def test_a_back_off_ends_by_itself_and_says_why(office: Office) -> None:
    office.campaign().reserve(10)
    office.campaign().back_off("SES is down")
    office.campaign().back_off("another reason")
    assert office.campaign().state().halted(office.now + BACK_OFF - SECOND) == "SES is down"
    assert office.campaign().reserve(1).slots == ()
    office.now += BACK_OFF
    office.campaign().back_off("again")
    assert office.campaign().state().halted(office.now) == "again"


def test_a_round_given_up_is_one_messages_bad_luck(office: Office) -> None:
    office.campaign().slow_down()
    office.campaign().back_off_if_slowest("refused again and again")
    assert office.campaign().state().halted(office.now) is None


def test_a_round_given_up_when_everybody_goes_as_slowly_as_can_be(office: Office) -> None:
    """SES takes nothing: asking on would cost money and bring nothing."""
    for _ in range(12):
        office.campaign().slow_down()
        office.now += 5 * SECOND
    office.campaign().back_off_if_slowest("refused again and again")
    assert office.campaign().state().halted(office.now) == "refused again and again"


@pytest.mark.parametrize(("share", "halted"), [(0.099, True), (0.1, False), (0.14, False)])
def test_as_slowly_as_can_be_is_below_twice_the_least(office: Office, share: float, halted: bool) -> None:
    office.campaign().state()
    office.table.put({**office.table.items()[0], "share": share, "slowed_at_us": to_micros(office.now)})
    office.campaign().back_off_if_slowest("refused again and again")
    assert (office.campaign().state().halted(office.now) is not None) is halted


def test_many_rejections_pause_the_campaign(office: Office) -> None:
    """Something is wrong with all of the messages. You get one chance: nobody else should end FAILED."""
    office.campaign().reserve(200)
    office.now += 25 * SECOND
    for _ in range(REJECTED_AT_LEAST - 1):
        office.campaign().count_rejection("BadRequest")
    assert office.campaign().state().paused is None
    office.campaign().count_rejection("BadRequest")
    assert "50 of some 200 messages were rejected within half an hour; the last: BadRequest" in str(
        office.campaign().state().paused
    )
    office.campaign().resume()
    office.campaign().count_rejection("BadRequest")
    assert office.campaign().state().paused is None


def test_rejections_are_counted_anew_after_a_resume(office: Office) -> None:
    """As many as before it takes, also within the same half hour."""
    office.campaign().reserve(200)
    office.now += 25 * SECOND
    for _ in range(REJECTED_AT_LEAST):
        office.campaign().count_rejection("BadRequest")
    office.campaign().resume()
    for _ in range(REJECTED_AT_LEAST - 1):
        office.campaign().count_rejection("BadRequest")
    assert office.campaign().state().paused is None
    office.campaign().count_rejection("BadRequest")
    assert office.campaign().state().paused is not None


def test_a_few_bad_messages_stop_nobody(office: Office) -> None:
    office.campaign().reserve(1000)
    office.now += 105 * SECOND
    for _ in range(199):
        office.campaign().count_rejection("BadRequest")
    assert office.campaign().state().paused is None


def test_rejections_are_counted_by_the_half_hour(office: Office) -> None:
    office.campaign().state()
    for _ in range(10):
        for _ in range(REJECTED_AT_LEAST // 2):
            office.campaign().count_rejection("BadRequest")
        office.now += timedelta(minutes=30)
    assert office.campaign().state().paused is None


def test_a_refusal_slows_everybody_down_once(office: Office) -> None:
    office.campaign().reserve(100)
    office.campaign().slow_down()  # the first of two, where as few mails go out as here
    office.campaign().slow_down()
    slowed = office.campaign().state().timetable
    office.campaign().slow_down()
    assert office.campaign().state().timetable == slowed
    assert slowed.slot(1) - slowed.slot(0) == 142_858


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


def test_an_account_that_may_send_nothing_and_then_may_again(office: Office) -> None:
    office.quota = Quota(0, -1)
    assert office.campaign().reserve(1).slots == ()
    office.quota = Quota(10, 0)
    office.campaign().refresh_quota()
    assert office.campaign().reserve(1).slots == ()
    office.quota = Quota(10, 100)
    office.campaign().refresh_quota()
    assert office.campaign().reserve(1).slots == (office.now + LEAD,)


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


def test_where_few_mails_go_out_it_takes_two_refusals_to_slow_down(office: Office) -> None:
    """One that was a little late is enough for the first."""
    office.quota = Quota(2, -1)
    office.campaign().slow_down()
    assert office.campaign().state().pace.share == 1
    office.now += SECOND * 5
    office.campaign().slow_down()
    assert office.campaign().state().pace.share == pytest.approx(0.7)
    office.now += SECOND * 5
    office.campaign().slow_down()
    assert office.campaign().state().pace.share == pytest.approx(0.49), "they go on"


def test_where_few_mails_go_out_an_old_refusal_is_forgotten(office: Office) -> None:
    office.quota = Quota(2, -1)
    for _ in range(3):
        office.campaign().slow_down()
        office.now += SECOND * 5.1
    assert office.campaign().state().pace.share == 1


def test_a_plan_tells_how_much_earlier_to_wake_up(office: Office) -> None:
    """For three seconds after a break functions are cold."""
    plan = office.campaign().reserve(40)
    assert [lead / SECOND for lead in plan.leads] == [2] * 30 + [0] * 10


def test_two_late_ones_never_share_a_place_in_the_lane(office: Office) -> None:
    """A place is an addition to a counter: the second one comes between the first one's look and its write."""
    office.campaign().reserve(100)
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


@pytest.mark.parametrize(("ticket", "asked_late_us", "late_run"), [(3, 0, 0), (4, 0, 1), (3, 1, 1)])
def test_one_in_time_ends_the_run_if_it_gives_signs_and_had_its_own_slot(
    office: Office, ticket: int, asked_late_us: int, late_run: int
) -> None:
    """At ten a second each third one tells."""
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
