"""A lap goes on from sweep to sweep, and of two sweepers at once one counts."""

from collections.abc import Callable

import pytest

from shared.sweeping.accounting import ROUNDS_A_SAVE, Report
from shared.sweeping.lap import SEGMENTS
from simulation.fakes.table import ITEMS_A_PAGE
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.sweeping.laps import LATER, lap

MANY = ITEMS_A_PAGE * SEGMENTS * (ROUNDS_A_SAVE + 2) + 1


def beside_another(world: World, other_in_time: Callable[[], bool]) -> Report:
    """A sweeper's part of a lap. Between its first round and its second another sweeper does its own."""
    looks = 0

    def in_time() -> bool:
        nonlocal looks
        looks += 1
        if looks == 3:
            world.accounting().go_on(other_in_time)
        return True

    return world.accounting().go_on(in_time)


def test_a_lap_goes_on_where_the_last_sweep_stopped() -> None:
    world = World(MANY)
    world.produce()
    first = lap(world, pages=ROUNDS_A_SAVE + 2)
    assert first.closed == {}
    second = world.accounting().go_on(lambda: True)
    assert second.closed[PERIOD].produced == MANY
    assert second.unaccounted == 0


def test_a_lap_that_is_saved_on_its_way_is_saved_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """By one sweep that has time for all of it."""
    monkeypatch.setattr("shared.sweeping.accounting.ROUNDS_A_SAVE", 3)
    world = World(MANY)
    world.produce()
    assert lap(world).closed[PERIOD].produced == MANY
    assert world.accounting().go_on(lambda: True).closed == {}, "it is over"
    assert world.accounting()._load().left == {}


def test_of_two_sweepers_at_once_one_counts() -> None:
    world = World(MANY)
    world.produce()
    world.now += LATER
    assert beside_another(world, lambda: True).closed == {}, "the other was first"
    found = world.control_table.get({"name": "accounting"})
    assert found is not None
    assert (found["books"][PERIOD]["produced"], found["unaccounted"]) == (MANY, 0)


def test_a_sweeper_that_was_overtaken_does_not_save_over_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.sweeping.accounting.ROUNDS_A_SAVE", 2)
    world = World(MANY)
    world.produce()
    world.now += LATER
    beside_another(world, iter([True, True, False]).__next__)
    found = world.control_table.get({"name": "accounting"})
    assert found is not None
    assert found["books"][PERIOD]["produced"] == ITEMS_A_PAGE * SEGMENTS, "of the round that the other has read"
