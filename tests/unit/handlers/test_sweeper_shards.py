"""sweeper: the shards side by side, read by the page; and what one of them, or the account, can't hold up."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any, TypeVar

import pytest

from handlers import sweeper
from shared.errors import StoreUnavailableError
from shared.keys import SHARDS, Key
from shared.outbox.outbox import A_PAGE, Outbox
from shared.outbox.states import Status
from shared.times import to_text
from simulation.fakes.wire import Wire
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.handlers.actors import item, put, status

T = TypeVar("T")
OVER = "2026-11-01T05:00:00.000Z"
KEYS = [Key(f"user-{number}", PERIOD) for number in range(60)]


class ShardsWire(Wire):
    """Counts the calls; may let the eight queries of a sweep answer only together."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.refuses = ""
        self.together: Barrier | None = None

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        self.calls[operation] += 1
        if operation == self.refuses:
            raise OSError("SES is not there")
        if operation == "outbox.BatchGetItem" and self.together:
            self.together.wait(timeout=30)
        return carry_out()


@pytest.fixture
def wire() -> ShardsWire:
    return ShardsWire()


@pytest.fixture
def world(wire: ShardsWire) -> World:
    """With sixty silent sends, in every shard."""
    world = World(0, wire=wire)
    assert {key.shard for key in KEYS} == set(range(SHARDS))
    for key in KEYS:
        put(world, Status.SENDING, key, lease_expires_at=OVER)
    return world


def deps(world: World, **changes: Any) -> sweeper.Deps:
    producers: Any = world.producers
    made = sweeper.Deps(
        world.outbox(),
        world.pin(),
        world.campaign(),
        world.telemetry,
        world.clock,
        world.accounting(),
        world.open_runs(),
        producers,
        attempts=5,
    )
    return replace(made, **changes)


def test_all_shards_are_swept_at_the_same_time(world: World, wire: ShardsWire) -> None:
    """None of them gets its messages before all have asked for theirs."""
    wire.together = Barrier(SHARDS)
    assert sweeper.handle(deps(world), lambda: 200_000) == {"expire_send": 60}


def test_messages_are_read_by_the_page_and_written_one_by_one(world: World, wire: ShardsWire) -> None:
    crowd = [key for number in range(3_000) if (key := Key(f"crowd-{number}", PERIOD)).shard == 0][: A_PAGE + 1]
    for key in crowd:
        put(world, Status.SENDING, key, lease_expires_at=OVER)
    wire.calls.clear()
    assert world.sweep() == {"expire_send": 60 + len(crowd)}
    assert wire.calls["outbox.BatchGetItem"] == SHARDS + 1
    assert wire.calls["outbox.UpdateItem"] == 60 + len(crowd)
    assert wire.calls["outbox.GetItem"] == 0


def test_what_is_not_due_is_not_read(world: World, wire: ShardsWire) -> None:
    """A month's millions wait for their slots while a sweep comes every few minutes."""
    world.sweep()
    for number in range(100):
        put(
            world, Status.CLAIMED, Key(f"crowd-{number}", PERIOD), due_at=to_text(world.now + timedelta(milliseconds=1))
        )
    wire.calls.clear()
    assert world.sweep() == {}
    assert wire.calls["outbox.BatchGetItem"] == 0


def test_a_shard_that_cannot_be_read_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Outbox.due_pages

    def unreadable(self: Outbox, shard: int, *rest: Any) -> Any:
        if shard == 3:
            raise StoreUnavailableError("shard 3")
        return pages(self, shard, *rest)

    monkeypatch.setattr(Outbox, "due_pages", unreadable)
    with pytest.raises(StoreUnavailableError, match="shard 3"):
        sweeper.handle(deps(world), lambda: 200_000)
    assert {key.shard for key in KEYS if status(world, key) == "SENDING"} == {3}


@pytest.mark.parametrize("minutes", range(1, 61))
def test_each_shard_comes_first_now_and_then_however_often_the_sweeper_comes(world: World, minutes: int) -> None:
    firsts = Counter[int]()
    for _ in range(200):
        order = sweeper.in_order(world.now)
        assert sorted(order) == list(range(SHARDS))
        firsts[order[0]] += 1
        world.now += timedelta(minutes=minutes)
    assert set(firsts) == set(range(SHARDS))
    assert max(firsts.values()) < 200 / 2


def test_a_sweep_takes_the_shards_in_that_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    pages = Outbox.due_pages

    def noted(self: Outbox, shard: int, *rest: Any) -> Any:
        asked.append(shard)
        return pages(self, shard, *rest)

    monkeypatch.setattr(Outbox, "due_pages", noted)
    world.sweep()
    assert asked == sweeper.in_order(world.now)


@pytest.mark.parametrize("begun", [True, False], ids=["once read", "on a new stack"])
def test_a_quota_that_cannot_be_read_stops_nothing(world: World, wire: ShardsWire, begun: bool) -> None:
    if begun:
        world.campaign().state()
    wire.refuses = "ses.GetAccount"
    world.control_table.put({"name": f"run#{PERIOD}", "state": "RUNNING"})
    assert world.sweep() == {"expire_send": 60}
    assert world.telemetry.gauges["held"] == 0
    assert world.telemetry.gauges["runs_waiting"] == 1
    assert world.telemetry.events.count("quota_unread") == 1
    assert world.telemetry.gauges["unaccounted"] == 0


def test_on_a_stack_without_a_campaign_nothing_is_nudged() -> None:
    """claim could give it no slot, and would leave it where it is."""
    wire = ShardsWire()
    world = World(0, wire=wire)
    wire.refuses = "ses.GetAccount"
    put(world, history={"produce": OVER})
    assert world.sweep() == {"postpone": 1}


def test_of_two_sweepers_that_have_read_a_message_one_nudges_it(world: World) -> None:
    put(world, key=Key("ann", PERIOD), history={"produce": OVER})
    (page,) = (page for page in world.outbox().due_pages(Key("ann", PERIOD).shard, world.now) if page)
    world.campaign().state()
    assert world.sweep()["nudge"] == 1
    streamed = len(world.outbox_table.stream)
    other: Any = world.outbox()
    other.due_pages = lambda shard, _: iter([page] if shard == Key("ann", PERIOD).shard else [])
    assert sweeper.handle(deps(world, outbox=other), lambda: 200_000) == {}
    assert len(world.outbox_table.stream) == streamed


def test_two_whole_sweeps_side_by_side_do_ones_work(world: World, wire: ShardsWire) -> None:
    """Both have read every message before one of them writes: so it may be with `sweepMinutes: 1`."""
    before = {key: item(world, key)["fence"] for key in KEYS}
    wire.together = Barrier(2 * SHARDS)
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(sweeper.handle, deps(world), lambda: 900_000) for _ in range(2)]
        done = sum((Counter(one.result()) for one in running), Counter[str]())
    assert done == {"expire_send": len(KEYS)}
    assert {status(world, key) for key in KEYS} == {Status.UNCERTAIN}
    assert {key: item(world, key)["fence"] - 1 for key in KEYS} == before
    assert "sweep_refused" not in world.telemetry.events
