"""Laps of the accounts in a small world."""

from datetime import timedelta

from shared.store import Item
from shared.sweeping.accounting import Report
from simulation.stack import PERIOD
from simulation.world import World

LATER = timedelta(hours=1)
"""A small table is counted again by then."""


def lap(world: World, pages: int = 1000) -> Report:
    """One sweep's part of a lap, with time for so many pages."""
    world.now += LATER
    left = iter(range(pages))
    return world.accounting().go_on(lambda: next(left, None) is not None)


def run_record(world: World) -> Item:
    item = world.control_table.get({"name": f"run#{PERIOD}"})
    assert item is not None
    return item


def delete(world: World, user_id: str) -> None:
    """As somebody does in the console."""
    world.outbox_table._items.pop((user_id, PERIOD))
