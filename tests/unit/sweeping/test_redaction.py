"""A lap of the accounts drops what no event has ended (ADR 33)."""

from datetime import timedelta

from shared.keys import Key
from shared.outbox.states import Status
from shared.periods import Period
from shared.times import to_text
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.handlers.actors import put
from tests.unit.sweeping.laps import LATER, lap, run_record


def contents(world: World) -> dict[str, set[str]]:
    """What each message still says, or to whom."""
    return {item["user_id"]: {"email", "data"} & item.keys() for item in world.messages()}


def test_what_stayed_sent_drops_what_it_says_in_the_end(world: World) -> None:
    """SES's event of one mail is lost for ever. Of a message that waits for an operator nothing is dropped."""
    world.produce()
    world.run()
    put(world, Status.SENT, Key("user-00001", PERIOD), data={"month": "October"})
    put(world, Status.UNCERTAIN, Key("user-00002", PERIOD))
    lap(world)
    assert "settled_at" in run_record(world)
    world.now += timedelta(days=7) - LATER - timedelta(seconds=1)
    assert lap(world).closed == {}
    assert lap(world).redacted == 1
    whole = {"email", "data"}
    assert contents(world) == {"user-00000": set(), "user-00001": set(), "user-00002": whole, "user-00003": set()}
    assert "redacted_at" not in run_record(world), "one waits for an operator: it is looked at again"
    assert lap(world).closed == {}
    world.outbox().assume_sent(Key("user-00002", PERIOD), 3, "ann", "the log says so")
    world.now += timedelta(days=8)
    assert lap(world).redacted == 1
    assert "redacted_at" in run_record(world)
    world.now += timedelta(days=30)
    assert lap(world).closed == {}, "no lap is begun for it any more"
    assert set(world.statuses().values()) == {"DELIVERED", "SENT"}


def test_a_young_message_of_an_old_month_is_left_for_later(world: World) -> None:
    world.produce()
    world.run()
    lap(world)
    world.now += timedelta(days=8)
    put(world, Status.SENT, Key("user-00001", PERIOD), history={"assume_sent": to_text(world.now)})
    assert lap(world).redacted == 0
    world.now += timedelta(days=8)
    assert lap(world).redacted == 1


def test_a_month_that_is_opened_again_is_looked_at_again(world: World) -> None:
    world.produce()
    world.run()
    lap(world)
    world.now += timedelta(days=8)
    lap(world)
    assert "redacted_at" in run_record(world)
    world.runs().begin(Period.parse(PERIOD), "again", attempt=1, again=True)
    assert not {"settled_at", "redacted_at"} & run_record(world).keys()


def test_what_an_open_month_is_counted_for_is_not_held_up_by_the_writes_for_others(world: World) -> None:
    world.produce()
    world.run()
    lap(world)
    world.now += timedelta(days=8)
    put(world, Status.SENT, Key("user-00001", PERIOD), history={"mark_sent": "2026-11-01T06:00:00.000Z"})
    world.runs().begin(Period.parse(PERIOD).next, "the schedule")
    assert lap(world).redacted == 0
    world.now += timedelta(days=30)
    assert lap(world).redacted == 1


def test_a_page_with_many_to_redact_is_left_when_the_time_is_over(world: World) -> None:
    world.produce()
    world.run()
    lap(world)
    world.now += timedelta(days=8)
    for number in range(4):
        put(world, Status.SENT, Key(f"user-{number:05}", PERIOD), history={"mark_sent": "2026-11-01T06:00:00.000Z"})
    redacted = [lap(world, pages).redacted for pages in (2, 2, 1000)]
    assert sum(redacted) == 4
    assert redacted[0] < 4
    assert {name for one in world.messages() for name in ("email", "data") if name in one} == set()
