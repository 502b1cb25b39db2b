"""The stream that brings messages to `claim`. Not on moto, which streams updates that change nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import LeaseLostError
from shared.keys import Key
from shared.outbox.new_message import new_item
from shared.outbox.outbox import Outbox
from shared.store import Term, Write
from tests.contract.backends import Backend
from tests.contract.conftest import Make

NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
KEY = Key("user-1", "2026-10")
CLAIMERS = 16


@pytest.fixture
def table(make_exact: Make) -> Backend:
    return make_exact()


def test_each_change_streams_the_item_as_it_then_is(table: Backend) -> None:
    item = new_item(KEY, "a@example.com", {"month": "October"}, "usage-1", "usage@example.com", NOW, NOW)
    assert table.store.insert([item]) == [True]
    changed = table.store.write(Write(KEY._asdict(), (), {"history.claim": "x", "rate": 1.5}, adds={"fence": 1})).item
    assert table.images() == [item, changed]


def test_an_update_that_changes_nothing_streams_nothing(table: Backend) -> None:
    """source: DynamoDB developer guide, Change data capture for DynamoDB Streams"""
    table.store.write(Write(KEY._asdict(), (), {"status": "PENDING", "history": {"a": "b"}}))
    table.store.write(Write(KEY._asdict(), (), {"status": "PENDING", "history.a": "b"}))
    assert len(table.images()) == 1


def test_a_lost_write_and_a_refused_insert_stream_nothing(table: Backend) -> None:
    table.store.insert([{**KEY._asdict(), "status": "PENDING"}])
    table.store.write(Write(KEY._asdict(), ((Term("status", "equals", "SENT"),),), {"status": "FAILED"}))
    table.store.insert([{**KEY._asdict(), "status": "CLAIMED"}])
    assert [image["status"] for image in table.images()] == ["PENDING"]


def test_of_many_claimers_at_once_exactly_one_wins(table: Backend) -> None:
    """Not on moto, which is not atomic under threads and would let several win."""
    outbox = Outbox(table.store, lambda: NOW)

    def claim(key: Key, number: int) -> bool:
        try:
            return (
                outbox.claim(key, f"record-{number}", "ann-1", NOW, 1, timedelta(minutes=15)).owner
                == f"record-{number}"
            )
        except LeaseLostError:
            return False

    for round_number in range(5):
        key = Key(f"user-{round_number}", "2026-10")
        outbox.produce([new_item(key, "a@example.com", {}, "usage-1", "usage@example.com", NOW, NOW)])
        with ThreadPoolExecutor(CLAIMERS) as pool:
            won = list(pool.map(claim, [key] * CLAIMERS, range(CLAIMERS)))
        message = outbox.get(key)
        assert message is not None
        assert (sum(won), message.fence, message.attempt) == (1, 1, 1)
        assert message.owner == f"record-{won.index(True)}"
