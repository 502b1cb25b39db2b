"""claim, of messages that were put into the table by hand: each is completed, and then comes again as any other (ADR 12)."""

from typing import Any

import pytest

from handlers import claim
from shared.store import Item
from simulation.fakes.ses import refused
from simulation.stack import MAIL_TEMPLATE, SENDER, TEMPLATE
from simulation.world import World
from tests.unit.handlers.actors import DATA, KEY, item, record, status

NO_FAILURES: dict[str, Any] = {"batchItemFailures": []}


@pytest.fixture
def world() -> World:
    return World(0)


def put_by_hand(world: World, **own: str) -> Item:
    by_hand = {**KEY._asdict(), "status": "PENDING", "email": "ann@example.com", "data": DATA, **own}
    world.outbox_table.put(by_hand)
    return by_hand


def test_a_message_put_in_by_hand_is_completed_and_comes_again(world: World) -> None:
    by_hand = put_by_hand(world)
    assert world.claim([record(world, by_hand)]) == NO_FAILURES
    assert world.telemetry.events == ["adopt"]
    world.claim(world.outbox_table.stream[-1:])
    assert status(world) == "CLAIMED"
    assert (item(world)["template"], item(world)["sender"]) == (TEMPLATE, SENDER)


def test_the_template_of_a_message_put_in_by_hand_is_made_if_no_month_has_made_it(world: World) -> None:
    by_hand = put_by_hand(world)
    assert world.claim([record(world, by_hand)]) == NO_FAILURES
    assert world.ses_client.templates == {TEMPLATE: MAIL_TEMPLATE.parts}


def test_while_it_can_not_be_made_the_message_waits_in_the_stream(world: World) -> None:
    def slow_down(**_: Any) -> None:
        raise refused("TooManyRequestsException", "slow down", 429)

    by_hand = put_by_hand(world)
    world.ses_client.create_email_template = slow_down  # type: ignore[method-assign, assignment]
    one = record(world, by_hand)
    assert world.claim([one]) == {"batchItemFailures": [{"itemIdentifier": one["dynamodb"]["SequenceNumber"]}]}
    assert "history" not in item(world)


def test_where_ses_refuses_it_the_message_is_adopted_and_will_tell(world: World) -> None:
    def full(**_: Any) -> None:
        raise refused("LimitExceededException", "too many templates")

    by_hand = put_by_hand(world)
    world.ses_client.create_email_template = full  # type: ignore[method-assign, assignment]
    assert world.claim([record(world, by_hand)]) == NO_FAILURES
    assert world.telemetry.events == ["no_template", "adopt"]


def test_another_template_of_ones_own_is_nobody_elses_to_make(world: World) -> None:
    by_hand = put_by_hand(world, template="welcome-1")
    assert world.claim([record(world, by_hand)]) == NO_FAILURES
    assert world.ses_client.templates == {}
    assert item(world)["template"] == "welcome-1"


def test_a_message_put_in_by_hand_during_a_pause_is_not_forgotten(world: World) -> None:
    """Completed, it is in the index, where the sweeper finds it after the pause."""
    world.campaign().pause("an operator said so")
    by_hand = put_by_hand(world)
    world.claim([record(world, by_hand)])
    assert world.telemetry.events == ["adopt"]
    world.campaign().resume()
    world.run()
    assert world.mails() == {KEY.user_id: 1}


def test_a_message_put_in_by_hand_takes_no_slot_until_it_is_whole(world: World) -> None:
    by_hand = put_by_hand(world)
    world.claim([record(world, by_hand)])
    world.claim(world.outbox_table.stream[-1:])
    assert world.campaign().state().issued == 1


def test_what_a_message_put_in_by_hand_brings_along_stays(world: World) -> None:
    own = {"template": "another-1", "sender": "another@example.com"}
    by_hand = put_by_hand(world, **own)
    world.claim([record(world, by_hand)])
    assert {name: item(world)[name] for name in own} == own


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        ({}, "help@example.com"),
        ({"sender": "another@example.com"}, None),
        ({"reply_to": "me@example.com"}, "me@example.com"),
    ],
)
def test_answers_to_a_message_put_in_by_hand_go_to_whom_it_is_from(
    world: World, own: dict[str, str], kept: str | None
) -> None:
    none: Any = None  # it starts no execution
    deps = claim.Deps(
        world.outbox(),
        world.pin(),
        world.campaign(),
        none,
        world.telemetry,
        world.clock,
        MAIL_TEMPLATE,
        world.make_template,
        SENDER,
        reply_to="help@example.com",
    )
    by_hand = put_by_hand(world, **own)
    claim.handle({"Records": [record(world, by_hand)]}, deps, lambda: 300_000)
    assert item(world).get("reply_to") == kept
