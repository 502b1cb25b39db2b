import pytest

from ops.errors import RefusedError
from shared.outbox.states import Status
from simulation.world import World
from tests.unit.ops.office import Office, item, put


def lines(office: Office) -> list[list[str]]:
    rows = (line for line in office.shown.splitlines() if line.startswith("│"))
    return [[cell.strip() for cell in row.strip("│").split("│")] for row in rows]


def test_a_story_in_order(office: Office, world: World) -> None:
    """Made by the product itself: produced, claimed, asked for, silent."""
    world.produce()
    world.run()
    user_id = world.messages()[0]["user_id"]
    assert office.type("show", user_id, "2026-10") == 0
    story = [row for row in lines(office) if len(row) == 3]
    assert [row[1:] for row in story] == [
        ["produce", "producer"], ["claim", "claim"], ["begin_send", "send"], ["mark_sent", "send"],
        ["mark_delivered", "feedback"],
    ]  # fmt: skip
    facts = dict(row for row in lines(office) if len(row) == 2)
    assert facts["status"].startswith("DELIVERED since 2026-11-01 06:")
    assert facts["ses_message_id"].startswith("ses-")


def test_the_address_is_masked_everywhere_unless_asked_for(office: Office, world: World) -> None:
    put(world, "ann", Status.FAILED, email="ann.b@example.com", last_error="no mailbox <ann.b@example.com>")
    office.type("show", "ann", "2026-10")
    assert "ann.b" not in office.shown
    facts = dict(row for row in lines(office) if len(row) == 2)
    assert (facts["email"], facts["last_error"]) == ("a***@example.com", "no mailbox <a***@example.com>")
    office.type("show", "ann", "2026-10", "--reveal")
    facts = dict(row for row in lines(office) if len(row) == 2)
    assert (facts["email"], facts["last_error"]) == ("ann.b@example.com", "no mailbox <ann.b@example.com>")


def test_who_decided_and_why(office: Office, world: World) -> None:
    put(world, "ann", Status.UNCERTAIN)
    office.type("assume-sent", "ann", "2026-10", "--reason", "they have it")
    office.type("show", "ann", "2026-10")
    facts = dict(row for row in lines(office) if len(row) == 2)
    assert (facts["decided_by"], facts["decision"]) == ("arn:aws:iam::1:user/ann", "they have it")
    assert lines(office)[-1] == ["2026-11-01 06:00:00 UTC", "assume_sent", "operator"]


def test_what_the_mail_says_is_not_shown(office: Office, world: World) -> None:
    put(world, "ann", Status.FAILED, data={"total_time": "1234 h"})
    office.type("show", "ann", "2026-10")
    assert "1234" not in office.shown


def test_a_malformed_item_is_shown_as_it_is(office: Office, world: World) -> None:
    broken = {"status": "LOST\x1b[2J", "fence": "three", "history": {"claim": "yesterday"}, "email": 5}
    world.outbox_table.put({**put(world, "ann", Status.FAILED), **broken})
    assert office.type("show", "ann", "2026-10") == 0
    assert "LOST?[2J since yesterday" in office.shown
    assert "can't be read: attribute status should be" in office.shown
    assert item(world, "ann")["fence"] == "three"


def test_there_is_no_such_message(office: Office) -> None:
    with pytest.raises(RefusedError, match="there is no message ann 2026-10"):
        office.type("show", "ann", "2026-10")
