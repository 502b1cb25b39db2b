"""readmit: a restored table revives messages as they were; none of them may be mailed a second time by that."""

import json

import pytest

from ops.errors import RefusedError
from shared.keys import Key
from shared.outbox.states import FINAL, Status
from simulation.stack import PERIOD
from simulation.world import World
from tests.contract.protocol import item_in
from tests.unit.ops.office import Office, item, put


def test_what_is_lost_comes_back_and_is_never_sent_by_the_system(office: Office, world: World) -> None:
    """The outbox loses three of its messages right after everybody was mailed; the restored table is older than that."""
    world.produce()
    office.elsewhere = world.messages()
    world.run()
    assert sum(world.mails().values()) == 3
    world.outbox_table._items.clear()
    office.type("pause", "--reason", "restore")
    assert office.type("readmit", "restored", "--yes") == 0
    office.type("resume")
    world.run()
    assert set(world.statuses().values()) == {"UNCERTAIN"}
    assert sum(world.mails().values()) == 3
    office.type("held", "--json")
    assert len(office.shown.splitlines()) == 3
    user = world.messages()[0]["user_id"]
    office.type("resend", user, PERIOD, "--reason", "not in the log", "--accept-risk")
    world.run()
    assert item(world, user)["status"] == "DELIVERED"


@pytest.mark.parametrize("status", sorted(Status))
def test_only_what_was_final_comes_back_as_it_was(office: Office, world: World, status: Status) -> None:
    """FAILED too: it may have been redriven and sent since."""
    before = item_in(status, Key("ann", PERIOD))
    office.elsewhere = [before]
    world.campaign().pause("restore")
    office.type("readmit", "restored", "--yes")
    found = item(world, "ann")
    if status in FINAL:
        assert found == before
    else:
        assert (found["status"], found["fence"]) == ("UNCERTAIN", 1003)
        assert found["unfinished"] == f"HELD#{Key('ann', PERIOD).shard}"
        assert f"restored: it was {status}" in found["last_error"]


def test_what_the_outbox_has_is_newer_and_stays(office: Office, world: World) -> None:
    there = put(world, "ann", Status.SENT)
    office.elsewhere = [item_in(Status.PENDING, Key("ann", PERIOD))]
    world.campaign().pause("restore")
    assert office.type("readmit", "restored", "--yes") == 1
    assert item(world, "ann") == there
    assert "1 message of them there already" in office.shown


def test_a_user_who_was_produced_again_meanwhile_is_named(office: Office, world: World) -> None:
    """They may have been mailed before the loss, and would be again."""
    put(world, "ann", Status.PENDING, history={"produce": "2026-11-01T07:00:00.000Z"})
    put(world, "bob", Status.PENDING)
    office.elsewhere = [item_in(Status.SENT, Key(user, PERIOD)) for user in ("ann", "bob")]
    world.campaign().pause("restore")
    office.type("readmit", "restored", "--yes")
    named = [json.loads(line) for line in office.shown.splitlines() if line.startswith("{")]
    assert [one["user_id"] for one in named] == ["ann"]


def test_one_period_alone(office: Office, world: World) -> None:
    office.elsewhere = [item_in(Status.SENT, Key("ann", period)) for period in ("2026-09", "2026-10")]
    world.campaign().pause("restore")
    office.type("readmit", "restored", "--period", "2026-09", "--yes")
    assert [one["period"] for one in world.messages()] == ["2026-09"]


def test_a_malformed_item_comes_back_as_uncertain_too(office: Office, world: World) -> None:
    office.elsewhere = [{"user_id": "ann", "period": PERIOD, "status": "LOST", "fence": "x", "history": 5}]
    world.campaign().pause("restore")
    office.type("readmit", "restored", "--yes")
    assert item(world, "ann")["status"] == "UNCERTAIN"


def test_not_while_the_campaign_runs(office: Office, world: World) -> None:
    office.elsewhere = [item_in(Status.SENT, Key("ann", PERIOD))]
    with pytest.raises(RefusedError, match="not paused"):
        office.type("readmit", "restored", "--yes")
    assert world.messages() == []


def test_it_asks(office: Office, world: World) -> None:
    office.elsewhere = [item_in(Status.SENT, Key("ann", PERIOD))]
    world.campaign().pause("restore")
    office.answers = ["yes"]
    with pytest.raises(RefusedError, match="nothing was done"):
        office.type("readmit", "restored")
    assert world.messages() == []
    office.answers = ["restored"]
    assert office.type("readmit", "restored") == 0
