"""The claims of an order: whose they still are."""

from datetime import timedelta

import pytest

from shared.errors import LeaseLostError
from shared.outbox.states import Status
from shared.sending.claims import Claims
from shared.sending.order import Claim
from simulation.world import World
from tests.unit.handlers.actors import KEY, put


@pytest.fixture
def world() -> World:
    return World(0)


def claims(world: World) -> Claims:
    return Claims(world.outbox(), world.campaign(), world.telemetry, world.clock, timedelta(minutes=15))


def test_a_claim_that_is_held(world: World) -> None:
    put(world, Status.CLAIMED)
    assert claims(world).held(Claim(KEY, 3, 0)).email == "ann@example.com"


@pytest.mark.parametrize(
    ("present", "fence"), [(Status.SENT, 3), (Status.PENDING, 3), (Status.CLAIMED, 4), (Status.SENDING, 2)]
)
def test_a_claim_that_is_lost_says_what_is_there_instead(world: World, present: Status, fence: int) -> None:
    put(world, present, fence=fence)
    with pytest.raises(LeaseLostError) as lost:
        claims(world).held(Claim(KEY, 3, 0))
    assert lost.value.found == {"status": present, "fence": fence}


def test_a_claim_whose_message_is_gone(world: World) -> None:
    with pytest.raises(LeaseLostError) as lost:
        claims(world).held(Claim(KEY, 3, 0))
    assert lost.value.found is None
