"""The campaign's control item: plans, pauses, quota, and who comes at the same time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from shared.campaign import CACHE_FOR, DAY_SPENT_PAUSE, HORIZON, Campaign
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
    assert state.runs(office.now)
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
    assert not state.runs(office.now)
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
    office.campaign().day_spent()
    office.campaign().day_spent()
    state = office.campaign().state()
    assert state.epoch == 2
    assert not state.runs(office.now + DAY_SPENT_PAUSE - SECOND)
    assert state.runs(office.now + DAY_SPENT_PAUSE)
    assert office.campaign().reserve(1).slots == ()
    office.now += DAY_SPENT_PAUSE
    assert office.campaign().reserve(1).slots == (office.now,)


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
