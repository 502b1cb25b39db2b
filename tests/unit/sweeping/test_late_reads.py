"""An eventually consistent read may show what was there a moment ago. It rings no alarm and settles nothing."""

from typing import Any

import pytest

from shared.keys import Key
from shared.outbox.states import Status
from shared.periods import Period
from shared.producing.run import Written
from shared.store import WHOLE, Item, Page, TableKey, Walk
from shared.sweeping.intervals import SWEEP_EVERY
from simulation.fakes.wire import Wire
from simulation.stack import PERIOD
from simulation.watched_table import WatchedTable
from simulation.world import World
from tests.unit.handlers.actors import put
from tests.unit.sweeping.laps import delete, lap, run_record

KEYS = [Key(f"user-{number:05}", PERIOD) for number in range(4)]


class LateTable(WatchedTable):
    """Scans that are not consistent show some items as they were, or not at all."""

    def __init__(self, world: World) -> None:
        super().__init__("outbox", ("user_id", "period"), world.clock, Wire())
        self.as_it_was: dict[str, Item | None] = {}
        self.walks: list[Walk] = []

    def scan(self, after: TableKey | None, only: tuple[str, ...] = (), walk: Walk = WHOLE) -> Page:
        self.walks.append(walk)
        if walk.consistent:
            return super().scan(after, only, walk)
        now = dict(self._items)
        for user_id, item in self.as_it_was.items():
            self._items.pop((user_id, PERIOD), None)
            if item is not None:
                self._items[user_id, PERIOD] = item
        try:
            return super().scan(after, only, walk)
        finally:
            self._items = now


@pytest.fixture
def late(world: World) -> LateTable:
    table = LateTable(world)
    world.outbox_table = table
    world.produce()
    return table


def seen_late(table: LateTable, user_id: str = "user-00001") -> None:
    table.as_it_was[user_id] = None


def test_a_message_that_the_read_lacks_is_not_missed(world: World, late: LateTable) -> None:
    """Put a moment before the lap began, and noted as produced."""
    seen_late(late)
    report = lap(world)
    assert (report.unaccounted, report.findings) == (0, [])
    assert report.closed[PERIOD].produced == 4
    assert [walk.consistent for walk in late.walks] == sorted(walk.consistent for walk in late.walks)


def test_what_is_found_amiss_is_looked_at_again_by_the_next_sweep(world: World, late: LateTable) -> None:
    seen_late(late)
    rounds = iter([True, True, False])
    assert lap(world).unaccounted == 0
    late.walks.clear()
    world.now += SWEEP_EVERY
    assert world.accounting().go_on(lambda: next(rounds)).unaccounted == 0
    assert not any(walk.consistent for walk in late.walks)
    world.accounting().go_on(lambda: True)
    assert late.walks[-1].consistent
    assert world.accounting().go_on(lambda: True).unaccounted == 0


def test_one_that_is_missing_is_told_when_it_was_looked_at_closely(world: World, late: LateTable) -> None:
    delete(world, "user-00001")
    report = lap(world)
    assert (report.unaccounted, len(report.findings)) == (1, 1)
    assert late.walks[-1].consistent
    late.walks.clear()
    assert lap(world).unaccounted == 1
    assert all(walk.consistent for walk in late.walks), "as long as the alarm rings, one close look is enough"


def test_a_month_that_adds_up_is_read_once_for_half_the_price(world: World, late: LateTable) -> None:
    assert lap(world).unaccounted == 0
    assert not any(walk.consistent for walk in late.walks)


def test_a_deleted_message_that_the_read_still_has_is_missed_by_the_next_lap(world: World, late: LateTable) -> None:
    late.as_it_was["user-00001"] = late.get({"user_id": "user-00001", "period": PERIOD})
    delete(world, "user-00001")
    assert lap(world).unaccounted == 0
    late.as_it_was.clear()
    assert lap(world).unaccounted == 1


def test_a_month_whose_last_mail_was_sent_a_moment_ago_settles_all_the_same(world: World, late: LateTable) -> None:
    before = late.get({"user_id": "user-00001", "period": PERIOD})
    world.run()
    late.as_it_was["user-00001"] = before
    lap(world)
    assert "settled_at" in run_record(world)


def test_a_late_read_takes_no_message_back(world: World, late: LateTable) -> None:
    """What it shows as filed in a wrong place has moved on: the fence refuses."""
    put(world, Status.PENDING, KEYS[1], unfinished="OPEN#99")
    late.as_it_was["user-00001"] = late.get({"user_id": "user-00001", "period": PERIOD})
    put(world, Status.DELIVERED, KEYS[1], fence=9)
    assert lap(world).refiled == 0


def settled(world: World, late: LateTable) -> None:
    world.run()
    lap(world)
    assert "settled_at" in run_record(world)
    world.runs().begin(Period.parse(PERIOD).next, "the schedule")
    late.walks.clear()


def given(late: LateTable, monkeypatch: pytest.MonkeyPatch) -> list[Item]:
    """Every item that a lap gets from now on."""
    found: list[Item] = []
    scan = late.scan

    def watched(*asked: Any, **named: Any) -> Page:
        page = scan(*asked, **named)
        found.extend(page.items)
        return page

    monkeypatch.setattr(late, "scan", watched)
    return found


def test_of_a_settled_month_only_what_looks_odd_is_given(
    world: World, late: LateTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(world, late)
    put(world, Status.BOUNCED, KEYS[1])
    put(world, Status.PENDING, KEYS[2], unfinished=None)
    put(world, Status.DELIVERED, KEYS[3], fence=None)
    found = given(late, monkeypatch)
    report = lap(world)
    assert {item["user_id"] for item in found} == {KEYS[1].user_id, KEYS[2].user_id, KEYS[3].user_id}
    assert not {"template", "data", "send_token"} & {name for item in found for name in item}
    assert (report.refiled, report.unaccounted) == (1, 1)
    assert PERIOD not in report.closed, "it is not counted: it would be in part"
    assert world.accounting().counted(Period.parse(PERIOD)) is not None


def test_a_settled_month_that_is_opened_again_is_counted_whole(world: World, late: LateTable) -> None:
    settled(world, late)
    run = world.runs().begin(Period.parse(PERIOD), "again", attempt=1, again=True)
    world.runs().complete(world.runs().begin_second_pass(run, "usage"), Written(produced=4))
    assert lap(world).closed[PERIOD].produced == 4
