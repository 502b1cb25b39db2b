"""When laps come: a loss is seen within six hours, a month settles soon, and what is dear comes seldom."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.keys import Key
from shared.outbox.states import Status
from shared.periods import Period
from shared.producing.run import Written
from shared.store import WHOLE, Page, TableKey, Walk
from shared.sweeping.intervals import SWEEP_EVERY
from shared.sweeping.lap_schedule import SEEN_WITHIN, SLACK, gap
from simulation.stack import PERIOD
from simulation.watched_table import WatchedTable
from simulation.world import World
from tests.unit.handlers.actors import put
from tests.unit.sweeping.laps import delete, lap, run_record

DEAR = 1_000_000.0


class DearTable(WatchedTable):
    """Each segment's page is charged as one of a large table is."""

    def scan(self, after: TableKey | None, only: tuple[str, ...] = (), walk: Walk = WHOLE) -> Page:
        return replace(super().scan(after, only, walk), units=DEAR / 8)


@pytest.fixture
def large(world: World) -> World:
    world.outbox_table = DearTable("outbox", ("user_id", "period"), world.clock, world.wire)
    return world


def laps_begun(world: World, sweeps: int) -> int:
    """The accounts alone, with a sweep every few minutes."""
    begun = {world.accounting()._load().begun_at}
    for _ in range(sweeps):
        world.now += SWEEP_EVERY
        world.accounting().go_on(lambda: True)
        begun.add(world.accounting()._load().begun_at)
    return len(begun) - 1


@pytest.mark.parametrize("minutes", [0, 3, 30, 60, 120])
@pytest.mark.parametrize("units", [0.0, 1000.0, DEAR])
def test_a_loss_is_seen_within_six_hours_also_where_it_is_looked_at_twice(minutes: int, units: float) -> None:
    took = timedelta(minutes=minutes)
    assert gap(took, units) + 2 * took + SLACK <= SEEN_WITHIN


def test_a_lap_that_takes_too_long_is_followed_by_the_next_at_once() -> None:
    assert gap(timedelta(hours=3), DEAR) == timedelta()


def test_a_lap_comes_the_sooner_the_cheaper_it_is() -> None:
    assert gap(timedelta(), 100) < SWEEP_EVERY
    assert gap(timedelta(), 10_000) < gap(timedelta(), 20_000) < timedelta(hours=6)


def test_a_message_that_is_lost_directly_after_it_was_counted_is_missed_within_six_hours(large: World) -> None:
    large.produce()
    assert lap(large).unaccounted == 0
    delete(large, "user-00001")
    lost_at = large.now
    while not large.accounting().go_on(lambda: True).unaccounted:
        large.now += SWEEP_EVERY
        assert large.now - lost_at < SEEN_WITHIN
    assert large.now - lost_at > timedelta(hours=5), "and not sooner: it is dear"


def test_a_large_month_under_way_is_counted_four_times_a_day(large: World) -> None:
    large.produce()
    lap(large)
    assert laps_begun(large, int(timedelta(days=2) / SWEEP_EVERY)) == 8


def test_a_month_that_begins_is_not_counted_before_something_can_be_missed_for_long(large: World) -> None:
    """When the last lap was weeks ago."""
    large.produce()
    large.run()
    lap(large)
    large.now += timedelta(days=6)
    large.runs().begin(Period.parse(PERIOD).next, "the schedule")
    assert laps_begun(large, int(timedelta(hours=5) / SWEEP_EVERY)) == 0
    assert laps_begun(large, int(timedelta(hours=1) / SWEEP_EVERY)) == 1


def test_a_large_month_settles_with_the_first_sweep_after_its_end(large: World) -> None:
    large.produce()
    lap(large)
    large.run()
    assert laps_begun(large, 1) == 1
    assert "settled_at" in run_record(large)


def test_a_month_whose_end_was_counted_is_not_counted_all_the_time(large: World) -> None:
    """It lacks a message, so it does not settle."""
    large.produce()
    delete(large, "user-00001")
    large.run()
    large.now += SWEEP_EVERY
    assert large.accounting().go_on(lambda: True).unaccounted == 1
    assert laps_begun(large, int(timedelta(hours=5) / SWEEP_EVERY)) == 0


def test_a_month_is_not_over_before_its_producer_says_so(large: World) -> None:
    large.produce()
    large.run()
    run = large.runs().begin(Period.parse(PERIOD), "again", attempt=1, again=True)
    lap(large)
    assert laps_begun(large, 10) == 0
    large.runs().complete(large.runs().begin_second_pass(run, "usage"), Written(produced=4))
    assert laps_begun(large, 1) == 1
    assert "settled_at" in run_record(large)


def test_a_month_of_which_something_waits_is_not_at_its_end(large: World) -> None:
    large.produce()
    large.run()
    put(large, Status.PENDING, Key("user-00001", PERIOD))
    lap(large)
    assert laps_begun(large, 10) == 0
