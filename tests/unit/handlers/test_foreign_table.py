"""On a table that was restored or copied every function stands still, and nobody is mailed, until it is reconciled."""

from typing import Any

import pytest

from shared.errors import ForeignTableError, StoreUnavailableError
from shared.outbox.states import Status
from shared.outbox.table_pin import KEY as PIN
from shared.outbox.table_pin import REMEMBERED
from shared.producing.run import RESTORED
from shared.times import to_text
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.handlers.actors import item, order, put, record
from tests.unit.handlers.sending import claimed, opened
from tests.unit.handlers.test_feedback import event

OVER = "2026-11-01T05:00:00.000Z"
UNFINISHED = [Status.PENDING, Status.CLAIMED, Status.SENDING]


@pytest.fixture
def world() -> World:
    world = opened(World(3))
    world.outbox_table.table_id = "restored"
    return world


def test_claim_leaves_the_records_and_takes_no_ticket(world: World) -> None:
    before, issued = put(world), world.campaign().state().issued
    assert world.claim([record(world, before)]) == {"batchItemFailures": []}
    assert (item(world), world.campaign().state().issued) == (before, issued)
    assert world.telemetry.events == ["foreign_table"]


def test_claim_completes_nothing_that_was_put_in_by_hand(world: World) -> None:
    by_hand = {"user_id": "ann", "period": PERIOD, "status": "PENDING", "email": "ann@example.com", "data": {}}
    world.outbox_table.put(by_hand)
    world.claim([record(world, by_hand)])
    assert item(world) == by_hand


def test_claim_hands_the_records_back_where_nobody_can_tell(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable() -> str:
        raise StoreUnavailableError

    monkeypatch.setattr(world.outbox_table, "id", unavailable)
    given = record(world, put(world))
    assert world.claim([given]) == {"batchItemFailures": [{"itemIdentifier": given["dynamodb"]["SequenceNumber"]}]}


@pytest.mark.parametrize("action", ["send", "reschedule", "give_back"])
def test_send_asks_for_nothing_and_writes_nothing(world: World, action: str) -> None:
    claimed(world)
    before = item(world)
    with pytest.raises(ForeignTableError, match="restored or copied"):
        world.send(order(world, action=action))
    assert (item(world), world.mails(), world.telemetry.events) == (before, {}, ["foreign_table"])


@pytest.mark.parametrize("present", UNFINISHED)
def test_the_sweeper_touches_nothing_and_tells(world: World, present: Status) -> None:
    before = put(world, present, due_at=OVER, lease_expires_at=OVER, history={"produce": "2026-10-01T06:00:00.000Z"})
    assert world.sweep() == {}
    assert item(world) == before
    assert world.telemetry.gauges["foreign_table"] == 1
    assert world.producers.started == []


def test_on_its_own_table_the_sweeper_has_nothing_to_tell() -> None:
    world = World(0)
    world.sweep()
    assert world.telemetry.gauges["foreign_table"] == 0


def test_the_producer_puts_nothing_and_begins_no_run(world: World) -> None:
    with pytest.raises(ForeignTableError):
        world.produce()
    assert world.messages() == []
    assert [one["name"] for one in world.control_table.items() if one["name"].startswith("run#")] == []


def test_what_ses_tells_is_noted(world: World) -> None:
    """It is true of any copy, and leaves less to decide."""
    put(world, Status.CLAIMED)
    world.feed_back(event("Delivery"))
    assert item(world)["status"] == "DELIVERED"


def test_a_month_that_was_half_sent_and_restored_mails_nobody() -> None:
    """Everybody was mailed since; the restored table does not know it."""
    world = World(6)
    world.produce()
    then = world.messages()
    world.run()
    assert sum(world.mails().values()) == 6
    for one in then:
        world.outbox_table.put(one)
    world.outbox_table.table_id = "restored"
    world.now += REMEMBERED
    world.run(sweeps=40)
    assert sum(world.mails().values()) == 6
    assert world.messages() == then


@pytest.mark.parametrize("again", [False, True])
def test_a_month_is_not_put_anew_into_a_restored_table(again: bool) -> None:
    """Those who were put and mailed after the time that it was restored to are not in it."""
    world = World(3)
    world.produce()
    world.run()
    world.outbox_table._items.clear()
    reconciled(world)
    if not again:
        world.control_table.remove({"name": f"run#{PERIOD}"})  # an older control table
    report = world.produce({"period": PERIOD, "attempt": 1, "again": True, "by": "ann"} if again else None)
    assert (report["state"], list(report["stopped_for"])) == ("STOPPED", [RESTORED])
    assert world.messages() == []

    attempt = 2 if again else 1
    world.produce({"period": PERIOD, "attempt": attempt, "accept": [RESTORED], "by": "ann"})
    assert len(world.messages()) == 3


def test_nor_does_a_run_that_was_under_way_go_on(world: World) -> None:
    world = World(30)
    world.produce(remaining_ms=lambda: 0)
    reconciled(world)
    assert list(world.produce()["stopped_for"]) == [RESTORED]


def test_a_month_that_ended_after_the_restore_is_produced() -> None:
    world = World(3)
    reconciled(world, at="2026-10-31T23:59:59.000Z")
    assert world.produce()["state"] == "COMPLETED"


def reconciled(world: World, **changes: Any) -> None:
    pin = world.control_table.get(PIN) or {}
    world.control_table.put({**pin, "reconciled_at": changes.get("at", to_text(world.now))})
    world.processes.clear()
