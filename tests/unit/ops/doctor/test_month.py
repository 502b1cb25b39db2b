"""doctor: what waits for a person."""

from datetime import timedelta

from ops.doctor.finding import Mark
from shared.outbox.states import Status
from shared.pacing.control_item import KEY
from simulation.world import World
from tests.unit.ops.doctor.examining import only
from tests.unit.ops.office import Office, put


def test_a_month_that_stands_still_messages_that_are_held_a_pause(office: Office, world: World) -> None:
    put(world, "ann", Status.FAILED)
    world.campaign().pause("wrong text")
    world.rows.clear()
    world.produce()
    assert office.type("doctor") == 1
    for said in (
        "the campaign is paused: wrong text",
        "the production of 2026-10 stands still: empty",
        "1 message held",
    ):
        assert f"✗ {said}" in office.shown


def test_a_campaign_that_backs_off_or_was_never_begun(office: Office, world: World) -> None:
    world.campaign().back_off("SES refuses")
    assert "the campaign waits until" in only(office, Mark.WARNING)["says"]
    world.now += timedelta(days=1)
    assert office.type("doctor") == 0
    assert "✓ the campaign runs" in office.shown
    world.control_table._items.clear()
    assert "the campaign has no record yet" in only(office, Mark.WARNING)["says"]


def test_a_campaign_without_a_quota(office: Office, world: World) -> None:
    world.control_table.put({**(world.control_table.get(KEY) or {}), "daily": 0})
    assert only(office, Mark.WRONG)["says"] == "the campaign stands still: its quota is 0"
