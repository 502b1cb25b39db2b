"""When a month would be done: the slots that its messages would really get."""

from datetime import timedelta

import pytest

from ops.preflight.course import line_now
from shared.pacing.campaign import Campaign
from shared.pacing.pace import MICROSECOND, Quota
from shared.pacing.plan import LEAD_US
from simulation.world import World

LEAD = LEAD_US * MICROSECOND
HEADROOM = 0.1
DAY, A_BIT = timedelta(days=1), timedelta(minutes=2)


@pytest.fixture
def world() -> World:
    """Ten mails a second and a thousand in 24 hours; nine and nine hundred are the campaign's."""
    world = World(0)
    world.ses_client.rate, world.ses_client.daily = 10.0, 1000
    world.campaign().state()
    return world


def done_after(world: World, messages: int, sent: float = 0, *, starts_in: timedelta = timedelta()) -> timedelta:
    """From now to the last mail."""
    quota = Quota(world.ses_client.rate, world.ses_client.daily)
    line = line_now(world.campaign().begun(), quota, HEADROOM, sent, world.now)
    done = line.course(messages, world.now + starts_in).done
    assert done is not None
    return done - world.now


def planned(campaign: Campaign, messages: int) -> None:
    """Tickets for so many."""
    assert len(campaign.reserve(messages).slots) == messages


def test_it_is_what_the_campaign_itself_forecasts(world: World) -> None:
    for messages in (1, 2, 500, 900, 901, 1500, 2500):
        forecast = world.campaign().forecast()(messages - 1) - world.now
        assert abs(done_after(world, messages) - forecast - LEAD) < timedelta(seconds=1)


def test_it_is_what_becomes_of_the_tickets(world: World) -> None:
    """Behind those that are given out."""
    campaign = world.campaign()
    planned(campaign, 600)
    world.now += timedelta(hours=6)
    promised = world.now + done_after(world, 800, sent=600)
    planned(campaign, 300)
    last = campaign.reserve(500).slots[-1]
    assert abs(promised - last) < timedelta(seconds=1)
    assert last - world.now > timedelta(hours=17), "the first 600 count for 24 hours"


def test_it_is_behind_those_that_wait(world: World) -> None:
    alone = done_after(world, 100)
    planned(world.campaign(), 450)
    assert done_after(world, 100, sent=450) - alone > timedelta(seconds=49)


def test_more_than_a_days_quota_takes_days(world: World) -> None:
    assert done_after(world, 900) < timedelta(seconds=110)
    assert DAY <= done_after(world, 901) < DAY + A_BIT
    assert 2 * DAY <= done_after(world, 2500) < 2 * DAY + 4 * A_BIT


def test_without_a_days_quota_the_rate_alone_counts(world: World) -> None:
    world.ses_client.daily = -1
    assert done_after(world, 900_001) - LEAD < timedelta(seconds=100_001)


@pytest.mark.parametrize(("sent", "day_more"), [(0, False), (100, False), (101, True), (1000, True)])
def test_what_others_have_sent_beyond_their_share_is_gone_for_a_day(world: World, sent: float, day_more: bool) -> None:
    assert (done_after(world, 900, sent) > DAY) == day_more


def test_what_the_campaign_has_sent_itself_is_not_counted_twice(world: World) -> None:
    planned(world.campaign(), 400)
    world.now += timedelta(hours=1)
    assert done_after(world, 500, sent=400) < A_BIT
    assert timedelta(hours=22) < done_after(world, 501, sent=400) < DAY


def test_what_was_sent_is_forgotten_by_the_time_of_a_later_start(world: World) -> None:
    assert done_after(world, 900, sent=1000, starts_in=DAY + A_BIT) < DAY + 3 * A_BIT


def test_the_quota_is_the_accounts_of_today(world: World) -> None:
    """Whatever the campaign has taken up last: the run takes it up before it begins."""
    before = done_after(world, 900)
    world.ses_client.rate = 20.0
    assert done_after(world, 900) < before * 0.6
    world.ses_client.rate = 5.0
    assert done_after(world, 900) > before * 1.8


def test_a_quota_of_nothing_is_never_done(world: World) -> None:
    line = line_now(world.campaign().begun(), Quota(0.0, 0), HEADROOM, 0, world.now)
    assert line.course(1, world.now).done is None
    assert line.course(0, world.now).done == world.now


def test_a_stage_on_which_nothing_has_run_yet(world: World) -> None:
    line = line_now(None, Quota(10.0, 1000), HEADROOM, 0, world.now)
    done = line.course(900, world.now).done
    assert done is not None
    assert done - world.now == pytest.approx(done_after(world, 900), abs=timedelta(seconds=1))
