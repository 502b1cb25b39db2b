"""Every transition of the outbox, from every status and with every guard right and wrong, over each store."""

from itertools import chain

import pytest

from shared.errors import LeaseLostError
from shared.keys import Key
from shared.outbox.outbox import Outbox
from shared.outbox.states import TOLD, Status
from shared.store import Item
from shared.times import to_text
from tests.contract.backends import Backend
from tests.contract.protocol import FENCE, NOW, ROWS, TOKEN, Row, Shown, index_after, item_in, outcome_after

WRITTEN = {
    "adopt": {"adopt"},
    "forget": {"forget"},
    "mark_unrendered": {"mark_unrendered", f"unrendered_{FENCE}"},
    "note_unrendered": {"unrendered_1"},
}
"""What the history gets, where it is not just the name of a transition that changes the status."""
each_row = pytest.mark.parametrize("row", ROWS, ids=str)
each_status = pytest.mark.parametrize("status", Status)


@pytest.fixture
def outbox(backend: Backend) -> Outbox:
    return Outbox(backend.store, lambda: NOW)


def place(backend: Backend, row: Row, key: Key, status: Status) -> Item:
    item = row.prepare(item_in(status, key))
    backend.put(item)
    return item


def stored(backend: Backend, key: Key) -> Item:
    item = backend.store.get(key._asdict())
    assert item is not None
    return item


@each_status
@each_row
def test_from_every_status(backend: Backend, outbox: Outbox, key: Key, row: Row, status: Status) -> None:
    before = place(backend, row, key, status)
    if status in row.sources:
        row.call(outbox, key, row.shown)
        after = stored(backend, key)
        assert after["status"] == (row.to or status)
        assert after["fence"] == before.get("fence", 0) + row.takes_fence * row.fences
        assert after["attempt"] == row.attempt
        assert after.get("unfinished") == index_after(row, before, key)
        assert after.get("outcome") == outcome_after(row, before, key)
        assert ("due_at" in after) == ("unfinished" in after), "the index needs both"
        assert "lease_expires_at" not in after or "unfinished" in after
        written = WRITTEN.get(row.name, {row.name} if row.to else set())
        assert after["history"] == {**before.get("history", {}), **dict.fromkeys(written, to_text(NOW))}
    elif status in row.known_already:
        row.call(outbox, key, row.shown)
        assert stored(backend, key) == before
    else:
        with pytest.raises(LeaseLostError) as lost:
            row.call(outbox, key, row.shown)
        assert lost.value.found == before
        assert stored(backend, key) == before


WRONG_SHOWN = [
    pytest.param(row, status, shown, id=f"{row}, {status}, {shown}")
    for row in ROWS
    for shown in row.wrong_shown
    for status in chain(row.sources, row.known_already)
]


@pytest.mark.parametrize(("row", "status", "shown"), WRONG_SHOWN)
def test_a_wrong_guard_writes_nothing(
    backend: Backend, outbox: Outbox, key: Key, row: Row, status: Status, shown: Shown
) -> None:
    before = place(backend, row, key, status)
    with pytest.raises(LeaseLostError):
        row.call(outbox, key, shown)
    assert stored(backend, key) == before


WRONG_ITEM = [
    pytest.param(row, status, number, id=f"{row}, {status}, {number}")
    for row in ROWS
    for number in range(len(row.wrong_item))
    for status in row.sources
]


@pytest.mark.parametrize(("row", "status", "number"), WRONG_ITEM)
def test_a_message_that_does_not_allow_it_stays(
    backend: Backend, outbox: Outbox, key: Key, row: Row, status: Status, number: int
) -> None:
    before = row.wrong_item[number](place(backend, row, key, status))
    backend.put(before)
    with pytest.raises(LeaseLostError):
        row.call(outbox, key, row.shown)
    assert stored(backend, key) == before


@each_row
def test_an_absent_message_is_not_created(backend: Backend, outbox: Outbox, key: Key, row: Row) -> None:
    with pytest.raises(LeaseLostError) as lost:
        row.call(outbox, key, row.shown)
    assert lost.value.found is None
    assert backend.store.get(key._asdict()) is None


@each_row
def test_a_winner_whose_answer_was_lost_knows_that_it_won(backend: Backend, outbox: Outbox, key: Key, row: Row) -> None:
    """The SDK's repetition fails its own condition and finds its own `last_write`."""
    before = place(backend, row, key, row.sources[0])
    with backend.losing_answers():
        row.call(outbox, key, row.shown)
    after = stored(backend, key)
    assert after["status"] == (row.to or row.sources[0])
    assert after["fence"] - before.get("fence", 0) == row.takes_fence * row.fences


@each_row
def test_it_is_not_won_twice(backend: Backend, outbox: Outbox, key: Key, row: Row) -> None:
    """The same writer, coming again, is another write: only what repeats harmlessly is let through."""
    place(backend, row, key, row.sources[0])
    row.call(outbox, key, row.shown)
    once = stored(backend, key)
    repeatable = {"claim", "begin_send", "reschedule", "postpone", "refile", "redact", "forget", "note_unrendered"}
    if row.name in repeatable or row.to in row.known_already:
        row.call(outbox, key, row.shown)
    else:
        with pytest.raises(LeaseLostError):
            row.call(outbox, key, row.shown)
    again = stored(backend, key)
    own = {"last_write": "", "quiet": ""}
    assert {**again, **own} == {**once, **own}
    assert again["fence"] <= FENCE + row.fences


@each_row
def test_it_drops_what_the_mail_says_only_where_the_story_is_over(
    backend: Backend, outbox: Outbox, key: Key, row: Row
) -> None:
    for source in row.sources:
        place(backend, row, key, source)
        row.call(outbox, key, row.shown)
        found = stored(backend, key)
        says = {"email", "data"} & found.keys()
        assert says == (set() if row.to in TOLD or row.name in ("redact", "forget") else {"email", "data"})
        assert ("owner" in found) <= (row.to not in TOLD)


def test_a_message_that_moved_on_is_not_refiled(backend: Backend, outbox: Outbox, key: Key) -> None:
    backend.put(item_in(Status.SENDING, key))
    read = outbox.get(key)
    assert read is not None
    outbox.mark_sent(key, TOKEN, "ses-1")
    with pytest.raises(LeaseLostError):
        outbox.refile(read)
    assert "unfinished" not in stored(backend, key)


def test_a_redelivered_record_finds_its_own_claim(backend: Backend, outbox: Outbox, key: Key) -> None:
    """As it was stored, whatever slot it was given this time: the execution's input must not change."""
    backend.put(item_in(Status.PENDING, key))
    first = ROWS[1].call(outbox, key, Shown())
    later = Outbox(backend.store, lambda: NOW).claim(key, "this record", "ann-2", NOW.replace(year=2027), 9, NOW - NOW)
    assert later == first
    with pytest.raises(LeaseLostError):
        outbox.claim(key, "another record", "ann-2", NOW, 1, NOW - NOW)
