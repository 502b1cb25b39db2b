"""reconcile, killed at every AWS call and started again: nobody is mailed, and nothing moves before everything is held."""

import pytest

from ops.reconcile import Said, reconcile
from shared.keys import Key
from shared.outbox.states import Status
from shared.outbox.table_pin import Standing
from simulation.fakes.wire import Wire
from simulation.stack import PERIOD
from simulation.world import ProcessKilled, World
from tests.contract.protocol import item_in
from tests.crash.disturbances import KILLS, Disturbance, DisturbingWire, Kind
from tests.unit.ops.office import Office

UNFINISHED = (Status.PENDING, Status.CLAIMED, Status.SENDING, Status.FAILED)


def restored(wire: Wire) -> World:
    """A month of which everybody was mailed, restored to the time before; and a message of each other status."""
    world = World(4)
    world.produce()
    then = world.messages()
    world.run()
    for one in then:
        world.outbox_table.put(one)
    for status in UNFINISHED:
        world.outbox_table.put(item_in(status, Key(f"was {status}", PERIOD)))
    world.outbox_table.table_id = "restored"
    world.processes.clear()
    for table in (world.outbox_table, world.control_table):
        table._wire = wire
    return world


def once(world: World) -> None:
    """One start of the command, in a process of its own."""
    reconcile(Office(world).session, Said("ann", "restored", agreed=True))


def calls() -> int:
    wire = DisturbingWire()
    once(restored(wire))
    return len(wire.calls)


def test_undisturbed() -> None:
    world = restored(DisturbingWire())
    once(world)
    assert set(world.statuses().values()) == {"UNCERTAIN"}
    assert world.pin().look().standing is Standing.KNOWN


@pytest.mark.parametrize("kind", KILLS)
def test_killed_at_any_call(kind: Kind) -> None:
    number = calls()
    assert number > 12
    for call in range(number):
        world = restored(DisturbingWire(Disturbance(call, kind)))
        with pytest.raises(ProcessKilled):
            once(world)
        mailed = world.mails()
        for table in (world.outbox_table, world.control_table):
            table._wire = Wire()
        known = world.pin().look().standing is Standing.KNOWN
        assert not known or set(world.statuses().values()) == {"UNCERTAIN"}
        world.run(sweeps=3)
        assert world.mails() == mailed
        if not known:
            once(world)
        assert set(world.statuses().values()) == {"UNCERTAIN"}
        world.run(sweeps=3)
        assert (world.mails(), set(world.statuses().values())) == (mailed, {"UNCERTAIN"})
