from collections.abc import Callable
from typing import Any

import pytest

from ops.accept.check import Check
from ops.accept.run import Acceptance, Outcome
from tests.unit.ops.accept.rehearsal import SimulatedRig, SimulatorWorld
from tests.unit.ops.office import Office


@pytest.fixture
def world() -> SimulatorWorld:
    world = SimulatorWorld()
    world.campaign().state()
    return world


@pytest.fixture
def rig(world: SimulatorWorld) -> SimulatedRig:
    return SimulatedRig(world)


Run = Callable[[], Outcome]


@pytest.fixture
def acceptance(world: SimulatorWorld, rig: SimulatedRig) -> Acceptance:
    stand_in: Any = rig
    return Acceptance(Office(world).session, stand_in, wait=world.pass_time)


def failed(outcome: Outcome) -> list[str]:
    return [check.name for check in outcome.checks if not check.passed]


def check_of(outcome: Outcome, name: str) -> Check:
    (check,) = (one for one in outcome.checks if one.name == name)
    return check
