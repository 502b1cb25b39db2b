"""What a lap of the accounts finds: messages that are missing, that can't be read, or that are where nobody would look."""

from datetime import timedelta
from typing import Any

import pytest

from shared.keys import Key
from shared.outbox.states import EXCEPTIONAL, FINAL, HELD, Status
from shared.periods import Period
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.handlers.actors import put
from tests.unit.sweeping.laps import delete, lap, run_record


def test_what_an_earlier_query_produced_is_missed_as_well(world: World) -> None:
    """Opened again, the run counts from 0."""
    world.produce()
    world.runs().begin(Period.parse(PERIOD), "again", attempt=1, again=True)
    assert lap(world).unaccounted == 0
    delete(world, "user-00001")
    assert lap(world).unaccounted == 1


def test_a_user_whose_message_was_there_by_hand_is_not_missed(world: World) -> None:
    put(world, Status.SENT, Key("user-00001", PERIOD), history={"adopt": "2026-11-01T06:00:00.000Z"})
    world.produce()
    assert lap(world).unaccounted == 0


def test_a_message_that_was_deleted_is_missed(world: World) -> None:
    world.produce()
    delete(world, "user-00001")
    report = lap(world)
    assert report.unaccounted == 1
    assert [str(finding) for finding in report.findings] == [
        f"{PERIOD}: 4 were produced, 1 of them are not in the outbox"
    ]
    world.run()
    assert lap(world).unaccounted == 1
    assert "settled_at" not in run_record(world)


def test_a_message_that_was_put_in_by_hand_makes_up_for_none_that_is_missing(world: World) -> None:
    world.produce()
    put(world, Status.SENT, Key("by hand", PERIOD), history={"adopt": "2026-11-01T06:00:00.000Z"})
    delete(world, "user-00001")
    world.run()
    report = lap(world)
    assert (report.unaccounted, len(report.findings)) == (1, 1)
    (sums,) = report.closed.values()
    assert (sums.expected, sums.produced, sums.adopted, sums.missing) == (4, 3, 1, 1)
    assert "settled_at" not in run_record(world)


def test_the_last_laps_figure_stands_until_the_next_lap_is_over(world: World) -> None:
    world.produce()
    delete(world, "user-00001")
    lap(world)
    assert world.accounting().go_on(lambda: True).unaccounted == 1
    assert lap(world, pages=0).unaccounted == 1


@pytest.mark.parametrize("changes", [{"status": "LOST"}, {"fence": None}, {"history": None}, {"email": None}])
def test_what_is_no_message_is_found(world: World, changes: dict[str, Any]) -> None:
    world.produce()
    put(world, Status.PENDING, Key("user-00002", PERIOD), **changes)
    report = lap(world)
    assert report.unaccounted >= 1
    assert f"user-00002/{PERIOD} can't be read: attribute {next(iter(changes))}" in str(report.findings[0])
    put(world, Status.PENDING, Key("user-00002", PERIOD))
    assert lap(world).unaccounted == 0, "mended, the alarm ends"


def test_each_item_that_is_no_message_is_counted_once(world: World) -> None:
    world.produce()
    for number in range(3):
        put(world, Status.PENDING, Key(f"nobody-{number}", PERIOD), email=None)
    report = lap(world)
    assert (report.unaccounted, len(report.findings)) == (3, 3)


@pytest.mark.parametrize("status", sorted(Status))
@pytest.mark.parametrize(
    "changes",
    [
        {"unfinished": None},
        {"unfinished": "OPEN#99"},
        {"unfinished": "HELD#99"},
        {"due_at": None},
        {"outcome": None},
        {"outcome": "2026-09 BOUNCED"},
    ],
)
def test_what_the_index_has_in_a_wrong_place_is_put_right(
    world: World, status: Status, changes: dict[str, Any]
) -> None:
    """Edited by hand, it would wait where no sweep and no alarm finds it."""
    world.produce()
    world.run()
    key = Key("user-00002", PERIOD)
    put(world, status, key, lease_expires_at="2026-11-01T05:00:00.000Z", **changes)
    was_right = status in FINAL and (changes == {"unfinished": None} or "due_at" in changes)
    was_right = was_right or (status not in EXCEPTIONAL and changes == {"outcome": None})
    assert lap(world).refiled == (0 if was_right else 1)
    assert lap(world).refiled == 0
    assert (world.outbox().held() == 1) == (status in HELD)
    found = [key for shard in range(8) for key in world.outbox().due(shard, world.now + timedelta(days=400))]
    assert found == ([] if status in FINAL | HELD else [key])


def test_a_month_whose_messages_begin_to_expire_is_not_missed(world: World) -> None:
    world.produce()
    delete(world, "user-00001")
    world.now += timedelta(days=431)
    assert world.open_runs().all() == []
