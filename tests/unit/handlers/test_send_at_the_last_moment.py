"""send: what is seen between the sleep and the ask."""

from datetime import timedelta

import pytest

from handlers.send import ASK_WITHIN_US
from shared.errors import OutOfTimeError
from shared.outbox.states import Status
from shared.pacing.pace import MICROSECOND
from simulation.world import World
from tests.unit.handlers.actors import item, order, put, status
from tests.unit.handlers.sending import claimed, later_ticket, opened

SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    return opened(World(0))


@pytest.mark.parametrize(("took_us", "asks"), [(ASK_WITHIN_US, 1), (ASK_WITHIN_US + 1, 0)])
def test_nobody_asks_long_after_its_slot(world: World, took_us: int, asks: int) -> None:
    """A process that was frozen, or a table: begin_send is written, and SES is not asked."""
    claimed(world)
    write = world.outbox_table.write

    def slow(change: object) -> object:
        answer = write(change)  # type: ignore[arg-type]
        if status(world) == "SENDING" and not world.ses_client.asks:
            world.now += took_us * MICROSECOND
        return answer

    world.outbox_table.write = slow  # type: ignore[method-assign, assignment]
    if asks:
        world.send(order(world))
    else:
        with pytest.raises(OutOfTimeError):
            world.send(order(world))
    assert (status(world), world.ses_client.asks) == ("SENT" if asks else "CLAIMED", asks)


@pytest.mark.parametrize("halt", ["paused", "stands still"])
def test_what_stops_the_campaign_while_it_sleeps_is_seen_before_begin_send(world: World, halt: str) -> None:
    ticket, _ = later_ticket(world, SECOND * 2.5)
    put(world, Status.CLAIMED, ticket=ticket)

    def stops(seconds: float) -> None:
        world.now += SECOND * seconds
        if halt == "paused":
            world.campaign().pause("an operator said so")
        else:
            world.ses_client.rate = 0
            world.campaign().refresh_quota()

    world._sleep = stops  # type: ignore[method-assign]
    assert world.send(order(world))["claims"] == []
    assert (status(world), world.ses_client.asks) == ("PENDING", 0)
    assert "begin_send" not in item(world)["history"]


@pytest.mark.parametrize(("ahead_s", "reads"), [(0.5, 1), (2.5, 2)])
def test_the_state_is_not_read_again_while_it_is_fresh(world: World, ahead_s: float, reads: int) -> None:
    """One read for each two seconds, not for each look."""
    ticket, _ = later_ticket(world, SECOND * ahead_s)
    put(world, Status.CLAIMED, ticket=ticket)
    prepared, seen = order(world), 0
    get = world.control_table.get

    def counted(key: dict[str, str]) -> object:
        nonlocal seen
        seen += key == {"name": "campaign"}
        return get(key)

    world.control_table.get = counted  # type: ignore[method-assign, assignment]
    world.send(prepared)
    assert (status(world), seen) == ("SENT", reads)


@pytest.mark.parametrize(("rate", "daily"), [(0.0, -1.0), (1000.0, 0.0)])
def test_the_account_may_send_nothing_from_now_on(world: World, rate: float, daily: float) -> None:
    """Not even what has its slot at this moment."""
    claimed(world)
    world.now += timedelta(milliseconds=100)
    world.ses_client.rate, world.ses_client.daily = rate, daily
    world.campaign().refresh_quota()
    assert world.send(order(world))["claims"] == []
    assert (status(world), world.ses_client.asks) == ("PENDING", 0)
    assert item(world)["last_error"] == "the account may send nothing"
