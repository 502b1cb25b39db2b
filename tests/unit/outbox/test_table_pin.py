"""Which table the outbox is: a new one is pinned, the pinned one is known, and any other is foreign."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from shared.errors import ForeignTableError
from shared.outbox.states import Status
from shared.outbox.table_pin import KEY, REMEMBERED, Found, Standing
from simulation.fakes.wire import Wire
from simulation.stack import SimulatedStack
from tests.contract.protocol import item_in
from tests.unit.handlers.actors import KEY as ANN

T = TypeVar("T")
HAND = {"user_id": "by hand", "period": "2026-10", "status": "PENDING", "email": "hand@example.com"}


class CountingWire(Wire):
    """Counts calls, and does something before the next one of an operation."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.before: dict[str, Callable[[], object]] = {}

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        if first := self.before.pop(operation, None):
            first()
        self.calls.append(operation)
        return carry_out()


@pytest.fixture
def wire() -> CountingWire:
    return CountingWire()


@pytest.fixture
def stack(wire: CountingWire) -> SimulatedStack:
    """On which nothing has run yet."""
    stack = SimulatedStack(0, wire)
    stack.forget_the_table()
    return stack


@pytest.mark.parametrize(
    ("found", "standing"),
    [
        (Found("a", "a"), Standing.KNOWN),
        (Found("b", "a"), Standing.FOREIGN),
        (Found("a", None), Standing.NEW),
        (Found("a", None, touched=True), Standing.FOREIGN),
        (Found("a", "a", touched=True), Standing.KNOWN),
    ],
)
def test_the_decision(found: Found, standing: Standing) -> None:
    assert found.standing is standing


def test_a_new_table_is_pinned_by_the_first_who_works_with_it(stack: SimulatedStack) -> None:
    assert stack.pin().look().standing is Standing.NEW
    assert stack.control_table.get(KEY) is None
    stack.pin().hold()
    assert (stack.control_table.get(KEY) or {})["table_id"] == stack.outbox_table.table_id
    stack.outbox_table.put(item_in(Status.PENDING, ANN))
    stack.pin().hold()
    stack.pin().check()


def test_what_was_put_in_by_hand_is_no_past(stack: SimulatedStack) -> None:
    stack.outbox_table.put(HAND)
    stack.pin().hold()
    stack.pin().check()


@pytest.mark.parametrize("status", sorted(Status))
def test_a_table_that_somebody_has_worked_with_is_foreign_to_a_new_control_table(
    stack: SimulatedStack, status: Status
) -> None:
    stack.outbox_table.put(item_in(status, ANN))
    for ask in (stack.pin().hold, stack.pin().check):
        with pytest.raises(ForeignTableError, match="onlyonce reconcile"):
            ask()
    assert stack.control_table.get(KEY) is None


def test_who_sends_pins_nothing(stack: SimulatedStack) -> None:
    with pytest.raises(ForeignTableError):
        stack.pin().check()
    assert stack.control_table.items() == []


def test_of_two_at_once_both_find_one_pin(stack: SimulatedStack, wire: CountingWire) -> None:
    """The other one pins the table and produces, right before this one looks into it, and right before it pins."""

    def other() -> None:
        stack.pin().hold()
        stack.outbox_table.put(item_in(Status.PENDING, ANN))

    for call in ("outbox.Scan", "control.UpdateItem"):
        stack.forget_the_table()
        stack.outbox_table._items.clear()
        wire.before = {call: other}
        stack.pin().hold()


def test_a_table_that_was_restored_under_the_same_name_is_foreign_within_a_minute(stack: SimulatedStack) -> None:
    pin = stack.pin()
    pin.hold()
    stack.outbox_table.table_id = "restored"
    pin.hold()
    stack.now += REMEMBERED
    for ask in (pin.hold, pin.check):
        with pytest.raises(ForeignTableError):
            ask()
    assert timedelta(seconds=30) <= REMEMBERED <= timedelta(minutes=1)


def test_a_foreign_table_is_not_remembered(stack: SimulatedStack) -> None:
    pin = stack.pin()
    pin.hold()
    stack.now += REMEMBERED
    stack.outbox_table.table_id = "restored"
    with pytest.raises(ForeignTableError):
        pin.hold()
    assert pin.move(pin.look(), {})
    pin.hold()


def test_it_asks_twice_in_a_minute_and_reads_no_message(stack: SimulatedStack, wire: CountingWire) -> None:
    """However many mails: two reads of a process and minute."""
    stack.pin().hold()
    wire.calls.clear()
    pin = stack.pin()
    for _ in range(100):
        pin.hold()
        pin.check()
    assert wire.calls == ["control.GetItem", "outbox.DescribeTable"]


def test_the_pin_moves_only_from_where_it_was_seen(stack: SimulatedStack) -> None:
    pin = stack.pin()
    pin.hold()
    seen = Found("mine", "another")
    assert not pin.move(seen, {})
    assert not pin.move(Found("mine", None), {})
    assert pin.look().standing is Standing.KNOWN
