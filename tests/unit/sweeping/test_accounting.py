"""The accounts: every message is counted once, and a month that adds up is settled."""

from shared.keys import Key
from shared.outbox.states import Status
from shared.periods import Period
from shared.store import Write
from shared.sweeping.sums import Sums
from shared.times import from_text, to_text
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.handlers.actors import put
from tests.unit.sweeping.laps import LATER, lap, run_record


def test_a_month_that_is_under_way_adds_up(world: World) -> None:
    world.produce()
    put(world, Status.PENDING, Key("by hand", PERIOD), history={"adopt": "2026-11-01T06:00:00.000Z"})
    report = lap(world)
    (sums,) = report.closed.values()
    assert (sums.expected, sums.produced, sums.adopted, sums.waiting) == (4, 4, 1, 5)
    assert (report.unaccounted, report.findings, report.refiled) == (0, [], 0)
    assert "settled_at" not in run_record(world)


def test_a_month_that_is_done_is_settled(world: World) -> None:
    world.ses_client.answers = []
    world.produce()
    world.run()
    put(world, Status.UNCERTAIN, Key("user-00003", PERIOD))
    report = lap(world)
    assert report.unaccounted == 0
    record = run_record(world)
    settled = {name: record[f"settled_{name}"] for name in ("produced", "final", "held", "waiting")}
    assert "settled_expected" not in record
    assert settled == {"produced": 4, "final": 3, "held": 1, "waiting": 0}
    assert record["settled_statuses"] == {"DELIVERED": 3, "UNCERTAIN": 1}
    assert lap(world).closed == {}, "a settled month is not counted again"


def test_a_month_is_not_settled_before_it_is_produced(world: World) -> None:
    world.produce()
    world.run()
    reopened = {"state": "RUNNING"}
    world.control_table.write(Write({"name": f"run#{PERIOD}"}, sets=reopened))
    lap(world)
    assert "settled_at" not in run_record(world)


def test_each_message_is_counted_once_and_in_one_sum(world: World) -> None:
    world.produce()
    world.run()
    by_hand = {"adopt": "2026-11-01T06:00:00.000Z"}
    others = [Status.UNCERTAIN, Status.FAILED, Status.CANCELLED, Status.PENDING, Status.CLAIMED, Status.SENDING]
    for status in others:
        put(world, status, Key(f"by hand, {status}", PERIOD), history=by_hand)
    (sums,) = lap(world).closed.values()
    statuses = {"DELIVERED": 4, **dict.fromkeys(map(str, others), 1)}
    assert sums == Sums(expected=4, produced=4, adopted=6, waiting=3, held=2, final=5, statuses=statuses)


def test_the_last_whole_count_stays_to_be_seen_while_the_next_is_under_way(world: World) -> None:
    period = Period.parse(PERIOD)
    assert world.accounting().counted(period) is None
    world.produce()
    lap(world)
    counted_at = from_text(to_text(world.now))
    assert world.accounting().counted(period) == ({"PENDING": 4}, counted_at)
    world.run()
    world.now += LATER
    pages = iter([True, False])
    world.accounting().go_on(lambda: next(pages))
    assert world.accounting().counted(period) == ({"PENDING": 4}, counted_at), "half a lap"
    world.accounting().go_on(lambda: True)
    counted_at = from_text(to_text(world.now))
    assert world.accounting().counted(period) == ({"DELIVERED": 4}, counted_at)
    assert world.accounting().counted(period.previous) == ({}, counted_at)


def test_nothing_is_walked_while_no_month_is_open() -> None:
    world = World(0)
    put(world, Status.SENT)
    assert lap(world).closed == {}
