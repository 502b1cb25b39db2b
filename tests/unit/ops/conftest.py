import pytest

from simulation.world import World
from tests.unit.ops.office import Meddling, Office


@pytest.fixture
def wire() -> Meddling:
    return Meddling()


@pytest.fixture
def world(wire: Meddling) -> World:
    world = World(3, wire=wire)
    world.campaign().state()
    return world


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


@pytest.fixture
def no_metrics(office: Office) -> None:
    """Of the functions, as before anything has run."""
    office.aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": []})
