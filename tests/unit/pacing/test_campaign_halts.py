"""The campaign pauses, backs off, slows down, and goes on."""

from datetime import timedelta

import pytest

from shared.pacing.campaign import BACK_OFF, REJECTED_AT_LEAST
from shared.pacing.pace import Quota
from shared.times import to_micros, to_text
from tests.unit.pacing.office import LEAD, SECOND, Office


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
    office.campaign().slow_down()  # the first of two
    office.campaign().slow_down()
    slowed = office.campaign().state().timetable
    office.campaign().slow_down()
    assert office.campaign().state().timetable == slowed
    assert slowed.slot(1) - slowed.slot(0) == 142_858


@pytest.mark.parametrize(("rate", "slowing"), [(2, 2), (20, 2), (20.1, 3), (40, 4), (200, 5)])
def test_it_takes_more_than_a_few_refusals_to_slow_down(rate: float, slowing: int, office: Office) -> None:
    """Late mails that went out together are enough for a few."""
    office.quota = Quota(rate, -1)
    for _ in range(slowing - 1):
        office.campaign().slow_down()
    assert office.campaign().state().pace.share == 1
    office.now += SECOND * 5
    office.campaign().slow_down()
    assert office.campaign().state().pace.share == pytest.approx(0.7)
    office.now += SECOND * 5
    office.campaign().slow_down()
    assert office.campaign().state().pace.share == pytest.approx(0.49), "they go on"


def test_an_old_refusal_is_forgotten(office: Office) -> None:
    office.quota = Quota(2, -1)
    for _ in range(3):
        office.campaign().slow_down()
        office.now += SECOND * 5.1
    assert office.campaign().state().pace.share == 1
