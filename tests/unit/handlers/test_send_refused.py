"""send: what it is not to send it does not send, and the rest of the order has its turn."""

from contextlib import suppress
from typing import Any

import pytest

from shared.errors import (
    InvalidMessageError,
    RenderError,
)
from shared.outbox.states import Status
from simulation.world import World
from tests.unit.handlers.actors import KEY, item, order, put, status
from tests.unit.handlers.answers import BOB
from tests.unit.handlers.sending import claimed, opened


@pytest.fixture
def world() -> World:
    return opened(World(0))


@pytest.mark.parametrize("present", [status for status in Status if status is not Status.CLAIMED])
def test_a_message_that_is_not_claimed_is_not_sent(world: World, present: Status) -> None:
    before = put(world, present)
    world.send(order(world))
    assert item(world) == before
    assert world.ses_client.asks == 0


@pytest.mark.parametrize("fence", [0, 2, 4, -1, 10**30])
def test_an_execution_with_a_foreign_fence_sends_nothing(world: World, fence: int) -> None:
    """Started by hand, or overtaken."""
    before = put(world, Status.CLAIMED)
    world.send(order(world, fence=fence))
    assert item(world) == before
    assert world.ses_client.asks == 0


def test_an_execution_for_nobody_sends_nothing(world: World) -> None:
    world.send(order(world))
    assert world.outbox_table.items() == []
    assert world.ses_client.asks == 0


def test_a_claim_listed_twice_is_sent_once(world: World) -> None:
    claimed(world)
    world.send(order(world, KEY, KEY))
    assert (status(world), world.ses_client.asks) == ("SENT", 1)


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {},
        {"action": "send"},
        {"action": "send", "claims": "all"},
        {"action": "send", "send_at": "now", "claims": []},
    ],
)
def test_rubbish_is_refused(world: World, event: Any) -> None:
    with pytest.raises(InvalidMessageError):
        world.send(event)


@pytest.mark.parametrize("action", [None, "", "SEND", "handle", ["send"]])
def test_an_unknown_action_is_refused(world: World, action: Any) -> None:
    claimed(world)
    with pytest.raises(InvalidMessageError, match="action"):
        world.send(order(world, action=action))
    assert world.ses_client.asks == 0


@pytest.mark.parametrize(
    "changes", [{"email": None}, {"data": "text"}, {"fence": "3"}, {"history": None}, {"send_at": "soon"}]
)
def test_a_malformed_item_is_refused_and_holds_nothing_up(world: World, changes: dict[str, Any]) -> None:
    """The others of the order have their turn; the error comes after them."""
    put(world, Status.CLAIMED, **changes)
    claimed(world, BOB)
    with pytest.raises(InvalidMessageError, match="attribute"):
        world.send(order(world, KEY, BOB))
    assert status(world, BOB) == "SENT"
    assert world.ses_client.asks == 1
    assert len(world.telemetry.refusals) == 1


def test_a_message_whose_template_ses_does_not_have_is_not_left_claimed(world: World) -> None:
    """A template's name that was misspelt by hand. Its attempts must not burn down to a FAILED that says nothing."""
    put(world, Status.CLAIMED, template="no-such-template")
    claimed(world, BOB)
    with suppress(RenderError):
        world.send(order(world, KEY, BOB))
    assert status(world) in ("PENDING", "FAILED")
    assert "no-such-template" in item(world)["last_error"]
    assert world.ses_client.asks <= 1
