"""The accounts: every message counted once, and what is missing, unreadable or out of sight found."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.keys import Key
from shared.outbox.states import EXCEPTIONAL, FINAL, HELD, Status
from shared.periods import Period
from shared.store import Item, Write
from shared.sweeping.accounting import LAP_EVERY, PAGES_A_SAVE, Report
from shared.sweeping.lap import Lap, Sums
from shared.times import from_text, to_text
from simulation.fakes.table import ITEMS_A_PAGE
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.handlers.actors import put

MANY = ITEMS_A_PAGE * (PAGES_A_SAVE + 2) + 1


@pytest.fixture
def world() -> World:
    return World(4)


def lap(world: World, pages: int = 1000) -> Report:
    """One sweep's part of a lap, with time for so many pages."""
    world.now += LAP_EVERY
    left = iter(range(pages))
    return world.accounting().go_on(lambda: next(left, None) is not None)


def run_record(world: World) -> Item:
    item = world.control_table.get({"name": f"run#{PERIOD}"})
    assert item is not None
    return item


def delete(world: World, user_id: str) -> None:
    """As somebody does in the console."""
    world.outbox_table._items.pop((user_id, PERIOD))


def test_a_month_that_is_under_way_adds_up(world: World) -> None:
    world.produce()
    put(world, Status.PENDING, Key("by hand", PERIOD), history={"adopt": "2026-11-01T06:00:00.000Z"})
    report = lap(world)
    (sums,) = report.closed.values()
    assert (sums.expected, sums.produced, sums.adopted, sums.waiting) == (4, 4, 1, 5)
    assert (report.unaccounted, report.findings, report.refiled) == (0, [], 0)
    assert "settled_at" not in run_record(world)


def test_what_an_earlier_query_produced_is_missed_as_well(world: World) -> None:
    """Opened again, the run counts from 0."""
    world.produce()
    world.runs().begin(Period.parse(PERIOD), "again", attempt=1, again=True)
    assert lap(world).unaccounted == 0
    delete(world, "user-00001")
    assert lap(world).unaccounted == 1


def test_a_user_whose_message_was_there_by_hand_is_not_missed(world: World) -> None:
    put(world, Status.SENT, Key("user-00001", PERIOD), history={"adopt": "2026-11-01T06:00:00.000Z"})
    world.produce()
    assert lap(world).unaccounted == 0


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


def test_a_message_that_was_deleted_is_missed(world: World) -> None:
    world.produce()
    delete(world, "user-00001")
    report = lap(world)
    assert report.unaccounted == 1
    assert [str(finding) for finding in report.findings] == [
        f"{PERIOD}: 4 were produced, 1 of them are not in the outbox"
    ]
    world.run()
    assert lap(world).unaccounted == 1
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
    world.now += LAP_EVERY
    pages = iter([True, False])
    world.accounting().go_on(lambda: next(pages))
    assert world.accounting().counted(period) == ({"PENDING": 4}, counted_at), "half a lap"
    world.accounting().go_on(lambda: True)
    counted_at = from_text(to_text(world.now))
    assert world.accounting().counted(period) == ({"DELIVERED": 4}, counted_at)
    assert world.accounting().counted(period.previous) == ({}, counted_at)


def test_a_message_that_was_put_in_by_hand_makes_up_for_none_that_is_missing(world: World) -> None:
    world.produce()
    put(world, Status.SENT, Key("by hand", PERIOD), history={"adopt": "2026-11-01T06:00:00.000Z"})
    delete(world, "user-00001")
    world.run()
    report = lap(world)
    assert (report.unaccounted, len(report.findings)) == (1, 1)
    (sums,) = report.closed.values()
    assert (sums.expected, sums.produced, sums.adopted, sums.missing) == (4, 3, 1, 1)
    assert "settled_at" not in run_record(world)


def test_the_last_laps_figure_stands_until_the_next_lap_is_over(world: World) -> None:
    world.produce()
    delete(world, "user-00001")
    lap(world)
    assert world.accounting().go_on(lambda: True).unaccounted == 1
    assert lap(world, pages=0).unaccounted == 1


@pytest.mark.parametrize("changes", [{"status": "LOST"}, {"fence": None}, {"history": None}, {"email": None}])
def test_what_is_no_message_is_found(world: World, changes: dict[str, Any]) -> None:
    world.produce()
    put(world, Status.PENDING, Key("user-00002", PERIOD), **changes)
    report = lap(world)
    assert report.unaccounted >= 1
    assert f"user-00002/{PERIOD} can't be read: attribute {next(iter(changes))}" in str(report.findings[0])
    put(world, Status.PENDING, Key("user-00002", PERIOD))
    assert lap(world).unaccounted == 0, "mended, the alarm ends"


def test_each_item_that_is_no_message_is_counted_once(world: World) -> None:
    world.produce()
    for number in range(3):
        put(world, Status.PENDING, Key(f"nobody-{number}", PERIOD), email=None)
    report = lap(world)
    assert (report.unaccounted, len(report.findings)) == (3, 3)


@pytest.mark.parametrize("status", sorted(Status))
@pytest.mark.parametrize(
    "changes",
    [
        {"unfinished": None},
        {"unfinished": "OPEN#99"},
        {"unfinished": "HELD#99"},
        {"due_at": None},
        {"outcome": None},
        {"outcome": "2026-09 BOUNCED"},
    ],
)
def test_what_the_index_has_in_a_wrong_place_is_put_right(
    world: World, status: Status, changes: dict[str, Any]
) -> None:
    """Edited by hand, it would wait where no sweep and no alarm finds it."""
    world.produce()
    world.run()
    key = Key("user-00002", PERIOD)
    put(world, status, key, lease_expires_at="2026-11-01T05:00:00.000Z", **changes)
    was_right = status in FINAL and (changes == {"unfinished": None} or "due_at" in changes)
    was_right = was_right or (status not in EXCEPTIONAL and changes == {"outcome": None})
    assert lap(world).refiled == (0 if was_right else 1)
    assert lap(world).refiled == 0
    assert (world.outbox().held() == 1) == (status in HELD)
    found = [key for shard in range(8) for key in world.outbox().due(shard, world.now + timedelta(days=400))]
    assert found == ([] if status in FINAL | HELD else [key])


def test_a_lap_goes_on_where_the_last_sweep_stopped() -> None:
    world = World(MANY)
    world.produce()
    first = lap(world, pages=PAGES_A_SAVE + 1)
    assert first.closed == {}
    second = world.accounting().go_on(lambda: True)
    assert second.closed[PERIOD].produced == MANY
    assert second.unaccounted == 0


def test_a_lap_that_is_saved_on_its_way_is_saved_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """By one sweep that has time for all of it."""
    monkeypatch.setattr("shared.sweeping.accounting.PAGES_A_SAVE", 3)
    world = World(MANY)
    world.produce()
    assert lap(world).closed[PERIOD].produced == MANY
    assert world.accounting().go_on(lambda: True).closed == {}, "it is over"
    assert world.accounting()._load().ended_at is not None


def beside_another(world: World, other_in_time: Callable[[], bool]) -> Report:
    """A sweeper's part of a lap. Between its first page and its second another sweeper does its own."""
    looks = 0

    def in_time() -> bool:
        nonlocal looks
        looks += 1
        if looks == 2:
            world.accounting().go_on(other_in_time)
        return True

    return world.accounting().go_on(in_time)


def test_of_two_sweepers_at_once_one_counts() -> None:
    world = World(MANY)
    world.produce()
    world.now += LAP_EVERY
    assert beside_another(world, lambda: True).closed == {}, "the other was first"
    found = world.control_table.get({"name": "accounting"})
    assert found is not None
    assert (found["books"][PERIOD]["produced"], found["unaccounted"]) == (MANY, 0)


def test_a_sweeper_that_was_overtaken_does_not_save_over_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.sweeping.accounting.PAGES_A_SAVE", 2)
    world = World(MANY)
    world.produce()
    world.now += LAP_EVERY
    beside_another(world, iter([True, False]).__next__)
    found = world.control_table.get({"name": "accounting"})
    assert found is not None
    assert found["books"][PERIOD]["produced"] == ITEMS_A_PAGE, "of the page that the other has read"


def test_nothing_is_walked_while_no_month_is_open() -> None:
    world = World(0)
    put(world, Status.SENT)
    assert lap(world).closed == {}


def test_a_month_whose_messages_begin_to_expire_is_not_missed(world: World) -> None:
    world.produce()
    delete(world, "user-00001")
    world.now += timedelta(days=431)
    assert world.open_runs().all() == []


def test_a_lap_is_kept_as_the_next_sweep_finds_it() -> None:
    """Also by another version of the code that was deployed in between: without a NULL, which no condition compares."""
    lap = Lap(
        3,
        {PERIOD: Sums(expected=4, produced=3)},
        {"user_id": "ann", "period": PERIOD},
        2,
        {"2026-09": 1},
        1,
        "2026-11-01T06:00:00.000Z",
        {"2026-09": {"SENT": 3}},
        "2026-10-01T06:00:00.000Z",
    )
    assert Lap.of(lap.to_attributes()) == lap
    kept = lap.to_attributes()
    later = {**kept, "more": 1, "books": {PERIOD: {**kept["books"][PERIOD], "more": 1}}}
    assert Lap.of(later) == lap, "of a later release"
    fresh = Lap(3, {})
    assert fresh.to_attributes() == {
        "revision": 3, "books": {}, "after": {}, "unread": 0, "redacts": {}, "unaccounted": 0, "ended_at": "",
        "counted": {}, "counted_at": "",
    }  # fmt: skip
    assert Lap.of(fresh.to_attributes()) == fresh


def contents(world: World) -> dict[str, set[str]]:
    """What each message still says, or to whom."""
    return {item["user_id"]: {"email", "data"} & item.keys() for item in world.messages()}


def test_what_stayed_sent_drops_what_it_says_in_the_end(world: World) -> None:
    """SES's event of one mail is lost for ever. Of a message that waits for an operator nothing is dropped."""
    world.produce()
    world.run()
    put(world, Status.SENT, Key("user-00001", PERIOD), data={"month": "October"})
    put(world, Status.UNCERTAIN, Key("user-00002", PERIOD))
    lap(world)
    assert "settled_at" in run_record(world)
    world.now += timedelta(days=7) - LAP_EVERY - timedelta(seconds=1)
    assert lap(world).closed == {}
    assert lap(world).redacted == 1
    whole = {"email", "data"}
    assert contents(world) == {"user-00000": set(), "user-00001": set(), "user-00002": whole, "user-00003": set()}
    assert "redacted_at" not in run_record(world), "one waits for an operator: it is looked at again"
    assert lap(world).closed == {}
    world.outbox().assume_sent(Key("user-00002", PERIOD), 3, "ann", "the log says so")
    world.now += timedelta(days=8)
    assert lap(world).redacted == 1
    assert "redacted_at" in run_record(world)
    world.now += timedelta(days=30)
    assert lap(world).closed == {}, "no lap is begun for it any more"
    assert set(world.statuses().values()) == {"DELIVERED", "SENT"}


def test_a_young_message_of_an_old_month_is_left_for_later(world: World) -> None:
    world.produce()
    world.run()
    lap(world)
    world.now += timedelta(days=8)
    put(world, Status.SENT, Key("user-00001", PERIOD), history={"assume_sent": to_text(world.now)})
    assert lap(world).redacted == 0
    world.now += timedelta(days=8)
    assert lap(world).redacted == 1


def test_a_month_that_is_opened_again_is_looked_at_again(world: World) -> None:
    world.produce()
    world.run()
    lap(world)
    world.now += timedelta(days=8)
    lap(world)
    assert "redacted_at" in run_record(world)
    world.runs().begin(Period.parse(PERIOD), "again", attempt=1, again=True)
    assert not {"settled_at", "redacted_at"} & run_record(world).keys()


def test_what_an_open_month_is_counted_for_is_not_held_up_by_the_writes_for_others(world: World) -> None:
    world.produce()
    world.run()
    lap(world)
    world.now += timedelta(days=8)
    put(world, Status.SENT, Key("user-00001", PERIOD), history={"mark_sent": "2026-11-01T06:00:00.000Z"})
    world.runs().begin(Period.parse(PERIOD).next, "the schedule")
    assert lap(world).redacted == 0
    world.now += timedelta(days=30)
    assert lap(world).redacted == 1


def test_a_page_with_many_to_redact_is_left_when_the_time_is_over(world: World) -> None:
    world.produce()
    world.run()
    lap(world)
    world.now += timedelta(days=8)
    for number in range(4):
        put(world, Status.SENT, Key(f"user-{number:05}", PERIOD), history={"mark_sent": "2026-11-01T06:00:00.000Z"})
    redacted = [lap(world, pages).redacted for pages in (2, 2, 1000)]
    assert sum(redacted) == 4
    assert redacted[0] < 4
    assert {name for one in world.messages() for name in ("email", "data") if name in one} == set()
