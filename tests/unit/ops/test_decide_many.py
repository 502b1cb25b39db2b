"""redrive, assume-sent, resend, cancel: many messages at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.errors import RefusedError, UnclearError
from ops.parallel import AHEAD, each
from shared.errors import StoreUnavailableError
from shared.keys import Key
from shared.outbox.states import Status
from shared.outbox.transitions import CANCEL
from simulation.stack import PERIOD
from simulation.world import World
from tests.unit.ops.office import Meddling, Office, item, put

ALL = ("--all", "--period", PERIOD, "--reason", "mended")


def statuses(world: World) -> dict[str, str]:
    return {one["user_id"]: one["status"] for one in world.messages()}


def test_all_of_a_period_after_the_number_was_typed(office: Office, world: World) -> None:
    for number in range(3):
        put(world, f"fay-{number}", Status.FAILED)
    put(world, "una", Status.UNCERTAIN)
    put(world, "old", Status.FAILED, period="2026-09")
    office.answers = ["3"]
    assert office.type("redrive", *ALL) == 0
    assert statuses(world) == {
        "fay-0": "PENDING", "fay-1": "PENDING", "fay-2": "PENDING", "una": "UNCERTAIN", "old": "FAILED",
    }  # fmt: skip
    assert office.asked == ["redrive 3 messages: type 3 to go on: "]
    assert "3 of 3 messages → PENDING" in office.shown
    assert item(world, "fay-1")["decision"] == "mended"


@pytest.mark.parametrize("answers", [["2"], [""], ["yes"], ["33"], []])
def test_anything_but_the_number_does_nothing(office: Office, world: World, answers: list[str]) -> None:
    for number in range(3):
        put(world, f"fay-{number}", Status.FAILED)
    office.answers = answers
    with pytest.raises(RefusedError, match="nothing was done"):
        office.type("redrive", *ALL)
    assert set(statuses(world).values()) == {"FAILED"}
    assert "fay" not in office.shown  # an overview, not a list of people


def test_what_is_shown_beforehand_is_grouped_by_reason(office: Office, world: World) -> None:
    for number in range(3):
        put(world, f"fay-{number}", Status.FAILED, last_error=f"no mailbox fay-{number}@example.com")
    put(world, "una", Status.FAILED, last_error="[bold]no template")
    office.type("redrive", *ALL, "--yes")
    assert "│        3 │ 2026-10 │ FAILED │ no mailbox f***@example.com │" in office.shown
    assert "[bold]no template" in office.shown
    assert office.asked == []


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ((), {"bad", "una"}),
        (("--error", "NO MAILBOX"), {"bad"}),
        (("--error", "something else"), set()),
        (("--limit", "9"), {"bad", "una"}),
    ],
)
def test_a_selection(office: Office, world: World, options: tuple[str, ...], chosen: set[str]) -> None:
    put(world, "bad", Status.FAILED, last_error="no mailbox")
    put(world, "una", Status.FAILED, last_error="no template")
    if chosen:
        office.type("redrive", *ALL, *options, "--yes")
    else:
        with pytest.raises(RefusedError, match="no message fits"):
            office.type("redrive", *ALL, *options, "--yes")
    assert {user for user, status in statuses(world).items() if status == "PENDING"} == chosen


def test_at_most_so_many(office: Office, world: World) -> None:
    for number in range(5):
        put(world, f"fay-{number}", Status.FAILED)
    office.type("redrive", *ALL, "--limit", "2", "--yes")
    assert sorted(statuses(world).values()) == ["FAILED"] * 3 + ["PENDING"] * 2


def test_all_takes_what_the_protocol_lets_it_take_and_one_status_if_named(office: Office, world: World) -> None:
    there = {f"of-{present}": str(present) for present in Status}
    for present in Status:
        put(world, f"of-{present}", present)
    office.type("cancel", *ALL, "--status", "PENDING", "--yes")
    assert statuses(world) == {**there, "of-PENDING": "CANCELLED"}
    office.type("cancel", *ALL, "--yes")
    assert statuses(world) == {**there, **{f"of-{present}": "CANCELLED" for present in CANCEL.sources}}


def test_one_that_is_lost_holds_nobody_up_and_is_told(office: Office, world: World, wire: Meddling) -> None:
    for number in range(4):
        put(world, f"fay-{number}", Status.FAILED)
    wire.meddle = lambda: world.outbox().mark_delivered(Key("fay-2", PERIOD), "ses-1")
    assert office.type("redrive", *ALL, "--yes") == 1
    assert statuses(world) == {"fay-0": "PENDING", "fay-1": "PENDING", "fay-2": "DELIVERED", "fay-3": "PENDING"}
    assert "3 of 4 messages → PENDING" in office.shown
    assert "✗ fay-2 2026-10: lost: it was FAILED with fence 3 when it was read, now it is DELIVERED" in office.shown


def test_it_decides_on_what_was_shown_not_on_what_is_there_after_the_answer(office: Office, world: World) -> None:
    put(world, "fay", Status.FAILED)

    def answer(_: str) -> str:
        world.outbox_table.put({**item(world, "fay"), "fence": 5})
        return "1"

    object.__setattr__(office.session, "ask", answer)
    assert office.type("redrive", *ALL) == 1
    assert "now it is FAILED with fence 5" in office.shown


def test_without_dynamodb_it_stops_and_says_what_is_unknown(office: Office, world: World, wire: Meddling) -> None:
    for number in range(3 * AHEAD):
        put(world, f"fay-{number}", Status.FAILED)
    wire.fails = StoreUnavailableError("UpdateItem: AccessDeniedException")
    assert office.type("redrive", *ALL, "--yes") == 1
    assert f"0 of {3 * AHEAD} messages" in office.shown
    assert "may have been done all the same: UpdateItem: AccessDeniedException" in office.shown
    assert f"✗ {3 * AHEAD - 1} messages after that may not have been tried" in office.shown


def test_a_list_from_a_file(office: Office, world: World, tmp_path: Path) -> None:
    for number in range(3):
        put(world, f"una-{number}", Status.UNCERTAIN)
    assert office.type("held", "--json") == 0
    lines = [line for line in office.shown.splitlines() if "una-1" not in line]
    absent = json.dumps({"user_id": "nobody", "period": PERIOD})
    (tmp_path / "some.jsonl").write_text("\n".join([*lines, lines[0], "", absent]))
    office.answers = ["3"]
    assert office.type("assume-sent", "--from", str(tmp_path / "some.jsonl"), "--reason", "in the log") == 1
    assert statuses(world) == {"una-0": "SENT", "una-1": "UNCERTAIN", "una-2": "SENT"}
    assert "✗ nobody 2026-10: there is no such message" in office.shown


def test_a_list_that_is_older_than_its_messages_moves_only_what_still_fits(
    office: Office, world: World, tmp_path: Path
) -> None:
    """Between `held` and the decision an event has told that one mail went out, and somebody has decided about another."""
    for number in range(3):
        put(world, f"una-{number}", Status.UNCERTAIN)
    office.type("held", "--json")
    (tmp_path / "some.jsonl").write_text(office.shown)
    world.outbox().mark_delivered(Key("una-0", PERIOD), "ses-1")
    world.outbox().resend(Key("una-1", PERIOD), 3, "bob", "first")
    risky = ("resend", "--from", str(tmp_path / "some.jsonl"), "--reason", "x", "--yes", "--accept-risk")
    assert office.type(*risky) == 1
    assert statuses(world) == {"una-0": "DELIVERED", "una-1": "PENDING", "una-2": "PENDING"}
    assert (item(world, "una-1")["fence"], item(world, "una-1")["decided_by"]) == (4, "bob")
    assert "✗ una-0 2026-10: it is DELIVERED" in office.shown
    assert "✗ una-1 2026-10: it is PENDING" in office.shown


@pytest.mark.parametrize("line", ["una", "5", "{}", '{"user_id": "una"}', '{"user_id": "una", "period": "October"}'])
def test_a_line_that_names_no_message(office: Office, world: World, tmp_path: Path, line: str) -> None:
    put(world, "una", Status.UNCERTAIN)
    good = json.dumps({"user_id": "una", "period": PERIOD})
    (tmp_path / "some.jsonl").write_text(f"{good}\n{line}\n")
    with pytest.raises(RefusedError, match="line 2 names no message"):
        office.type("assume-sent", "--from", str(tmp_path / "some.jsonl"), "--reason", "x", "--yes")
    assert statuses(world) == {"una": "UNCERTAIN"}


def test_a_resend_of_many_wants_the_risk_accepted_and_the_number(office: Office, world: World) -> None:
    put(world, "una", Status.UNCERTAIN)
    with pytest.raises(RefusedError, match="SECOND MAIL"):
        office.type("resend", *ALL, "--yes")
    office.answers = ["1"]
    assert office.type("resend", *ALL, "--accept-risk") == 0
    assert statuses(world) == {"una": "PENDING"}


def test_each_keeps_the_order_and_reads_only_a_little_ahead() -> None:
    taken: list[int] = []

    def numbers() -> Any:
        for number in range(1000):
            taken.append(number)
            yield number

    results = each(lambda number: number * 2, numbers())
    assert [next(results) for _ in range(5)] == [0, 2, 4, 6, 8]
    assert len(taken) == AHEAD


def test_a_list_that_can_not_be_read(office: Office, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    for file, why in (("missing", "No such file"), (".", "Is a directory"), ("picture.png", "it is no text")):
        with pytest.raises(UnclearError, match=f"--from .*{file}: {why}"):
            office.type("redrive", "--from", str(tmp_path / file), "--reason", "x")


def test_nothing_to_resend_is_no_risk(office: Office, world: World) -> None:
    put(world, "ann", Status.SENT)
    with pytest.raises(RefusedError, match=r"^no message fits"):
        office.type("resend", *ALL)
