"""claim: which claims one execution carries, and what comes again after a refusal."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handlers.claim import CLAIMING
from shared.errors import StoreUnavailableError
from shared.keys import Key
from shared.pacing.pace import MICROSECOND
from shared.pacing.plan import LEAD_US
from shared.sending.grouping import BLOCK
from shared.store import Answer, Write
from shared.times import from_text
from simulation.world import World
from tests.unit.handlers.actors import put, record

NO_FAILURES: dict[str, Any] = {"batchItemFailures": []}


@pytest.fixture
def world() -> World:
    return World(0)


def batch(world: World, count: int, *tried: int) -> list[dict[str, Any]]:
    """So many records of messages of which none was tried before but those of these numbers."""
    keys = [Key(f"user-{number:03}", "2026-10") for number in range(count)]
    images = [put(world, key=key, attempt=int(number in tried), ticket=None) for number, key in enumerate(keys)]
    return [record(world, image, number) for number, image in enumerate(images, start=1)]


def executions(world: World) -> list[list[int]]:
    """The tickets of each."""
    return [[claim["ticket"] for claim in one.input["claims"]] for one in world.states_client.executions.values()]


def carried(world: World) -> list[int]:
    return [len(tickets) for tickets in executions(world)]


def failing(record: dict[str, Any]) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}


def refuse_starts(world: World, number: int, seconds: float = 300) -> None:
    """Step Functions refuses the n-th start and each one after it, for so long from then on."""
    start, starts = world.states_client.start_execution, iter(range(1, 1000))
    refused_until: datetime | None = None

    def throttled(**request: Any) -> dict[str, Any]:
        nonlocal refused_until
        if next(starts) == number:
            refused_until = world.now + timedelta(seconds=seconds)
        if refused_until is not None and world.now < refused_until:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "StartExecution")
        return start(**request)

    world.states_client.start_execution = throttled  # type: ignore[method-assign]


def refuse_claim(world: World, number: int) -> None:
    """The table is unavailable at the n-th claim from now on, once."""
    write: Callable[[Write], Answer] = world.outbox_table.write
    writes = iter(range(1, 1000))

    def unavailable(change: Write) -> Answer:
        if next(writes) == number:
            raise StoreUnavailableError
        return write(change)

    world.outbox_table.write = unavailable  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize(
    ("rate", "size", "groups"),
    [
        (10, 1, [1] * 60),
        (10, 0, [20, 20, 20]),
        (10, 9, [9, 9, 9] * 2 + [2, 2, 2]),
        (10, 4, [4, 4, 4] * 5),
        (10, 100, [20, 20, 20]),
        (4, 25, [3] * 20),
        (1, 25, [1] * 60),
        (1000, 25, [1] * 60),
    ],
)
def test_an_execution_carries_so_many_claims(world: World, rate: float, size: int, groups: list[int]) -> None:
    """None where its slots would lie side by side; at most a second's worth where few are sent."""
    world.ses_client.rate, world.send_batch_size = rate, size
    world.campaign().reserve(100)
    records = batch(world, 60)
    for _ in range(2):
        assert world.claim(records) == NO_FAILURES
        assert carried(world) == groups, "the same groups, when the batch comes again"
    assert sorted(ticket for tickets in executions(world) for ticket in tickets) == list(range(100, 160))


def test_the_first_mails_do_not_wait_until_all_are_claimed(world: World) -> None:
    """Where nobody has a slot yet, few are claimed at first, and then as many as are while these have theirs: no slot between the
    first and the last stays empty.
    """
    world.ses_client.rate, world.send_batch_size = 20, 0
    began = world.now
    assert world.claim(batch(world, 600)) == NO_FAILURES
    slots = sorted(from_text(one["send_at"]) for one in world.outbox_table.items())
    assert slots[0] - began == LEAD_US * MICROSECOND + BLOCK * CLAIMING
    assert max(later - earlier for earlier, later in pairwise(slots)) < timedelta(seconds=0.06)
    assert carried(world)[0] == BLOCK // 5
    assert max(carried(world)) > 2 * carried(world)[0]


def test_where_claims_are_slower_than_the_pace_blocks_are_as_large_as_can_be(world: World) -> None:
    """A line of small ones would never get longer."""
    world.ses_client.rate, world.send_batch_size = 200, 0
    world.claim(batch(world, 13 * 45))
    assert carried(world) == [13] * 45


def test_an_execution_carries_each_nth_claim(world: World) -> None:
    """What follows on each other in the timetable runs side by side, in several executions."""
    world.ses_client.rate, world.send_batch_size = 10, 0
    world.claim(batch(world, 12))
    assert executions(world) == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8, 11]]


def test_the_first_slot_leaves_time_to_claim_all_of_the_block(world: World) -> None:
    """Ten milliseconds for each."""
    world.claim(batch(world, 30))
    slots = [from_text(one["send_at"]) for one in world.outbox_table.items()]
    assert min(slots) - world.now == LEAD_US * MICROSECOND + timedelta(milliseconds=300)


def test_a_message_that_was_tried_before_goes_alone(world: World) -> None:
    world.ses_client.rate, world.send_batch_size = 4, 25
    world.claim(batch(world, 6, 1))
    assert executions(world) == [[0, 2], [1], [3, 4, 5]]


@pytest.mark.parametrize("size", [9, 1])
def test_a_refused_start_hands_the_block_back_and_the_same_records_make_the_same_executions(
    world: World, size: int
) -> None:
    """What was started already is not started twice."""
    world.ses_client.rate, world.send_batch_size = 10, size
    block = 27 if size == 9 else BLOCK
    undisturbed = World(0)
    undisturbed.ses_client.rate, undisturbed.send_batch_size = 10, size
    undisturbed.claim(batch(undisturbed, 60))
    records = batch(world, 60)
    refuse_starts(world, len(undisturbed_in(undisturbed, block)) + 2)
    assert world.claim(records) == failing(records[block])
    world.now += timedelta(minutes=1)
    assert world.claim(records[block:]) == NO_FAILURES
    assert carriers(world) == carriers(undisturbed)


def undisturbed_in(world: World, block: int) -> list[list[int]]:
    """The executions of the first block."""
    return [tickets for tickets in executions(world) if tickets[0] < block]


def carriers(world: World) -> list[list[str]]:
    """Which messages are together in an execution."""
    return sorted(
        [claim["user_id"] for claim in one.input["claims"]] for one in world.states_client.executions.values()
    )


def test_a_failed_claim_hands_back_its_own_record_and_starts_those_before_it(world: World) -> None:
    world.ses_client.rate, world.send_batch_size = 4, 25
    records = batch(world, 6)
    refuse_claim(world, 5)
    assert world.claim(records) == failing(records[4])
    assert carried(world) == [3, 1]
    assert world.claim(records[4:]) == NO_FAILURES
    assert carried(world) == [3, 1, 2]
    assert [one["status"] for one in world.outbox_table.items()] == ["CLAIMED"] * 6


def test_a_refused_start_after_a_failed_claim_hands_back_the_whole_block(world: World) -> None:
    """Else those before the failed claim would be left without an execution until their lease is over."""
    world.ses_client.rate, world.send_batch_size = 4, 25
    records = batch(world, 3)
    refuse_claim(world, 3)
    refuse_starts(world, 1)
    assert world.claim(records) == failing(records[0])
    world.now += timedelta(minutes=1)
    assert world.claim(records) == NO_FAILURES
    assert [one["status"] for one in world.outbox_table.items()] == ["CLAIMED"] * 3
    assert sum(carried(world)) == 3


def test_a_refused_start_is_tried_again_while_there_is_time(world: World) -> None:
    """A batch that is handed back costs one of the stream's few tries."""
    records = batch(world, 60)
    refuse_starts(world, 7, seconds=100)
    assert world.claim(records) == NO_FAILURES
    assert sum(carried(world)) == 60


def test_what_there_is_no_time_for_is_left_to_the_next_invocation(world: World) -> None:
    """Before it takes tickets: an invocation that runs out of its time would hand back the whole batch, half done."""
    records = batch(world, 2 * BLOCK)
    refuse_starts(world, 1, seconds=241)
    assert world.claim(records) == failing(records[BLOCK])
    assert world.telemetry.events[-1] == "claim_out_of_time"
    assert len(executions(world)) == BLOCK
    assert world.campaign().state().issued == BLOCK
    assert world.claim(records[BLOCK:]) == NO_FAILURES


def test_a_group_that_was_given_back_whole_is_started_anew(world: World) -> None:
    """The same messages together once more, under new fences: an execution that ended long ago sends none of them."""
    world.ses_client.rate, world.send_batch_size = 4, 25
    world.claim(batch(world, 3))
    (first,) = world.states_client.executions.values()
    world.campaign().pause("why")
    assert world.send({**first.input, "action": "send"})["claims"] == []
    world.campaign().resume()
    images = [image for image in world.outbox_table.items() if image["status"] == "PENDING"]
    assert world.claim([record(world, image, number) for number, image in enumerate(images, start=11)]) == NO_FAILURES
    assert carried(world) == [3, 3]


def named(world: World) -> dict[str, set[str]]:
    """By execution, the users whose items name it."""
    found: dict[str, set[str]] = {}
    for one in world.outbox_table.items():
        if "execution" in one:
            found.setdefault(one["execution"], set()).add(one["user_id"])
    return found


def carried_by_name(world: World) -> dict[str, set[str]]:
    return {
        one.name: {claim["user_id"] for claim in one.input["claims"]} for one in world.states_client.executions.values()
    }


def test_each_item_names_the_execution_that_carries_it(world: World) -> None:
    """So does one that was tried before and goes alone, and all do when the batch comes again."""
    world.ses_client.rate, world.send_batch_size = 10, 0
    world.campaign().reserve(100)
    records = batch(world, 60, 7)
    for _ in range(2):
        assert world.claim(records) == NO_FAILURES
        assert named(world) == carried_by_name(world)


def test_items_name_their_execution_also_where_another_has_taken_one_of_the_group(world: World) -> None:
    world.ses_client.rate, world.send_batch_size = 4, 25
    records = batch(world, 3)
    second = Key("user-001", "2026-10")
    world.outbox().cancel(second, 3, "ann", "has left")
    assert world.claim(records) == NO_FAILURES
    (carried,) = carried_by_name(world).items()
    assert carried[1] == {"user-000", "user-002"}
    assert named(world)[carried[0]] == carried[1]


def test_a_claim_that_comes_to_a_group_later_is_not_left_without_an_execution(world: World) -> None:
    """The first three are started without the fourth, whose claim fails; then another start is refused, and the whole block
    comes again: by the first three's name nothing more is started, so what is started has another.
    """
    world.ses_client.rate, world.send_batch_size = 10, 0
    records = batch(world, 12)
    refuse_claim(world, 10)
    refuse_starts(world, 2)
    assert world.claim(records) == failing(records[0])
    world.now += timedelta(minutes=10)
    assert world.claim(records) == NO_FAILURES
    assert set.union(*carried_by_name(world).values()) == {f"user-{number:03}" for number in range(12)}


def test_the_log_says_which_messages_an_execution_of_several_carries(world: World) -> None:
    told: dict[str, list[str]] = {}
    count = world.telemetry.count

    def noted(event: str, **facts: Any) -> None:
        count(event, **facts)
        if event == "start":
            told[facts["execution"]] = facts["message_ids"]

    world.telemetry.count = noted  # type: ignore[method-assign]
    world.ses_client.rate, world.send_batch_size = 4.0, 3
    world.claim(batch(world, 7))
    several = {
        one.name: one.input["claims"] for one in world.states_client.executions.values() if len(one.input["claims"]) > 1
    }
    assert several
    assert told == {
        name: [Key(claim["user_id"], claim["period"]).message_id for claim in claims]
        for name, claims in several.items()
    }
