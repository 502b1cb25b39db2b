"""`Store.write`, `get`: one conditional write, and what a lost one tells."""

from typing import Any, Literal

import pytest

from shared.errors import InvalidMessageError
from shared.keys import Key
from shared.store import Answer, Term, Write
from tests.contract.backends import Backend

NOTHING: Any = object()
"""The attribute is absent."""

Test = Literal["equals", "differs", "in", "before", "at_least", "less", "absent", "exists"]
TERMS: list[tuple[Test, Any, Any, bool]] = [
    ("equals", "a", "a", True),
    ("equals", "a", "b", False),
    ("equals", NOTHING, "a", False),
    ("equals", 3, 3, True),
    ("equals", 3, "3", False),
    ("equals", 2, 2.0, True),
    ("differs", "a", "a", False),
    ("differs", "a", "b", True),
    ("differs", NOTHING, "a", True),
    ("differs", 3, "3", True),
    ("differs", 3, 3, False),
    ("in", "a", ("a", "b"), True),
    ("in", "b", ("a",), False),
    ("in", NOTHING, ("a", "b"), False),
    ("in", 1, ("1",), False),
    ("before", "2026-10-01", "2026-10-02", True),
    ("before", "2026-10-02", "2026-10-02", False),
    ("before", "2026-10-03", "2026-10-02", False),
    ("before", NOTHING, "2026-10-02", False),
    ("less", 2, 3, True),
    ("less", 3, 3, False),
    ("less", NOTHING, 3, False),
    ("less", 2.5, 3, True),
    ("less", 10, 9, False),
    ("at_least", 3, 3, True),
    ("at_least", 2, 3, False),
    ("at_least", NOTHING, 3, False),
    ("at_least", 3.5, 3, True),
    ("absent", NOTHING, None, True),
    ("absent", "a", None, False),
    ("absent", None, None, False),
    ("exists", "a", None, True),
    ("exists", NOTHING, None, False),
    ("exists", None, None, True),
]
OF_ANOTHER_TYPE: list[tuple[Test, Any, Any, bool]] = [
    ("equals", True, 1, False),
    ("before", 20261001, "2026-10-02", False),
    ("less", "2", 3, False),
    ("at_least", "4", 3, False),
]
"""What moto compares as Python would, or fails on; DynamoDB finds values of two types neither equal nor in order."""


@pytest.mark.parametrize(("test", "stored", "value", "holds"), TERMS)
def test_a_term_decides_the_write(backend: Backend, key: Key, test: Test, stored: Any, value: Any, holds: bool) -> None:
    before = {**key._asdict()} if stored is NOTHING else {**key._asdict(), "x": stored}
    backend.put(before)
    answer = backend.store.write(Write(key._asdict(), ((Term("x", test, value),),), {"written": "yes"}))
    assert answer == (Answer(True, {**before, "written": "yes"}) if holds else Answer(False, before))
    assert backend.store.get(key._asdict()) == answer.item


@pytest.mark.parametrize(("test", "stored", "value", "holds"), OF_ANOTHER_TYPE)
def test_a_term_of_another_type_does_not_hold(
    exact: Backend, key: Key, test: Test, stored: Any, value: Any, holds: bool
) -> None:
    test_a_term_decides_the_write(exact, key, test, stored, value, holds)


@pytest.mark.parametrize(("a", "b", "wins"), [(1, 1, True), (1, 2, False), (2, 1, False), (9, 9, True), (2, 2, False)])
def test_all_terms_of_any_arm_must_hold(backend: Backend, key: Key, a: int, b: int, wins: bool) -> None:
    backend.put({**key._asdict(), "a": a, "b": b})
    arms = ((Term("a", "equals", 1), Term("b", "equals", 1)), (Term("b", "equals", 9),))
    assert backend.store.write(Write(key._asdict(), arms, {"c": 1})).won is wins


def test_a_write_without_arms_always_wins(backend: Backend, key: Key) -> None:
    assert backend.store.write(Write(key._asdict(), (), {"c": 1})) == Answer(True, {**key._asdict(), "c": 1})


def test_a_lost_write_of_an_absent_item_creates_nothing(backend: Backend, key: Key) -> None:
    write = Write(key._asdict(), ((Term("status", "equals", "PENDING"),),), {"c": 1})
    assert backend.store.write(write) == Answer(False, None)
    assert backend.store.get(key._asdict()) is None


def test_a_write_may_create_its_item(backend: Backend, key: Key) -> None:
    write = Write(key._asdict(), ((Term("fence", "absent"),),), {"fence": 1}, adds={"count": 2})
    assert backend.store.write(write) == Answer(True, {**key._asdict(), "fence": 1, "count": 2})
    assert backend.store.write(write) == Answer(False, {**key._asdict(), "fence": 1, "count": 2})


def test_sets_adds_and_removes_in_one_write(backend: Backend, key: Key) -> None:
    backend.put({**key._asdict(), "gone": "x", "count": 1, "history": {"produce": "a"}})
    write = Write(
        key._asdict(),
        sets={"status": "SENT", "history.claim": "b", "rate": 12.6, "map": {"in": {"deep": 1}}},
        adds={"count": -1, "fresh": 5},
        removes=("gone", "never"),
    )
    assert backend.store.write(write).item == {
        **key._asdict(),
        "status": "SENT",
        "history": {"produce": "a", "claim": "b"},
        "rate": 12.6,
        "map": {"in": {"deep": 1}},
        "count": 0,
        "fresh": 5,
    }


@pytest.mark.parametrize("history", [NOTHING, "text", 1, None])
def test_a_set_inside_what_is_no_map_is_refused(exact: Backend, key: Key, history: Any) -> None:
    item = {**key._asdict(), "c": 1} if history is NOTHING else {**key._asdict(), "c": 1, "history": history}
    exact.put(item)
    with pytest.raises(InvalidMessageError):
        exact.store.write(Write(key._asdict(), (), {"c": 2, "history.claim": "b"}))
    assert exact.store.get(key._asdict()) == item


@pytest.mark.parametrize("fence", ["3", {"n": 3}, None, True])
def test_an_add_to_what_is_no_number_is_refused(exact: Backend, key: Key, fence: Any) -> None:
    item = {**key._asdict(), "fence": fence}
    exact.put(item)
    with pytest.raises(InvalidMessageError):
        exact.store.write(Write(key._asdict(), (), {"c": 2}, adds={"fence": 1}))
    assert exact.store.get(key._asdict()) == item


def test_the_answer_is_a_copy(backend: Backend, key: Key) -> None:
    backend.put({**key._asdict(), "map": {"a": 1}})
    got = backend.store.get(key._asdict())
    assert got is not None
    got["map"]["a"] = 2
    assert backend.store.get(key._asdict()) == {**key._asdict(), "map": {"a": 1}}


def test_words_that_dynamodb_reserves_are_names_like_others(backend: Backend, key: Key) -> None:
    write = Write(key._asdict(), ((Term("status", "absent"),),), {"status": "x", "data.name": "y"}, removes=("size",))
    backend.put({**key._asdict(), "data": {}, "size": 1})
    assert backend.store.write(write).item == {**key._asdict(), "status": "x", "data": {"name": "y"}}
