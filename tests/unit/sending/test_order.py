"""The input of a send execution, and its start."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from shared.aws.step_functions import Executions
from shared.errors import ExecutionStartError, InvalidMessageError
from shared.keys import Key
from shared.outbox.message import Message, from_item
from shared.outbox.states import Status
from shared.sending.grouping import Group
from shared.sending.order import Claim, SendOrder
from simulation.fakes.states import FakeStatesClient
from simulation.fakes.wire import Wire
from tests.contract.protocol import item_in

KEY = Key("ann", "2026-10")
AT = datetime(2026, 11, 1, 7, tzinfo=UTC)
ORDER = SendOrder(AT, (Claim(KEY, 3, 17), Claim(Key("bob", "2026-10"), 1, 18)))
CLAIMED = from_item(item_in(Status.CLAIMED, KEY, send_at="2026-11-01T07:00:00.000Z", ticket=17))


class RefusingClient(FakeStatesClient):
    """Step Functions, out of sorts."""

    def __init__(self, error: Exception) -> None:
        super().__init__(lambda: AT, Wire())
        self._error = error

    def start_execution(self, **_: Any) -> dict[str, Any]:
        raise self._error


def start(client: Any, *messages: Message) -> None:
    claims = messages or [CLAIMED]
    Executions(client, "arn").start(Group(claims).name, claims)


def test_an_order_survives_the_state_machine() -> None:
    assert SendOrder.from_json(json.loads(json.dumps(ORDER.to_json()))) == ORDER


def test_what_has_had_its_turn_leaves_the_order() -> None:
    first, second = ORDER.claims
    assert ORDER.without(first) == SendOrder(AT, (second,))
    assert ORDER.without(second) == SendOrder(AT, (first,))


@pytest.mark.parametrize(("after_s", "late_us"), [(-5, 0), (0, 250_000), (3, 3_250_000)])
def test_how_late_it_woke_up_counts_from_the_second_that_wait_knows(after_s: int, late_us: int) -> None:
    order = replace(ORDER, send_at=AT + timedelta(milliseconds=700))
    assert order.woke_late_us(AT + timedelta(seconds=after_s, milliseconds=250)) == late_us


def test_an_order_holds_neither_address_nor_data() -> None:
    """It stays in the execution's history for 90 days."""
    client = FakeStatesClient(lambda: AT, Wire())
    start(client)
    (execution,) = client.executions.values()
    assert execution.name == f"{KEY.message_id}-3"
    assert execution.input == {
        "send_at": "2026-11-01T07:00:00.000Z",
        "claims": [{"user_id": "ann", "period": "2026-10", "fence": 3, "ticket": 17, "format": 1}],
    }


@pytest.mark.parametrize(
    "order",
    [
        None,
        [],
        "order",
        {},
        {**ORDER.to_json(), "send_at": None},
        {**ORDER.to_json(), "send_at": "soon"},
        {**ORDER.to_json(), "send_at": "2026-11-01T07:00:00"},
        {**ORDER.to_json(), "claims": None},
        {**ORDER.to_json(), "claims": [{}]},
        {**ORDER.to_json(), "claims": ["ann"]},
        {**ORDER.to_json(), "claims": {"user_id": "ann"}},
        {**ORDER.to_json(), "claims": [{"user_id": "ann", "period": "2026-10", "fence": "3", "ticket": 1}]},
        {**ORDER.to_json(), "claims": [{"user_id": "ann", "period": "2026-10", "fence": 3.0, "ticket": 1}]},
        {
            **ORDER.to_json(),
            "claims": [{"user_id": "ann", "period": "2026-10", "fence": 3, "ticket": 1, "format": "1"}],
        },
        {**ORDER.to_json(), "claims": [{"user_id": "ann", "period": "October", "fence": 3, "ticket": 1}]},
        {**ORDER.to_json(), "claims": [{"user_id": "\ud800", "period": "2026-10", "fence": 3, "ticket": 1}]},
        {**ORDER.to_json(), "claims": [{"user_id": "ann", "period": "2026-10", "fence": 3, "ticket": None}]},
    ],
)
def test_rubbish_is_no_order(order: Any) -> None:
    with pytest.raises(InvalidMessageError):
        SendOrder.from_json(order)


def test_one_execution_for_many_claims() -> None:
    client = FakeStatesClient(lambda: AT, Wire())
    bob = from_item(item_in(Status.CLAIMED, Key("bob", "2026-10"), send_at="2026-11-01T07:00:00.200Z", ticket=18))
    for group in ([CLAIMED, bob], [CLAIMED, bob], [CLAIMED]):
        start(client, *group)
    both, alone = client.executions.values()
    assert [claim["user_id"] for claim in both.input["claims"]] == ["ann", "bob"]
    assert both.input["send_at"] == "2026-11-01T06:59:59.000Z", "a cold start earlier"
    assert alone.input["send_at"] == "2026-11-01T07:00:00.000Z"
    assert both.name != alone.name


@pytest.mark.parametrize(("number", "earlier"), [(1, 2.5), (2, 2.5)])
def test_an_order_wakes_up_earlier_where_wake_ups_come_late(number: int, earlier: float) -> None:
    """Several claims allow for a cold start on top of it."""
    order = SendOrder.of([CLAIMED] * number, timedelta(seconds=2.5))
    assert order.send_at == AT - timedelta(seconds=earlier)


def test_a_start_with_another_lead_is_the_same_start() -> None:
    client: Any = FakeStatesClient(lambda: AT, Wire())
    for lead_s in (0, 2):
        Executions(client, "arn").start("a name", [CLAIMED], timedelta(seconds=lead_s))
    (execution,) = client.executions.values()
    assert execution.input["send_at"] == "2026-11-01T07:00:00.000Z"


def test_starting_twice_is_starting_once() -> None:
    client = FakeStatesClient(lambda: AT, Wire())
    start(client)
    start(client)
    assert len(client.executions) == 1


def test_an_execution_that_is_closed_is_not_an_error() -> None:
    """The sweeper brings back what it left behind."""
    client = FakeStatesClient(lambda: AT, Wire())
    start(client)
    next(iter(client.executions.values())).running = False
    start(client)
    assert len(client.executions) == 1


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "StartExecution"),
        ClientError({"Error": {"Code": "ExecutionLimitExceeded", "Message": "too many"}}, "StartExecution"),
        ReadTimeoutError(endpoint_url="https://states.test"),
    ],
)
def test_a_refused_start_hands_the_record_back(error: Exception) -> None:
    with pytest.raises(ExecutionStartError, match=r"Rate|too many|timeout"):
        start(RefusingClient(error))


def test_a_claim_without_a_slot_is_refused() -> None:
    with pytest.raises(InvalidMessageError, match="send_at"):
        start(FakeStatesClient(lambda: AT, Wire()), replace(CLAIMED, send_at=None))
