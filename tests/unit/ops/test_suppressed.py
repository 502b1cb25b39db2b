"""suppressed: SES's list, and whom of a month it concerns."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ops.errors import RefusedError, UnreadableError
from shared.outbox.states import Status
from simulation.world import World
from tests.unit.ops.doctor.answers import DENIED
from tests.unit.ops.office import Office, put

LIST = ("sesv2", "list_suppressed_destinations")
AT = datetime(2026, 10, 2, 8, tzinfo=timezone(timedelta(hours=2)))


def on_the_list(office: Office, *addresses: str, page: int = 2) -> None:
    """A page has so many."""

    def answer(NextToken: str = "0") -> dict[str, Any]:
        first = int(NextToken)
        entries = [
            {"EmailAddress": one, "Reason": "BOUNCE", "LastUpdateTime": AT} for one in addresses[first : first + page]
        ]
        more = {"NextToken": str(first + page)} if first + page < len(addresses) else {}
        return {"SuppressedDestinationSummaries": entries, **more}

    office.aws.answer(*LIST, answer)


def test_the_list_is_shown_with_masked_addresses(office: Office) -> None:
    on_the_list(office, "ann@example.com", "bob@example.com", "eve@example.com")
    assert office.type("suppressed") == 0
    assert all(
        shown in office.shown for shown in ("a***@example.com", "b***@example.com", "2026-10-02 06:00:00 UTC", "BOUNCE")
    )
    assert "ann@" not in office.shown
    assert "addresses shown: 3\n" in office.shown
    assert office.type("suppressed", "--reveal") == 0
    assert "ann@example.com" in office.shown


def test_no_page_is_asked_for_beyond_the_limit(office: Office) -> None:
    on_the_list(office, *(f"user-{number}@example.com" for number in range(100)))
    office.type("suppressed", "--limit", "3")
    assert "addresses shown: 3, and there are more" in office.shown
    assert office.aws.asked.count(LIST) == 2
    office.type("suppressed")
    assert "addresses shown: 50, and there are more" in office.shown
    office.type("suppressed", "--json")
    assert len(office.shown.splitlines()) == 100
    assert json.loads(office.shown.splitlines()[0]) == {
        "email": "u***@example.com", "suppressed": "BOUNCE", "suppressed_since": "2026-10-02T06:00:00.000Z",
    }  # fmt: skip


def test_an_empty_list(office: Office) -> None:
    on_the_list(office)
    office.type("suppressed")
    assert office.shown == "SES keeps mails from nobody\n"


def test_of_a_month_those_that_are_not_final_are_counted_and_listed_by_user(office: Office, world: World) -> None:
    on_the_list(office, "Ann@Example.com", "bob@example.com", "old@example.com", "sue@example.com", "else@example.com")
    put(world, "ann", Status.PENDING)
    put(world, "bob", Status.FAILED)
    put(world, "old", Status.PENDING, period="2026-09")
    put(world, "sue", Status.SUPPRESSED)
    put(world, "tom", Status.CLAIMED)
    office.type("suppressed", "--period", "2026-10")
    assert "2026-10: 2 of 3 messages that are not final go to a suppressed address" in office.shown
    assert "ann" in office.shown
    assert all(one not in office.shown for one in ("sue", "tom", "old"))
    assert office.aws.asked.count(("sesv2", "get_suppressed_destination")) == 0


def test_what_it_lists_of_a_month_can_be_withdrawn(office: Office, world: World, tmp_path: Any) -> None:
    on_the_list(office, "ann@example.com")
    put(world, "ann", Status.PENDING)
    put(world, "tom", Status.PENDING)
    office.type("suppressed", "--period", "2026-10", "--json")
    file = tmp_path / "suppressed.jsonl"
    file.write_text(office.shown)
    assert json.loads(office.shown)["email"] == "a***@example.com"
    office.type("cancel", "--from", str(file), "--reason", "suppressed", "--yes")
    assert world.statuses() == {"ann": "CANCELLED", "tom": "PENDING"}


def test_many_of_a_month_are_read_by_the_page(office: Office, world: World) -> None:
    on_the_list(office, "user-7@example.com")
    for number in range(130):
        put(world, f"user-{number}", Status.PENDING)
    office.type("suppressed", "--period", "2026-10")
    assert "2026-10: 1 of 130 messages" in office.shown


@pytest.mark.parametrize("options", [(), ("--period", "2026-10")])
def test_without_the_permission_it_says_which(office: Office, options: tuple[str, ...]) -> None:
    office.aws.answer(*LIST, DENIED)
    with pytest.raises(RefusedError, match="You need the permission ses:ListSuppressedDestinations"):
        office.type("suppressed", *options)


def test_a_list_that_cannot_be_read(office: Office) -> None:
    office.aws.answer(*LIST, UnreadableError("TooManyRequestsException: slow down", "TooManyRequestsException"))
    with pytest.raises(RefusedError, match="can't be read: TooManyRequestsException"):
        office.type("suppressed")
