"""The table of the unsubscribed: what was said last holds, and is told with who and why."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.producing.unsubscribed import Unsubscribed
from simulation.fakes.table import ITEMS_A_PAGE, FakeTable
from simulation.fakes.wire import Wire

NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
LATER, LATEST = NOW + timedelta(hours=1), NOW + timedelta(hours=2)


@pytest.fixture
def table() -> FakeTable:
    return FakeTable("unsubscribed", ("user_id",), lambda: NOW, Wire())


@pytest.fixture
def unsubscribed(table: FakeTable) -> Unsubscribed:
    return Unsubscribed(table, lambda: NOW)


def test_who_leaves_is_out_until_they_come_back(unsubscribed: Unsubscribed) -> None:
    assert unsubscribed.leave("ann", "bob", "she asked")
    assert unsubscribed.users() == {"ann"}
    assert unsubscribed.get("ann") == {
        "user_id": "ann", "at": "2026-11-01T06:00:00.000Z", "by": "bob", "reason": "she asked",
    }  # fmt: skip
    assert unsubscribed.come_back("ann", "cleo", "asked again", LATER)
    assert unsubscribed.users() == frozenset()
    found = unsubscribed.get("ann") or {}
    assert (found["by"], found["reason"]) == ("bob", "she asked"), "the record stays"
    assert (found["resubscribed_at"], found["resubscribed_by"], found["resubscribed_for"]) == (
        "2026-11-01T07:00:00.000Z", "cleo", "asked again",
    )  # fmt: skip
    assert unsubscribed.leave("ann", "dora", "once more", LATEST)
    assert unsubscribed.users() == {"ann"}
    assert unsubscribed.get("ann") == {
        "user_id": "ann", "at": "2026-11-01T08:00:00.000Z", "by": "dora", "reason": "once more",
    }  # fmt: skip


def test_saying_it_twice_changes_nothing(unsubscribed: Unsubscribed, table: FakeTable) -> None:
    unsubscribed.leave("ann", "bob", "first")
    before = table.items()
    assert not unsubscribed.leave("ann", "cleo", "second", NOW)
    assert table.items() == before
    assert not unsubscribed.take_back("bob", "cleo", "never left")
    unsubscribed.take_back("ann", "bob", "back")
    before = table.items()
    assert not unsubscribed.take_back("ann", "cleo", "back twice")
    assert table.items() == before


SAID = {"t1": NOW, "t2": LATER, "t3": LATEST, "t4": LATEST + timedelta(hours=1)}


@pytest.mark.parametrize(
    ("arrives", "out"),
    [
        ("back t2, leave t1", False),
        ("leave t1, leave t3, back t2", True),
        ("leave t3, leave t1, back t2", True),
        ("leave t1, back t2, back t4, leave t3", False),
        ("back t4, back t2, leave t3", False),
        ("back t2, leave t3, back t4, leave t1", False),
        ("back t2, leave t1, leave t3", True),
    ],
)
def test_what_was_said_last_holds_in_whatever_order_it_arrives(
    unsubscribed: Unsubscribed, arrives: str, out: bool
) -> None:
    """source: ses-events-best-effort"""
    for one in arrives.split(", "):
        what, when = one.split()
        says = unsubscribed.leave if what == "leave" else unsubscribed.come_back
        says("ann", "recipient", "", SAID[when])
    assert (unsubscribed.users() == {"ann"}) is out


@pytest.mark.parametrize("at", ["2026-11-01T06:02:00.000Z", "2999-01-01", 1793512800])
def test_a_person_takes_back_whatever_instant_a_page_has_put(
    unsubscribed: Unsubscribed, table: FakeTable, at: object
) -> None:
    """Its clock may be ahead, and its instant may be written in any way."""
    table.put({"user_id": "ann", "at": at})
    assert unsubscribed.users() == {"ann"}
    assert unsubscribed.take_back("ann", "bob", "they asked")
    assert unsubscribed.users() == frozenset()


def test_what_arrives_late_or_again_does_not_undo_what_was_said_after_it(unsubscribed: Unsubscribed) -> None:
    """source: ses-events-best-effort"""
    unsubscribed.leave("ann", "recipient", "", NOW)
    unsubscribed.come_back("ann", "recipient", "", LATER)
    assert not unsubscribed.leave("ann", "recipient", "", NOW)
    assert unsubscribed.users() == frozenset()
    unsubscribed.leave("ann", "recipient", "", LATEST)
    assert not unsubscribed.come_back("ann", "recipient", "", LATER)
    assert unsubscribed.users() == {"ann"}


def test_a_page_puts_an_item_of_its_own(unsubscribed: Unsubscribed, table: FakeTable) -> None:
    unsubscribed.leave("ann", "bob", "")
    unsubscribed.come_back("ann", "bob", "", LATER)
    table.put({"user_id": "ann", "at": "2026-11-01T08:00:00.000Z", "by": "recipient", "reason": "the page"})
    assert unsubscribed.users() == {"ann"}


def test_all_are_known_however_many_pages_they_take(unsubscribed: Unsubscribed) -> None:
    everybody = {f"user-{number:03}" for number in range(3 * ITEMS_A_PAGE + 1)}
    for user_id in everybody:
        unsubscribed.leave(user_id, "bob", "")
    assert unsubscribed.users() == everybody
