"""`Store.insert`, `query` and `count`: many items at once, and the index `unfinished`."""

from datetime import UTC, datetime

import pytest

from shared.keys import SHARDS, Key
from shared.outbox import Outbox
from shared.writes import Item, Page, Term, Write
from tests.contract.backends import Backend
from tests.contract.conftest import Make

NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)


@pytest.fixture
def table(make: Make) -> Backend:
    """A table of the test's own, for what counts everything in it."""
    return make()


@pytest.fixture
def inserting(make_exact: Make) -> Backend:
    """The same without moto, whose PartiQL takes no item as a parameter."""
    return make_exact()


def put(table: Backend, *items: Item) -> None:
    for one in items:
        table.put(one)


def item(number: int, **more: str) -> Item:
    return {"user_id": f"user-{number:03}", "period": "2026-10", "data": {"n": str(number)}, **more}


def open_item(number: int, due_at: str, partition: str = "OPEN#0") -> Item:
    return item(number, unfinished=partition, due_at=due_at)


def due(table: Backend, up_to: str, partition: str = "OPEN#0") -> list[str]:
    found = table.store.query("unfinished", ("unfinished", partition), ("due_at", up_to))
    return [entry["user_id"] for entry in found]


def test_a_scan_gives_every_item_once_and_says_where_to_go_on(table: Backend) -> None:
    put(table, *(item(number, data="x" * 300_000) for number in range(8)))  # a page holds 1 MB
    found, pages, after = [], 0, None
    while True:
        page = table.store.scan(after)
        found += [one["user_id"] for one in page.items]
        pages, after = pages + 1, page.next
        if after is None:
            break
        assert set(after) == {"user_id", "period"}
    assert pages > 1
    assert sorted(found) == [f"user-{number:03}" for number in range(8)]


def test_a_scan_of_nothing(table: Backend) -> None:
    assert table.store.scan(None) == Page([], None)


def test_insert_puts_what_is_not_there_and_leaves_what_is(inserting: Backend) -> None:
    there = item(1, status="SENT")
    inserting.put(there)
    assert inserting.store.insert([item(0), item(1), item(2)]) == [True, False, True]
    assert inserting.store.get({"user_id": "user-001", "period": "2026-10"}) == there
    assert inserting.store.get({"user_id": "user-002", "period": "2026-10"}) == item(2)


def test_insert_takes_more_than_one_call_holds(inserting: Backend) -> None:
    for number in (0, 24, 25, 59):
        inserting.put(item(number))
    answers = inserting.store.insert([item(number) for number in range(60)])
    assert [number for number, was_put in enumerate(answers) if not was_put] == [0, 24, 25, 59]
    assert inserting.store.insert([item(number) for number in range(60)]) == [False] * 60


def test_insert_of_nothing(inserting: Backend) -> None:
    assert inserting.store.insert([]) == []


def test_an_insert_whose_answer_was_lost_leaves_the_item_as_it_was_put(inserting: Backend) -> None:
    """It counts as not fresh then: a repeated INSERT can't tell its own item from another's."""
    with inserting.losing_answers():
        assert inserting.store.insert([item(1)]) == [False]
    assert inserting.store.get({"user_id": "user-001", "period": "2026-10"}) == item(1)


def test_another_month_of_the_same_user_is_another_item(inserting: Backend) -> None:
    assert inserting.store.insert([item(1), {**item(1), "period": "2026-11"}]) == [True, True]


def test_a_query_comes_in_the_order_of_due_at_up_to_the_given_one(table: Backend) -> None:
    put(table, *(open_item(n, f"2026-11-0{at}") for n, at in enumerate((5, 2, 9, 1, 3))))
    assert due(table, "2026-11-03") == ["user-003", "user-001", "user-004"]
    assert due(table, "2026-10-31") == []
    assert due(table, "2026-11-09", "OPEN#1") == []


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_query_reads_every_page(table: Backend, size: int) -> None:
    put(table, *(open_item(n, f"2026-11-{n + 1:02}") for n in range(7)))
    with table.paged_by(size):
        assert due(table, "2026-12-01") == [f"user-{n:03}" for n in range(7)]
        assert table.store.count("unfinished", ("unfinished", "OPEN#0")) == 7


def test_the_index_is_sparse(table: Backend) -> None:
    """An item is in it only while it has both of the index's keys (source: DynamoDB developer guide, sparse indexes)."""
    put(table, item(1), item(2, unfinished="OPEN#0"), item(3, due_at="2026-11-01"), open_item(4, "2026-11-01"))
    assert due(table, "2026-12-01") == ["user-004"]
    assert table.store.count("unfinished", ("unfinished", "OPEN#0")) == 1


def test_an_item_leaves_the_index_with_its_attribute(table: Backend) -> None:
    put(table, open_item(1, "2026-11-01"), open_item(2, "2026-11-01"))
    key = {"user_id": "user-001", "period": "2026-10"}
    table.store.write(Write(key, ((Term("user_id", "exists"),),), removes=("unfinished",)))
    assert due(table, "2026-12-01") == ["user-002"]


def test_an_index_entry_holds_the_items_key_and_no_data(table: Backend) -> None:
    put(table, open_item(1, "2026-11-01"))
    (entry,) = table.store.query("unfinished", ("unfinished", "OPEN#0"), ("due_at", "2026-11-02"))
    assert (entry["user_id"], entry["period"]) == ("user-001", "2026-10")
    assert "data" not in entry


def test_the_outbox_finds_due_and_held_messages_in_every_shard(table: Backend) -> None:
    outbox = Outbox(table.store, lambda: NOW)
    keys = [Key(f"user-{number}", "2026-10") for number in range(40)]
    assert {key.shard for key in keys} == set(range(SHARDS))
    kinds = ("OPEN", "HELD")
    for number, key in enumerate(keys):
        partition = f"{kinds[number % 2]}#{key.shard}"
        table.put({**key._asdict(), "unfinished": partition, "due_at": "2026-11-01T05:00:00.000Z"})
    assert {key for shard in range(SHARDS) for key in outbox.due(shard, NOW)} == set(keys[::2])
    assert outbox.held() == 20
