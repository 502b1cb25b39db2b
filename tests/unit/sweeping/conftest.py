import pytest

from simulation.world import World


@pytest.fixture
def world() -> World:
    return World(4)
