"""Which claims go together: each once, their slots far enough apart, and not too many."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.keys import Key
from shared.outbox.message import Message, from_item
from shared.outbox.states import Status
from shared.pacing.lateness import FEW
from shared.pacing.pace import Pace
from shared.pacing.timetable import Timetable
from shared.sending.grouping import BLOCK, SPACING, SPAN, Group, Grouping
from shared.times import from_micros
from tests.contract.protocol import item_in

T0 = 1_793_512_800_000_000
CLAIMED = from_item(item_in(Status.CLAIMED, Key("ann", "2026-10")))


def claimed(rate: float, tried: list[bool]) -> list[Message]:
    """Messages whose slots follow on each other at that rate."""
    table = Timetable(Pace(rate, None), cut_us=T0)
    return [
        replace(CLAIMED, send_at=from_micros(table.slot(ticket)), ticket=ticket, attempt=2 if again else 1)
        for ticket, again in enumerate(tried)
    ]


@given(
    st.floats(0.05, 500), st.integers(0, 100), st.lists(st.sampled_from([False] * 9 + [True]), min_size=1, max_size=300)
)
def test_groups(rate: float, wanted: int, tried: list[bool]) -> None:
    messages = claimed(rate, tried)
    grouping = Grouping.of(rate, len(messages), wanted)
    parts = [messages[start : start + grouping.block] for start in range(0, len(messages), grouping.block)]
    groups = [group.expected for part in parts for group in grouping.groups(part)]
    assert sorted(message.ticket for group in groups for message in group) == list(range(len(messages)))
    for group in groups:
        slots = [message.send_at for message in group if message.send_at]
        assert len(group) <= (wanted or len(group))
        assert len(group) <= max(1, int(rate)) or rate >= FEW
        assert len(group) == 1 or all(message.attempt == 1 for message in group)
        assert all(later - earlier >= SPACING for earlier, later in pairwise(slots))
        assert slots[-1] - slots[0] <= SPAN


def _together(expected: list[Message]) -> list[list[Message]]:
    return [list(group.expected) for group in Grouping(3, 1).groups(expected)]


def test_a_claim_that_has_the_slot_of_an_earlier_plan_is_not_waited_for() -> None:
    """A record that came again: its slot is hours away from those of the others, or before them."""
    first, second, third = claimed(1, [False] * 3)
    assert first.send_at is not None
    far = replace(second, send_at=first.send_at + timedelta(hours=1))
    before = replace(third, send_at=first.send_at - timedelta(seconds=1))
    assert _together([first, far, before]) == [[first], [far], [before]]


def test_the_slots_of_an_execution_reach_as_far_as_its_function_lives_and_no_further() -> None:
    first, second, third = claimed(1, [False] * 3)
    assert first.send_at is not None
    last = replace(second, send_at=first.send_at + SPAN)
    beyond = replace(third, send_at=first.send_at + SPAN + timedelta(microseconds=1))
    assert _together([first, last, beyond]) == [[first, last], [beyond]]


def test_where_each_goes_alone_they_are_planned_in_blocks() -> None:
    assert Grouping.of(1000, 60, 25).block == Grouping.of(5, 60, 1).block == Grouping.of(0, 60, 0).block == BLOCK


def test_the_execution_bears_the_groups_name_also_where_others_have_taken_some() -> None:
    """For good: their claims would have other fences."""
    first, second, third = claimed(1, [False] * 3)
    group = Group([first, second, third])
    assert list(group.executions([first, second, third], tried=True)) == [(group.name, [first, second, third])]
    assert list(group.executions([first, third], tried=True)) == [(group.name, [first, third])]
    assert list(group.executions([], tried=True)) == []


def test_an_execution_bears_another_name_where_the_groups_may_get_other_claims() -> None:
    """By a name that is known nothing is started, so a claim that came later would be left without an execution."""
    first, second, third = claimed(1, [False] * 3)
    group = Group([first, second, third])
    assert first.send_at is not None
    far = replace(second, send_at=first.send_at + timedelta(hours=1))
    retaken = replace(second, fence=second.fence + 1)
    for there, tried in (([first, second], False), ([first, far, third], True), ([first, retaken, third], True)):
        started = list(group.executions(there, tried=tried))
        assert group.name not in [name for name, _ in started]
        assert [name for name, _ in started] == [Group(part).name for _, part in started]
        assert [message for _, part in started for message in part] == there
