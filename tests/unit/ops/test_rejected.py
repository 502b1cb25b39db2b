"""Whose rows could not become a message, and why."""

import json

import pytest

from ops.errors import UnavailableError
from shared.periods import Period
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.office import Office

NO_SIGN = 'email is malformed: it has no "@"'


def listed(office: Office, world: World, attempt: int, *users: str) -> None:
    rows = [
        {"row": number, "column": "email", "user_id": user, "reason": NO_SIGN} for number, user in enumerate(users, 7)
    ]
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    office.files.objects[f"rejected/{PERIOD}/{attempt}/000000007.jsonl"] = text.encode()
    world.produce()


def test_each_is_named_with_its_row_and_reason(office: Office, world: World) -> None:
    listed(office, world, 1, "ann", "bob")
    assert office.type("rejected", PERIOD) == 0
    assert "ann" in office.shown
    assert NO_SIGN in office.shown
    assert f"{PERIOD}: 2 rows could not become a message" in office.shown
    office.type("rejected", "--json")
    told = [json.loads(line) for line in office.shown.splitlines()]
    assert told[1] == {"user_id": "bob", "period": PERIOD, "row": 8, "column": "email", "reason": NO_SIGN}


def test_only_the_query_that_was_asked_last_counts(office: Office, world: World) -> None:
    listed(office, world, 1, "ann")
    listed(office, world, 2, "bob")
    run = office.session.runs.get(Period.parse(PERIOD)) or {}
    world.control_table.put({**run, "attempt": 2})
    office.type("rejected", PERIOD)
    assert "bob" in office.shown
    assert "ann" not in office.shown


def test_more_than_are_shown_are_told_of(office: Office, world: World) -> None:
    listed(office, world, 1, "ann", "bob", "cyd")
    office.type("rejected", PERIOD, "--limit", "2")
    assert "2 rows at least could not" in office.shown


def test_a_month_without_any_and_one_that_never_was(office: Office, world: World) -> None:
    world.produce()
    assert office.type("rejected", PERIOD) == 0
    assert "no rejected row is listed" in office.shown
    with pytest.raises(UnavailableError):
        office.type("rejected", "2025-01")
