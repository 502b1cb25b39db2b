"""The month in virtual time: it is metered, and one of which a part is played comes to the same."""

import math
from datetime import timedelta

import pytest

from bench.scale import bill
from bench.scale.declared import call_ms
from bench.scale.meter import Invocation, Meter, MeteredWire, Thread
from bench.scale.month import MONTHS_BEFORE, Month, played
from bench.scale.scenario import SIZES, Scenario
from bench.scale.stack import START, MeteredStack
from bench.scale.thinning import CHUNK, Thinning
from docs.first_met import CLAIMS
from ops.bill.entries import INVOKED, KEPT, MOVED, STREAMED, TIME, WRITTEN
from ops.bill.prices import GB_SECOND, TRANSITION
from ops.bill.units import LARGE_GB, MEMORY_GB
from shared.outbox.states import Status
from shared.pacing import control_item
from simulation.virtual_time import VirtualTime

USERS = 200
SMALL = Scenario(USERS, 14, 50_000)


@pytest.fixture(scope="module")
def month() -> Month:
    return played(SMALL, months_before=0)


def test_each_message_is_written_and_sent_as_often_as_it_must(month: Month) -> None:
    assert month.statuses == {Status.DELIVERED: USERS}
    assert (month.refused, month.remedies) == (0, {})
    assert month.counts.calls["ses.SendEmail"] == USERS
    assert month.counts.calls["outbox.UpdateItem"] == USERS * 4  # claim, begin_send, mark_sent, mark_delivered
    assert month.counts.invocations["feedback"] == USERS * 2
    assert month.counts.transitions == 2 * month.counts.invocations["send"]
    assert month.counts.records == USERS * 5


def test_what_lies_between_two_chunks_is_passed_over_once() -> None:
    thinning = Thinning.of(6_000_000, 2 * CHUNK)
    assert (thinning.played, thinning.weight, thinning.between) == (2 * CHUNK, 125, 5_952_000)
    assert [thinning.passed(count) for count in (0, CHUNK - 1, CHUNK, 2 * CHUNK)] == [0, 0, 5_952_000, 5_952_000]
    assert Thinning.of(500, 2 * CHUNK).between == 0


def test_what_waits_beyond_the_horizon_is_looked_at_once_when_its_turn_is_near() -> None:
    """A day's quota is many times what claim plans together, as of any account that is out of the sandbox: what four shards plan
    side by side comes in the order of the forecast but for such a block.
    """
    long = played(Scenario(600, 4, 120), months_before=0)
    assert long.statuses == {Status.DELIVERED: 600}
    assert long.remedies["nudge"] > 150
    assert long.remedies["postpone"] < 0.1 * long.remedies["nudge"]
    assert long.refused == 0


def test_each_start_of_a_process_is_billed_once() -> None:
    slow = played(Scenario(USERS, 14, 50_000, start_s=1.9), months_before=0)
    fast = played(Scenario(USERS, 14, 50_000, start_s=0.4), months_before=0)
    longer = slow.counts.gb_seconds["producer"] - fast.counts.gb_seconds["producer"]
    assert longer == pytest.approx(1.5 * LARGE_GB)


def test_what_is_there_once_stands_for_itself_and_a_message_for_many() -> None:
    meter = Meter(5.0)
    meter.started("send", timedelta(seconds=1))
    assert meter.counts.gb_seconds["send"] == MEMORY_GB["send"]
    meter.ended("send", timedelta(seconds=1), 5.0)
    assert meter.counts.gb_seconds["send"] == 6 * MEMORY_GB["send"]
    assert (_of_producer(meter, "athena.StartQueryExecution"), _of_producer(meter, "outbox.UpdateItem")) == (1.0, 5.0)


def _of_producer(meter: Meter, operation: str) -> float:
    found = list[float]()
    Invocation("producer", lambda: found.append(meter.of(operation))).go_on()
    return found[0]


def test_calls_take_the_cpu_that_the_functions_memory_buys() -> None:
    assert call_ms("outbox.UpdateItem", "send") - 5.0 == pytest.approx(2.1 * 1769 / 256)
    assert call_ms("ses.SendEmail", "send") > 100.0


def test_table_has_the_months_that_are_kept() -> None:
    assert math.ceil(SMALL.sending.months_kept) == MONTHS_BEFORE + 1


def test_starts_that_are_slower_than_the_lead_plan_the_month_anew() -> None:
    slow = played(Scenario(USERS, 14, 50_000, start_s=3.0), months_before=0)
    assert slow.counts.calls["outbox.UpdateItem"] > USERS * 4
    assert slow.statuses == {Status.DELIVERED: USERS}


def test_months_are_billed_as_expected_item_by_item(month: Month) -> None:
    metered, computed = bill.metered(month, SMALL), bill.computed(SMALL)
    assert [one.name for one in metered] == [one.name for one in computed]
    dollars = {one.name: one.dollars for one in metered}
    for one in computed:
        if one.name in (WRITTEN, KEPT, STREAMED, INVOKED):
            assert dollars[one.name] == pytest.approx(one.dollars, rel=0.08)
    assert dollars[MOVED] == pytest.approx(TRANSITION.of(month.counts.transitions))
    assert dollars[TIME] == pytest.approx(GB_SECOND.of(month.counts.gb_seconds.total()))


def test_the_function_that_asks_under_a_lock_lets_nobody_run_meanwhile() -> None:
    """A real lock, which another thread of the sweeper may want, is never given back while that one is waited for."""
    time = VirtualTime(START)
    wire = MeteredWire(Meter(1.0), time)
    for process, passes in ((Thread, timedelta()), (Invocation, timedelta(milliseconds=5.9))):
        began = time.now
        process("sweeper", lambda: wire.call("control.UpdateItem", lambda: None)).go_on()
        assert time.now - began == passes


def test_who_lost_a_write_waits_in_virtual_time() -> None:
    stack, real = MeteredStack(Thinning.of(1, 1), SMALL), control_item._give_way
    with stack.waiting():
        stack.at(stack.time.now, lambda: control_item._give_way(6))
        while stack.time.step():
            pass
    assert START < stack.time.now < START + timedelta(seconds=0.65)
    assert control_item._give_way is real


def test_claim_is_faster_than_the_pace_of_every_size() -> None:
    assert all(one.rate < CLAIMS for one in SIZES)
    assert all(one.sending.takes(one.users) < timedelta(days=1) for one in SIZES)
