"""The campaign's control item: plans, pauses, quota, and who comes at the same time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from shared.campaign import BACK_OFF, CACHE_FOR, HORIZON, REJECTED_AT_LEAST, Campaign
from shared.errors import StoreUnavailableError
from shared.fakes.table import FakeTable
from shared.fakes.wire import Wire
from shared.pacing import Quota

T = TypeVar("T")
SECOND = timedelta(seconds=1)


class Office:
    """A campaign, its clock, its quota, and others who write between its read and its write."""

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
        self._office = office
        self.times = 0
        self._busy = False

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        if operation == "control.UpdateItem" and self.times and not self._busy:
            self.times -= 1
            self._busy = True
            self._office.campaign().reserve(1)
            self._busy = False
        return carry_out()


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr("shared.campaign.time.sleep", lambda _: None)
    return Office()


def test_the_first_to_ask_writes_the_item_from_the_quota(office: Office) -> None:
    office.quota = Quota(14, 50_000)
    state = office.campaign(headroom=0.1).state()
    assert state.pace.rate == pytest.approx(12.6)
    assert (state.pace.daily, state.epoch) == (45_000, 1)
    assert state.halted(office.now) is None
    assert office.campaign().state().quota == Quota(14, 50_000)
    assert office.reads == 1


def test_an_unlimited_day(office: Office) -> None:
    assert office.campaign().state().pace.daily is None


def test_two_plans_never_share_a_slot(office: Office) -> None:
    a, b = office.campaign().reserve(3), office.campaign().reserve(3)
    slots = (*a.slots, *b.slots)
    assert slots == tuple(office.now + SECOND * n / 10 for n in range(6))
    assert a.epoch == b.epoch == 1


@pytest.mark.parametrize("others", [1, 5, 11])
def test_a_plan_that_others_interrupted_is_made_again(office: Office, others: int) -> None:
    office.campaign().state()
    office.wire.times = others
    plan = office.campaign().reserve(2)
    assert plan.slots == (office.now + SECOND * others / 10, office.now + SECOND * (others + 1) / 10)


def test_a_plan_among_too_many_others_is_given_up(office: Office) -> None:
    office.campaign().state()
    office.wire.times = 99
    with pytest.raises(StoreUnavailableError, match="too many plan at once"):
        office.campaign().reserve(2)


def test_slots_end_at_the_horizon(office: Office) -> None:
    office.quota = Quota(1, 100)
    plan = office.campaign().reserve(1000)
    assert 200 <= len(plan.slots) <= 300
    assert plan.slots[-1] <= office.now + HORIZON
    assert office.campaign().reserve(1).slots == ()


def test_paused(office: Office) -> None:
    office.campaign().pause("SES said so")
    office.campaign().pause("another reason")
    state = office.campaign().state()
    assert (state.paused, state.epoch) == ("SES said so", 2)
    assert state.halted(office.now)
    assert office.campaign().reserve(5).slots == ()


def test_resumed(office: Office) -> None:
    office.campaign().reserve(1000)
    office.campaign().pause("why")
    office.campaign().resume()
    office.campaign().resume()
    state = office.campaign().state()
    assert (state.paused, state.epoch) == (None, 3)
    assert office.campaign().reserve(1).slots[0] <= office.now + SECOND


def test_a_spent_day_ends_by_itself(office: Office) -> None:
    office.campaign().reserve(1000)
    office.campaign().back_off("spent")
    office.campaign().back_off("spent")
    state = office.campaign().state()
    assert state.epoch == 2
    assert state.halted(office.now + BACK_OFF - SECOND)
    assert state.halted(office.now + BACK_OFF) is None
    assert office.campaign().reserve(1).slots == ()
    office.now += BACK_OFF
    assert office.campaign().reserve(1).slots == (office.now,)


def test_a_back_off_ends_by_itself_and_says_why(office: Office) -> None:
    office.campaign().state()
    office.campaign().back_off("SES is down")
    assert office.campaign().state().halted(office.now) == "SES is down"
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


def test_many_rejections_pause_the_campaign(office: Office) -> None:
    """Something is wrong with all of the messages. You get one chance: nobody else should end FAILED."""
    office.campaign().reserve(200)
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


def test_a_few_bad_messages_stop_nobody(office: Office) -> None:
    office.campaign().reserve(1000)
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
    office.campaign().slow_down()
    office.campaign().slow_down()
    assert office.campaign().state().epoch == 2
    a, b = office.campaign().reserve(2).slots
    assert b - a > SECOND / 10 * 1.4


def test_a_changed_quota_reaches_those_who_hold_a_slot(office: Office) -> None:
    office.campaign().reserve(100)
    office.quota = Quota(50, 1000)
    assert office.campaign(headroom=0.1).refresh_quota() == Quota(50, 1000)
    state = office.campaign().state()
    assert (state.epoch, state.pace.rate, state.pace.daily) == (2, 45, 900)


def test_an_unchanged_quota_changes_nothing(office: Office) -> None:
    before = office.campaign().state()
    office.campaign().refresh_quota()
    assert office.campaign().state() == before


def test_a_recent_state_is_read_once_in_two_seconds(office: Office) -> None:
    campaign = office.campaign()
    assert campaign.recent_state().epoch == 1
    office.campaign().pause("why")
    office.now += CACHE_FOR - timedelta(milliseconds=1)
    assert campaign.recent_state().epoch == 1
    office.now += timedelta(milliseconds=1)
    assert campaign.recent_state().epoch == 2


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
