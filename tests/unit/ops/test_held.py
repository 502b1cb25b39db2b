import json

import pytest

from shared.keys import Key
from shared.outbox.states import Status
from simulation.world import World
from tests.unit.ops.office import Office, put

FAILED_AT = {"produce": "2026-11-01T05:00:00.000Z", "fail": "2026-11-01T06:02:30.001Z"}


def test_what_waits_since_when_and_why(office: Office, world: World) -> None:
    put(world, "fay", Status.FAILED, history=FAILED_AT, last_error="[red]no mailbox[/red] fay.x@example.com\x1b[31m")
    put(world, "pen", Status.PENDING)
    assert office.type("held") == 0
    (row,) = (line for line in office.shown.splitlines() if "fay" in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == [
        "fay", "2026-10", "FAILED", "2026-11-01 06:02", "[red]no mailbox[/red] f***@example.com?[31m",
    ]  # fmt: skip
    assert "pen" not in office.shown
    assert "1 message shown, 1 held in all" in office.shown


def test_nobody_waits(office: Office) -> None:
    assert office.type("held") == 0
    assert office.shown == "no message is held\n"


@pytest.mark.parametrize(
    ("options", "users"),
    [
        ((), {"fay", "una", "old"}),
        (("--period", "2026-10"), {"fay", "una"}),
        (("--status", "UNCERTAIN"), {"una"}),
        (("--error", "mailbox"), {"fay"}),
    ],
)
def test_a_selection(office: Office, world: World, options: tuple[str, ...], users: set[str]) -> None:
    put(world, "fay", Status.FAILED, last_error="no mailbox")
    put(world, "una", Status.UNCERTAIN)
    put(world, "old", Status.FAILED, period="2026-09")
    office.type("held", *options, "--json")
    assert {json.loads(line)["user_id"] for line in office.shown.splitlines()} == users


def test_fifty_at_most_unless_told_otherwise(office: Office, world: World) -> None:
    for number in range(60):
        put(world, f"fay-{number}", Status.FAILED)
    office.type("held")
    assert "50 messages shown, 60 held in all" in office.shown
    office.type("held", "--limit", "55")
    assert "55 messages shown, 60 held in all" in office.shown


def test_a_script_gets_all_unless_it_wants_fewer(office: Office, world: World) -> None:
    for number in range(60):
        put(world, f"fay-{number}", Status.FAILED)
    office.type("held", "--json")
    assert len(office.shown.splitlines()) == 60
    office.type("held", "--json", "--limit", "7")
    assert len(office.shown.splitlines()) == 7


def test_lines_for_scripts(office: Office, world: World) -> None:
    put(world, "fay", Status.FAILED, history=FAILED_AT, last_error="no mailbox fay.x@example.com")
    office.type("held", "--json")
    assert json.loads(office.shown) == {
        "user_id": "fay",
        "period": "2026-10",
        "status": "FAILED",
        "since": "2026-11-01T06:02:30.001Z",
        "reason": "no mailbox f***@example.com",
        "email": "f***@example.com",
        "message_id": Key("fay", "2026-10").message_id,
    }


def test_a_malformed_item_is_listed_with_what_is_wrong(office: Office, world: World) -> None:
    put(world, "mad", Status.FAILED, email=None, history="yesterday", last_error=7)
    office.type("held")
    assert "can't be read: attribute email should be a text, found nothing. 7" in office.shown


def test_the_index_is_late_and_the_item_is_asked(office: Office, world: World) -> None:
    put(world, "fay", Status.SENT, unfinished="HELD#0")
    office.type("held", "--json")
    assert office.shown == ""
