"""sweeper: what a halt has left behind is brought back at once, once, and no faster than the line takes it."""

from datetime import timedelta
from typing import Any

import pytest

from shared.keys import SHARDS, Key
from shared.outbox.outbox import Outbox
from shared.outbox.states import Status
from shared.pacing.campaign import BACK_OFF
from shared.pacing.campaign_state import LINE, LINE_AT_FIRST
from shared.pacing.control_item import KEY as CAMPAIGN
from shared.sweeping.intervals import FED_AFTER, STRANDED_AFTER, SWEEP_EVERY
from shared.times import to_text
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.handlers.actors import put

USERS = 400
PACE = 9.0


@pytest.fixture
def world() -> World:
    """Produced and shown to claim while the campaign was paused; at nine mails a second."""
    world = World(USERS)
    world.ses_client.rate = 10.0
    world.campaign().pause("a look at the text")
    world.produce()
    show(world)
    world.now += timedelta(seconds=11)
    return world


def show(world: World) -> None:
    """The stream up to its end, as far as claim is shown it."""
    batch = [one for one in world.outbox_table.stream if one["dynamodb"]["NewImage"]["status"] == {"S": "PENDING"}]
    world.outbox_table.stream.clear()
    world.claim(batch)


def nudged(world: World) -> int:
    return world.sweep().get("nudge", 0)


def test_all_are_brought_back_by_the_first_sweep_and_by_no_other(world: World) -> None:
    world.campaign().resume()
    assert nudged(world) == USERS
    assert nudged(world) == 0, "each of them is in the stream again"
    show(world)
    assert set(world.statuses().values()) == {"CLAIMED"}
    assert {item.get("nudges", 0) for item in world.messages()} == {0}, "nothing was wrong with them"


def test_nothing_is_brought_back_while_it_is_paused(world: World) -> None:
    assert nudged(world) == 0


def test_what_was_produced_after_the_halt_is_left_to_the_stream(world: World) -> None:
    world.campaign().resume()
    world.now += timedelta(seconds=1)
    later = to_text(world.now + STRANDED_AFTER)
    put(world, key=Key("later", PERIOD), due_at=later)
    assert nudged(world) == USERS


def test_what_the_stream_has_not_shown_yet_is_left_to_it() -> None:
    """claim was behind when the campaign was resumed: it will come to these by itself."""
    world = World(USERS)
    world.campaign().reserve(0, streamed_up_to=world.now - timedelta(days=30))
    world.campaign().pause("a look at the text")
    world.produce()
    world.now += timedelta(seconds=11)
    world.campaign().resume()
    assert nudged(world) == 0


def test_messages_that_have_a_slot_keep_it(world: World) -> None:
    world.campaign().resume()
    nudged(world)
    show(world)
    world.now += timedelta(seconds=1)
    world.campaign().pause("once more")
    world.campaign().resume()
    assert nudged(world) == 0


def test_the_line_is_fed_for_a_quarter_of_an_hour_and_no_further(world: World) -> None:
    """The rest stays where an operator can still withdraw it; the next sweeps find a line that is shorter again."""
    for number in range(1_000):
        put(world, key=Key(f"more-{number}", PERIOD), due_at=to_text(world.now + timedelta(hours=1)))
    world.ses_client.rate = 1.0
    show(world)
    world.sweep()
    world.now += timedelta(seconds=1)
    world.campaign().resume()
    assert nudged(world) == pytest.approx(0.9 * LINE.total_seconds(), abs=SHARDS)
    show(world)
    assert nudged(world) <= SHARDS
    show(world)
    world.now += SWEEP_EVERY
    assert nudged(world) == pytest.approx(0.9 * SWEEP_EVERY.total_seconds(), abs=SHARDS)
    assert world.campaign().state().fed_for is None


def test_the_earliest_are_brought_back_first(world: World) -> None:
    world.ses_client.rate = 0.1
    world.sweep()
    world.campaign().resume()
    assert nudged(world) == pytest.approx(0.09 * LINE.total_seconds(), abs=SHARDS)
    first_half = {f"user-{number:05}" for number in range(USERS // 2)}
    assert {item["user_id"] for item in world.messages() if "touched_at" in item} <= first_half


def test_when_nothing_is_left_it_is_not_looked_for_again(world: World) -> None:
    """A sweep that looks at every open message reads a million of them."""
    world.campaign().resume()
    nudged(world)
    show(world)
    world.now += SWEEP_EVERY
    world.sweep()
    item = world.control_table.get(CAMPAIGN)
    assert item is not None
    assert item["fed_for"] == item["resumed_at"]
    assert world.campaign().state().halt_to_feed(world.now) is None
    world.campaign().pause("another halt")
    world.campaign().resume()
    assert world.campaign().state().halt_to_feed(world.now) == world.now


def test_while_somebody_may_still_see_the_halt_it_is_not_called_over(world: World) -> None:
    """A claim that looked before the campaign was resumed leaves its messages PENDING afterwards."""
    world.campaign().resume()
    show(world)
    world.now += FED_AFTER
    world.sweep()
    assert world.campaign().state().halt_to_feed(world.now) is not None
    world.now += timedelta(seconds=1)
    world.sweep()
    assert world.campaign().state().halt_to_feed(world.now) is None


def test_what_is_sent_while_it_is_looked_at_stops_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that has become final in the meantime has no `due_at`."""
    world.ses_client.rate = 0.1
    world.sweep()
    pages = Outbox.due_pages

    def with_final_ones(self: Outbox, *given: Any) -> Any:
        for page in pages(self, *given):
            yield [
                part
                for one in page
                for part in (
                    one,
                    {name: value for name, value in {**one, "status": "SENT"}.items() if name != "due_at"},
                )
            ]

    monkeypatch.setattr(Outbox, "due_pages", with_final_ones)
    world.campaign().resume()
    assert nudged(world) == pytest.approx(0.09 * LINE.total_seconds(), abs=SHARDS)


def test_a_sweep_without_time_for_all_has_not_fed_all(world: World) -> None:
    world.campaign().resume()
    world.now += SWEEP_EVERY
    world.sweep(remaining_ms=lambda: 9_000)
    assert world.campaign().state().fed_for is None
    assert nudged(world) == USERS


def test_the_end_of_a_back_off_brings_back_what_it_has_left_behind(world: World) -> None:
    world.campaign().resume()
    nudged(world)
    world.campaign().back_off("the day's quota is spent")
    show(world)
    world.now += BACK_OFF - timedelta(seconds=1)
    assert nudged(world) == 0
    world.now += timedelta(seconds=1)
    assert nudged(world) == USERS


def test_after_a_back_off_the_line_grows_with_the_time_that_goes_well(world: World) -> None:
    """Were SES still to take nothing, a quarter of an hour's worth would be claimed in vain, again and again."""
    world.campaign().resume()
    world.campaign().back_off("SES takes nothing")
    world.now += BACK_OFF
    state = world.campaign().state()
    rooms = [state.room(world.now + timedelta(minutes=minutes)) for minutes in (0, 4, 30)]
    expected = [PACE * (LINE_AT_FIRST + timedelta(minutes=minutes)).total_seconds() for minutes in (0, 4)]
    assert rooms == pytest.approx([*expected, PACE * LINE.total_seconds()], abs=2)


def test_a_line_is_no_longer_than_the_days_quota(world: World) -> None:
    world.ses_client.daily = 100.0
    world.campaign().refresh_quota()
    world.campaign().resume()
    assert world.campaign().state().room(world.now) == 90
    world.ses_client.daily = 0.0
    world.campaign().refresh_quota()
    assert world.campaign().state().room(world.now) == 0


@pytest.mark.parametrize("status", [Status.CLAIMED, Status.SENDING, Status.FAILED])
def test_only_pending_messages_are_brought_forward(status: Status) -> None:
    world = World(0)
    world.campaign().pause("a look")
    put(world, status, due_at=to_text(world.now + timedelta(hours=1)))
    world.campaign().reserve(0, streamed_up_to=world.now)
    world.now += timedelta(seconds=11)
    world.campaign().resume()
    assert world.sweep() == {}


def test_while_the_line_is_long_enough_nothing_is_read_nor_called_done(world: World) -> None:
    world.campaign().resume()
    world.campaign().reserve(20_000)
    world.now += SWEEP_EVERY
    assert world.sweep() == {}
    assert world.campaign().state().fed_for is None
