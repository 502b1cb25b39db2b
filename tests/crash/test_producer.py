"""A month of many pages, its producer killed wherever it speaks to AWS: everybody has one message, and the sums are right."""

import random
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import pytest

from shared import drafts
from shared.dynamodb import INSERTS_PER_CALL
from shared.fakes.wire import Wire
from shared.periods import Period
from shared.recipients import usable_email
from shared.writes import Item
from tests.crash.disturbances import KILLS, Disturbance, DisturbingWire
from tests.simulation.watched_table import WatchedTable
from tests.simulation.world import PERIOD, ProcessKilled, World

T = TypeVar("T")
PAGES = 25
BAD_ROWS = (7, 48, 49, 120)
STARTS_AT_MOST = 5_000


class TornTable(WatchedTable):
    """Inserts call by call, as the real one does: a process may die in the middle of a page."""

    inserts_per_call = INSERTS_PER_CALL

    def insert(self, items: list[Item]) -> list[bool]:
        size = self.inserts_per_call
        return [
            put for at in range(0, len(items), size) for put in super(TornTable, self).insert(items[at : at + size])
        ]


class RecklessWire(Wire):
    """Kills at every third call or so, before or after it."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self.kills = 0

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        before, after = self._rng.random() < 0.15, self._rng.random() < 0.15
        self.kills += before or after
        if before:
            raise ProcessKilled(f"before {operation}")
        answer = carry_out()
        if after:
            raise ProcessKilled(f"after {operation}")
        return answer


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same addresses are parsed in hundreds of months."""
    monkeypatch.setattr(drafts, "usable_email", lru_cache(None)(usable_email))


def month(wire: Wire, page_rows: int) -> World:
    """25 pages, with rows that can't become messages and a user who comes twice, across the boundary of two pages."""
    world = World(PAGES * page_rows - 2, wire=wire)
    for number in BAD_ROWS:
        world.rows[number]["email"] = None
    world.rows.insert(page_rows - 1, dict(world.rows[page_rows - 2]))
    world.athena.page_rows = page_rows
    world.outbox_table = TornTable("outbox", ("user_id", "period"), world.clock, wire)
    world.outbox_table.inserts_per_call = max(3, page_rows // 4)
    return world


def produced(world: World) -> int:
    """Starts it until it is done; how often that took."""
    for starts in range(1, STARTS_AT_MOST):
        try:
            if world.produce()["state"] == "COMPLETED":
                return starts
        except ProcessKilled:
            pass
    raise AssertionError("the month is never done")


def check(world: World) -> None:
    wanted = list(dict.fromkeys(row["user_id"] for row in world.rows if row["email"]))
    assert [item["user_id"] for item in world.messages()] == wanted
    run = next(item for item in world.control_table.items() if item["name"] == f"run#{Period.parse(PERIOD)}")
    assert (run["state"], run["produced"], run["rejected"]) == ("COMPLETED", len(wanted), len(BAD_ROWS))
    assert (run["checks"]["rows"], run["checks"]["repeated"]) == (len(world.rows), 1)
    assert run["differing"] == 0
    assert len(world.athena.results) == 1


def test_killed_at_any_one_call() -> None:
    whole = DisturbingWire()
    undisturbed = month(whole, page_rows=5)
    assert produced(undisturbed) == 1
    check(undisturbed)
    assert len(whole.calls) > 4 * PAGES
    assert whole.calls.count("athena.GetQueryResults") == 2 * PAGES
    for call in range(len(whole.calls)):
        for kind in KILLS:
            world = month(DisturbingWire(Disturbance(call, kind)), page_rows=5)
            assert produced(world) == 2
            check(world)


@pytest.mark.parametrize("seed", range(3))
def test_killed_again_and_again(seed: int) -> None:
    wire = RecklessWire(seed)
    world = month(wire, page_rows=100)
    assert produced(world) > 50
    assert wire.kills > 50
    check(world)
