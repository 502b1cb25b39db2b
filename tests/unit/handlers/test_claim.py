"""claim: stream records in, claims and executions out."""

from datetime import timedelta
from typing import Any

import pytest

from shared.keys import Key
from shared.outbox.states import Status
from shared.pacing import lateness
from shared.pacing.pace import MICROSECOND
from shared.times import from_text, to_text
from simulation.world import World
from tests.unit.handlers.actors import DATA, KEY, control_item, item, put, record, status

NO_FAILURES: dict[str, Any] = {"batchItemFailures": []}
BOB = Key("bob", "2026-10")


@pytest.fixture
def world() -> World:
    return World(0)


def test_a_pending_message_is_claimed_and_its_execution_started(world: World) -> None:
    image = put(world)
    assert world.claim([record(world, image)]) == NO_FAILURES
    assert status(world) == "CLAIMED"
    (execution,) = world.states_client.executions.values()
    assert execution.name == f"{KEY.message_id}-4"
    assert execution.input["claims"] == [{**KEY._asdict(), "fence": 4, "ticket": 0, "format": 1}]
    assert execution.input["send_at"] == to_text(from_text(item(world)["send_at"]) - COLD_START)


COLD_START = lateness.COLD_START_US * MICROSECOND
"""The queue had run empty: no function is warm."""


def test_an_execution_wakes_up_earlier_where_wake_ups_come_late(world: World) -> None:
    world.campaign().state()
    world.control_table.put({**control_item(world), "wake_late_us": 7_000_000})
    image = put(world)
    world.claim([record(world, image)])
    (execution,) = world.states_client.executions.values()
    assert execution.input["send_at"] == to_text(from_text(item(world)["send_at"]) - timedelta(seconds=7))


def test_a_record_that_comes_again_starts_the_same_execution(world: World) -> None:
    image = put(world)
    for _ in range(3):
        assert world.claim([record(world, image)]) == NO_FAILURES
    assert len(world.states_client.executions) == 1
    assert (item(world)["fence"], item(world)["attempt"]) == (4, 3)


def test_a_record_of_what_another_holds_is_passed_over(world: World) -> None:
    image = put(world)
    world.claim([record(world, image, number=1)])
    assert world.claim([record(world, image, number=2)]) == NO_FAILURES
    assert len(world.states_client.executions) == 1
    assert world.telemetry.refusals == []


def test_no_records(world: World) -> None:
    world.forget_the_table()
    assert world.claim([]) == NO_FAILURES
    assert world.control_table.items() == []


def test_paused_nothing_is_claimed_and_nothing_burnt(world: World) -> None:
    world.campaign().pause("an operator said so")
    image = put(world)
    assert world.claim([record(world, image)]) == NO_FAILURES
    assert item(world) == image
    assert world.telemetry.events == ["left_pending"]


def malformed(world: World, **changes: Any) -> dict[str, Any]:
    made = record(world, put(world, key=Key("mallory", "2026-10")))
    return {**made, "dynamodb": {**made["dynamodb"], **changes}}


RECORDS: dict[str, Any] = {
    "nothing": None,
    "a text": "record",
    "a list": ["record"],
    "another service's": {"kinesis": {"data": "eHg="}},
    "a removal": {"eventName": "REMOVE", "dynamodb": {"Keys": {"user_id": {"S": "mallory"}}}},
}
CHANGES: dict[str, Any] = {
    "an image that is a text": {"NewImage": "image"},
    "an image of plain values": {"NewImage": {"status": "PENDING"}},
    "an attribute of no known type": {"NewImage": {"status": {"S": "PENDING"}, "x": {"Q": "1"}}},
    "a number that is none": {"NewImage": {"status": {"S": "PENDING"}, "fence": {"N": "many"}}},
    "no time": {"ApproximateCreationDateTime": None},
    "a time that is none": {"ApproximateCreationDateTime": "soon"},
    "a time beyond all calendars": {"ApproximateCreationDateTime": 1e300},
    "a sequence number that is none": {"SequenceNumber": None},
}


@pytest.mark.parametrize("kind", [*RECORDS, *CHANGES])
def test_a_malformed_record_is_refused_and_holds_nobody_up(world: World, kind: str) -> None:
    bad = RECORDS[kind] if kind in RECORDS else malformed(world, **CHANGES[kind])
    good = record(world, put(world, key=BOB), number=2)
    assert world.claim([bad, good]) == NO_FAILURES
    assert status(world, BOB) == "CLAIMED"
    assert len(world.telemetry.refusals) == 1
    assert set(world.telemetry.events) <= {"record_refused", "claim_refused", "claim"}
    assert len(world.states_client.executions) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"email": None},
        {"email": 5},
        {"data": None},
        {"data": "text"},
        {"data": {"month": 10}},
        {"fence": "3"},
        {"fence": None},
        {"attempt": None},
        {"history": None},
        {"history": "text"},
        {"template": ["usage-1"]},
        {"sender": ["usage@example.com"]},
    ],
)
def test_a_malformed_item_is_refused_and_holds_nothing_up(world: World, changes: dict[str, Any]) -> None:
    bad = put(world, **changes)
    good = put(world, key=BOB)
    assert world.claim([record(world, bad, 1), record(world, good, 2)]) == NO_FAILURES
    assert status(world, BOB) == "CLAIMED"
    assert status(world) == "PENDING"
    assert world.telemetry.events == ["claim_refused", "claim"]


@pytest.mark.parametrize("changes", [{"user_id": ""}, {"user_id": "x" * 129}, {"period": "October"}, {"period": None}])
def test_an_impossible_key_is_refused(world: World, changes: dict[str, Any]) -> None:
    image = {name: value for name, value in {**put(world), **changes}.items() if value is not None}
    assert world.claim([record(world, image)]) == NO_FAILURES
    assert world.telemetry.events == ["claim_refused"]


@pytest.mark.parametrize("changes", [{"email": None}, {"data": None}, {"email": ""}, {"template": 5}, {"sender": ""}])
def test_what_was_put_in_by_hand_and_lacks_its_contents_is_refused_before_it_is_touched(
    world: World, changes: dict[str, Any]
) -> None:
    whole = {**KEY._asdict(), "status": "PENDING", "email": "ann@example.com", "data": DATA, **changes}
    by_hand = {name: value for name, value in whole.items() if value is not None}
    world.outbox_table.put(by_hand)
    assert world.claim([record(world, by_hand)]) == NO_FAILURES
    assert world.telemetry.events == ["claim_refused"]
    assert item(world) == by_hand


@pytest.mark.parametrize("event", [{}, {"Records": None}, {"Records": []}, {"other": 1}])
def test_an_event_without_records(world: World, event: dict[str, Any]) -> None:
    assert world.claim(event.get("Records") or []) == NO_FAILURES
    assert world.states_client.executions == {}


@pytest.mark.parametrize("held", [Status.SENT, Status.FAILED, Status.UNCERTAIN, Status.CANCELLED])
def test_an_old_record_of_a_message_that_went_on_changes_nothing(world: World, held: Status) -> None:
    image = put(world)
    later = put(world, held)
    assert world.claim([record(world, image)]) == NO_FAILURES
    assert item(world) == later
    assert world.states_client.executions == {}
