"""list: who is in which status, also those that no index lists."""

import csv
import io
import json
from pathlib import Path

import pytest

from ops.errors import RefusedError, UnavailableError, UnclearError
from shared.outbox.states import EXCEPTIONAL, Status
from simulation.world import World
from tests.unit.ops.office import Office, put

SCAN = ("dynamodb", "describe_table")


def listed(office: Office, *words: str) -> set[str]:
    office.type("list", *words, "--json")
    return {json.loads(line)["user_id"] for line in office.shown.splitlines()}


@pytest.fixture
def one_of_each(world: World) -> None:
    for status in Status:
        put(world, status.lower(), status, last_error=f"why {status}")
        put(world, f"{status.lower()}-before", status, period="2026-09")


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("status", Status)
def test_every_status_is_found_in_its_month_alone(office: Office, status: Status) -> None:
    assert listed(office, "2026-10", "--status", status, "--yes") == {status.lower()}


@pytest.mark.usefixtures("one_of_each")
def test_several_at_once_and_by_reason(office: Office) -> None:
    several = ("2026-10", "--status", "BOUNCED", "--status", "FAILED", "--status", "PENDING")
    assert listed(office, *several) == {"bounced", "failed", "pending"}
    assert listed(office, *several, "--error", "why bounced") == {"bounced"}
    assert len(listed(office, *several, "--limit", "2")) == 2


@pytest.mark.usefixtures("one_of_each")
def test_without_a_status_it_lists_what_did_not_go_as_it_should(office: Office, world: World) -> None:
    world.produce()
    assert listed(office) == {status.lower() for status in EXCEPTIONAL}


@pytest.mark.usefixtures("one_of_each")
def test_an_index_alone_is_read_where_it_can_be(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Office, "_find", lambda *_: pytest.fail("the whole table is read"))
    statuses = [word for status in Status if status not in ("SENT", "DELIVERED") for word in ("--status", status)]
    assert len(listed(office, "2026-10", *statuses)) == len(Status) - 2


def test_before_the_whole_table_is_read_it_says_what_that_costs(office: Office, world: World) -> None:
    put(world, "ann", Status.DELIVERED)
    office.aws.answer(*SCAN, {"Table": {"ItemCount": 14_000_000, "TableSizeBytes": 20_000_000_000}})
    office.answers = ["no"]
    with pytest.raises(RefusedError, match="nothing was done"):
        office.type("list", "2026-10", "--status", "DELIVERED")
    assert "DELIVERED are in no index: the whole outbox is read, with all its months" in office.shown
    assert "some 14,000,000 items and 20.0 GB: $0.31" in office.shown
    office.answers = ["yes"]
    assert office.type("list", "2026-10", "--status", "DELIVERED") == 0
    assert "1 message of 2026-10 shown\n" in office.shown
    with pytest.raises(RefusedError, match="--yes"):
        office.type("list", "2026-10", "--status", "DELIVERED")


def test_fifty_at_most_and_that_there_are_more(office: Office, world: World) -> None:
    for number in range(60):
        put(world, f"bo-{number}", Status.BOUNCED)
    office.type("list", "2026-10", "--status", "BOUNCED")
    assert "50 messages of 2026-10 shown; there are more" in office.shown
    office.type("list", "2026-10", "--status", "BOUNCED", "--limit", "60")
    assert "60 messages of 2026-10 shown\n" in office.shown


def test_nobody_is_in_that_status(office: Office, world: World) -> None:
    world.produce()
    office.type("list", "2026-10", "--status", "BOUNCED", "--status", "COMPLAINED")
    assert office.shown == "no message of 2026-10 is BOUNCED or COMPLAINED\n"


def test_a_month_that_was_never_produced(office: Office, world: World) -> None:
    with pytest.raises(UnavailableError, match=r"2025-01 was never produced. Months that were: none yet"):
        office.type("list", "2025-01", "--status", "BOUNCED")
    world.produce()
    with pytest.raises(UnavailableError, match="Months that were: 2026-10"):
        office.type("list", "2025-01", "--status", "BOUNCED")


def test_a_mistyped_month_leaves_the_file_of_another(office: Office, world: World, tmp_path: Path) -> None:
    world.produce()
    file = tmp_path / "bounced.csv"
    file.write_text("of October")
    with pytest.raises(UnavailableError, match="never produced"):
        office.type("list", "2025-01", "--status", "BOUNCED", "--csv", str(file))
    assert file.read_text() == "of October"


def test_addresses_are_masked_unless_asked_for(office: Office, world: World) -> None:
    put(world, "ann", Status.BOUNCED, email="ann.b@example.com", last_error="no mailbox <ann.b@example.com>")
    for words in ((), ("--json",), ("--csv", "-")):
        office.type("list", "2026-10", *words)
        assert "ann.b" not in office.shown
        office.type("list", "2026-10", *words, "--reveal")
        assert office.shown.count("ann.b@example.com") == 2


def test_a_csv_file(office: Office, world: World, tmp_path: Path) -> None:
    put(
        world,
        "ann",
        Status.BOUNCED,
        last_error="550, no such user",
        history={"mark_bounced": "2026-11-01T06:02:30.001Z"},
    )
    file = tmp_path / "bounced.csv"
    file.write_text("what was there before")
    office.type("list", "2026-10", "--csv", str(file))
    (row,) = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig")))
    assert list(row) == ["user_id", "period", "status", "since", "reason", "message_id"]
    assert (row["user_id"], row["status"], row["reason"]) == ("ann", "BOUNCED", "550, no such user")
    assert row["since"] == "2026-11-01T06:02:30.001Z"
    assert office.shown == ""


@pytest.mark.parametrize("user_id", ["=1+2", "+4930", "-x", "@SUM(A1)"])
def test_no_cell_is_a_formula(office: Office, world: World, user_id: str) -> None:
    put(world, user_id, Status.BOUNCED, last_error=f'=HYPERLINK("http://x",{user_id})', email=f"{user_id}@example.com")
    office.type("list", "2026-10", "--csv", "-", "--reveal")
    (row,) = csv.DictReader(io.StringIO(office.shown))
    assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert row["user_id"] == f"'{user_id}"


def test_a_file_that_can_not_be_written(office: Office, world: World, tmp_path: Path) -> None:
    world.produce()
    with pytest.raises(UnclearError, match="Is a directory"):
        office.type("list", "2026-10", "--csv", str(tmp_path))


def test_what_it_writes_a_decision_can_take(office: Office, world: World, tmp_path: Path) -> None:
    put(world, "ann", Status.FAILED)
    office.type("list", "2026-10", "--status", "FAILED", "--json")
    (tmp_path / "failed.jsonl").write_text(office.shown)
    assert office.type("redrive", "--from", str(tmp_path / "failed.jsonl"), "--reason", "mended", "--yes") == 0
