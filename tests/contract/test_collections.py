"""`Store.insert`, `query` and `count`: many items at once, and the index `unfinished`."""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.aws import dynamodb
from shared.aws.dynamodb import GETS_PER_CALL, DynamoTable
from shared.errors import StoreUnavailableError
from shared.keys import SHARDS, Key
from shared.outbox.outbox import Outbox
from shared.store import Item, Page, Term, Walk, Write
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


def walked(table: Backend, *, only: tuple[str, ...] = (), **walk: Any) -> list[Item]:
    found, after = [], None
    while True:
        page = table.store.scan(after, only, Walk(**walk))
        found += page.items
        if page.next is None:
            return found
        after = page.next


@pytest.mark.parametrize("segments", [1, 2, 8])
def test_the_segments_of_a_scan_have_every_item_once_and_the_same_ones_each_time(table: Backend, segments: int) -> None:
    """As long as their number is the same (source: ddb-parallel-scan)."""
    months = [{**item(number), "period": month} for number in range(40) for month in ("2026-09", "2026-10")]
    put(table, *months)
    parts = [walked(table, segment=one, segments=segments) for one in range(segments)]
    found = [(one["user_id"], one["period"]) for part in parts for one in part]
    assert sorted(found) == sorted((one["user_id"], one["period"]) for one in months)
    assert parts == [walked(table, segment=one, segments=segments) for one in range(segments)]
    assert sum(map(bool, parts)) > segments / 2


def test_a_segment_goes_on_after_any_of_its_keys(table: Backend) -> None:
    put(table, *map(item, range(40)))
    walk = Walk(1, 4)
    found = walked(table, segment=1, segments=4)
    key = {name: found[2][name] for name in ("user_id", "period")}
    assert table.store.scan(key, (), walk).items[:1] == found[3:4]


def test_a_scan_leaves_out_what_meets_no_arm(table: Backend) -> None:
    """Also by attributes that it does not give (source: ddb-reads)."""
    put(
        table,
        item(1),
        item(2, status="SENT"),
        item(3, status="SENT", outcome="2026-10 BOUNCED"),
        item(4, status="FAILED"),
    )
    arms = ((Term("status", "equals", "SENT"), Term("outcome", "exists")), (Term("status", "equals", "FAILED"),))
    assert sorted(one["user_id"] for one in walked(table, arms=arms)) == ["user-003", "user-004"]
    assert walked(table, arms=arms, only=("period", "data", "outcome")) in (
        [item_of_others(3, outcome="2026-10 BOUNCED"), item_of_others(4)],
        [item_of_others(4), item_of_others(3, outcome="2026-10 BOUNCED")],
    )


def item_of_others(number: int, **more: str) -> Item:
    return {name: value for name, value in item(number, **more).items() if name != "user_id"}


def test_a_scan_says_what_it_was_charged_also_for_what_it_leaves_out(table: Backend) -> None:
    put(table, *map(item, range(8)))
    whole = table.store.scan(None).units
    assert whole > 0
    nothing = Walk(arms=((Term("status", "exists"),),), consistent=False)
    assert 0 < table.store.scan(None, (), nothing).units <= whole


def test_an_index_partition_has_an_entry_or_none(table: Backend) -> None:
    assert not table.store.has_entry("unfinished", ("unfinished", "OPEN#0"))
    put(table, open_item(1, "2026-11-01"), item(2, unfinished="OPEN#1"))
    with table.paged_by(1):
        found = [table.store.has_entry("unfinished", ("unfinished", f"OPEN#{shard}")) for shard in range(3)]
    assert found == [True, False, False]


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


def key_of(number: int) -> dict[str, str]:
    return {"user_id": f"user-{number:03}", "period": "2026-10"}


@pytest.mark.parametrize("size", [0, 1, GETS_PER_CALL, GETS_PER_CALL + 1])
def test_get_many_gives_those_that_are_there(table: Backend, size: int) -> None:
    put(table, *(item(number) for number in range(0, size, 2)))
    found = table.store.get_many([key_of(number) for number in range(size)])
    assert sorted(one["user_id"] for one in found) == [f"user-{number:03}" for number in range(0, size, 2)]
    assert all(one == item(int(one["data"]["n"])) for one in found)


class StubClient:
    """DynamoDB in bad times: `refusals` are the error codes that each item's next statements meet."""

    def __init__(self, *refusals: str) -> None:
        self._refusals: dict[str, list[str]] = {}
        self._script = refusals
        self._lock = Lock()
        self.inserted: list[str] = []
        self.calls: list[int] = []
        self.left: Callable[[list[Any]], list[Any]] = lambda _: []
        """Which keys BatchGetItem leaves unprocessed."""

    def batch_execute_statement(self, Statements: list[Any]) -> dict[str, Any]:
        with self._lock:
            self.calls.append(len(Statements))
            return {"Responses": [self._insert(one["Parameters"][0]["S"]) for one in Statements]}

    def _insert(self, user_id: str) -> dict[str, Any]:
        script = self._refusals.setdefault(user_id, list(self._script))
        code = script.pop(0) if script else ""
        if not code and user_id in self.inserted:
            code = "DuplicateItem"
        if code:
            return {"Error": {"Code": code, "Message": "why"}}
        self.inserted.append(user_id)
        return {"TableName": "outbox"}

    def batch_get_item(self, RequestItems: Any) -> dict[str, Any]:
        keys = RequestItems["outbox"]["Keys"]
        self.calls.append(len(keys))
        left = self.left(keys)
        answer: dict[str, Any] = {"Responses": {"outbox": [key for key in keys if key not in left]}}
        return {**answer, "UnprocessedKeys": {"outbox": {"Keys": left}} if left else {}}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb, "_PAUSES_S", (0.0,) * 4)


def stubbed(client: Any) -> DynamoTable:
    return DynamoTable(client, "outbox")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("code", sorted(dynamodb._PASSING))
def test_a_throttled_statement_is_put_again_and_the_others_are_not(code: str) -> None:
    client = StubClient(code, code)
    client._refusals["user-007"] = []
    assert stubbed(client).insert([item(number) for number in range(60)]) == [True] * 60
    assert sorted(client.inserted) == [f"user-{number:03}" for number in range(60)]
    assert sorted(client.calls) == [10, 10, 10, 24, 24, 25, 25, 25, 25]


def test_an_item_is_put_as_the_guide_writes_it() -> None:
    """Elsewhere one parameter for the whole item is understood, too; of DynamoDB nobody says so."""
    client, asked = StubClient(), list[Any]()
    client.batch_execute_statement = lambda Statements: asked.extend(Statements) or {"Responses": [{}]}  # type: ignore[method-assign, func-returns-value]
    stubbed(client).insert([{"user_id": "ann", "data": {"n": "1"}, "fence": 0}])
    assert asked == [
        {
            "Statement": "INSERT INTO \"outbox\" VALUE {'user_id': ?, 'data': ?, 'fence': ?}",
            "Parameters": [{"S": "ann"}, {"M": {"n": {"S": "1"}}}, {"N": "0"}],
        }
    ]


@pytest.mark.usefixtures("impatient")
def test_each_answer_is_that_of_its_item() -> None:
    client = StubClient()
    client.inserted += ["user-003", "user-031"]
    client._refusals["user-004"] = ["ThrottlingError"]
    answers = stubbed(client).insert([item(number) for number in range(50)])
    assert [number for number, was_put in enumerate(answers) if not was_put] == [3, 31]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("code", ["AccessDenied", "ItemCollectionSizeLimitExceeded", "ValidationError"])
def test_a_statement_that_is_refused_for_good_is_an_error(code: str) -> None:
    with pytest.raises(StoreUnavailableError, match=f"DynamoDB said {code}: why"):
        stubbed(StubClient(code)).insert([item(1)])


@pytest.mark.parametrize(("code", "unfit"), [("InvalidSignatureException", True), ("ThrottlingException", False)])
def test_a_process_with_a_wrong_clock_is_told_that_it_is_unfit(code: str, *, unfit: bool) -> None:
    class Refusing:
        def get_item(self, **_: Any) -> Any:
            raise ClientError({"Error": {"Code": code, "Message": "why"}}, "GetItem")

    client: Any = Refusing()
    with pytest.raises(StoreUnavailableError, match=f"GetItem: {code}: why") as refused:
        DynamoTable(client, "outbox").get({"name": "campaign"})
    assert refused.value.unfit is unfit


@pytest.mark.usefixtures("impatient")
def test_statements_that_are_throttled_for_ever_are_an_error() -> None:
    client = StubClient(*["ThrottlingError"] * 100)
    with pytest.raises(StoreUnavailableError, match="2 items could not be put; the last: ThrottlingError: why"):
        stubbed(client).insert([item(1), item(2)])
    assert client.calls == [2] * 4


@pytest.mark.usefixtures("impatient")
def test_keys_that_are_left_unprocessed_are_read_again() -> None:
    client = StubClient()
    client.left = lambda keys: keys[10:] if len(client.calls) < 4 else []
    found = stubbed(client).get_many([key_of(number) for number in range(120)])
    assert sorted(one["user_id"] for one in found) == [f"user-{number:03}" for number in range(120)]
    assert client.calls == [100, 90, 80, 70, 20]


@pytest.mark.usefixtures("impatient")
def test_keys_that_are_never_processed_are_an_error() -> None:
    client = StubClient()
    client.left = lambda keys: keys
    with pytest.raises(StoreUnavailableError, match="left 3 keys unread"):
        stubbed(client).get_many([key_of(number) for number in range(3)])


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


def test_a_count_can_be_of_those_with_one_value(table: Backend) -> None:
    later = [{**open_item(n, "2026-11-01"), "period": "2026-11"} for n in range(3)]
    put(table, *(open_item(n, "2026-11-01") for n in range(5)), *later)
    with table.paged_by(2):
        assert table.store.count("unfinished", ("unfinished", "OPEN#0"), ("period", "2026-11")) == 3
        assert table.store.count("unfinished", ("unfinished", "OPEN#0"), ("period", "2026-10")) == 5
        assert table.store.count("unfinished", ("unfinished", "OPEN#0"), ("period", "2026-12")) == 0


def test_what_did_not_go_as_it_should_is_listed_by_month(table: Backend) -> None:
    put(table, *(item(n, outcome="2026-10 BOUNCED") for n in (3, 1, 2)), item(4, outcome="2026-10 FAILED"), item(5))
    put(table, {**item(6, outcome="2026-11 BOUNCED"), "period": "2026-11"})
    with table.paged_by(2):
        bounced = [*table.store.query("outcome", ("outcome", "2026-10 BOUNCED"))]
        assert [one["user_id"] for one in bounced] == ["user-001", "user-002", "user-003"]
        assert table.store.count("outcome", ("outcome", "2026-10 BOUNCED")) == 3


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
    pages = [page for shard in range(SHARDS) for page in outbox.due_pages(shard, NOW)]
    assert {Key(one["user_id"], one["period"]) for page in pages for one in page} == set(keys[::2])
    assert outbox.held() == 20
