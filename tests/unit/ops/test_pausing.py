from dataclasses import replace
from datetime import timedelta

import pytest

from ops.errors import RefusedError
from shared.pacing.control_item import KEY as CAMPAIGN
from simulation.world import World
from tests.unit.ops.doctor.answers import STAGE
from tests.unit.ops.office import Office

pytestmark = pytest.mark.usefixtures("no_metrics")


def test_pause_stops_the_campaign_and_says_who_and_why(office: Office, world: World) -> None:
    assert office.type("pause", "--reason", "wrong text") == 0
    assert world.campaign().state().paused == "wrong text (arn:aws:iam::1:user/ann)"
    assert "for 2 more seconds, may still go out" in office.shown
    world.produce()
    world.run(sweeps=3)
    assert world.mails() == {}


def test_a_pause_of_somebody_else_is_left_as_it_is(office: Office, world: World) -> None:
    world.campaign().pause("SES said 403")
    with pytest.raises(RefusedError, match="paused already, since 2026-11-01 06:00:00 UTC: SES said 403"):
        office.type("pause", "--reason", "wrong text")
    assert world.campaign().state().paused == "SES said 403"


def test_a_pause_that_did_not_last_is_not_called_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def pause_and_another_resumes(reason: str) -> None:
        office.world.campaign().pause(reason)
        office.world.campaign().resume()

    monkeypatch.setattr(office.session.campaign, "pause", pause_and_another_resumes)
    with pytest.raises(RefusedError, match="it runs"):
        office.type("pause", "--reason", "wrong text")


def test_resume_goes_on(office: Office, world: World) -> None:
    office.type("pause", "--reason", "wrong text", "--by", "ann")
    world.produce()
    assert office.type("resume") == 0
    assert "it was paused: wrong text (ann)" in office.shown
    world.run()
    assert sum(world.mails().values()) == 3


def paused_for(world: World, seconds: float) -> None:
    """A month is produced while the campaign is paused; its stream is delivered, and nothing is claimed."""
    world.campaign().pause("wrong text")
    world.produce()
    while world._step():
        pass
    world.now += timedelta(seconds=seconds)


def test_resume_brings_the_waiting_messages_back_at_once(office: Office, world: World) -> None:
    """Not when the sweeper would have looked at them next: ten minutes and more after they were produced."""
    paused_for(world, 11)
    resumed_at = world.now
    office.type("resume")
    assert "brings the waiting messages back at once" in office.shown
    while world._step():
        pass
    assert sum(world.mails().values()) == 3
    assert max(mail.accepted_at for mail in world.ses_client.inbox) < resumed_at + timedelta(seconds=10)


def test_where_the_sweeper_cannot_be_started_its_next_run_brings_them_back(office: Office, world: World) -> None:
    paused_for(world, 11)
    office.sweeper_is_unavailable = True
    assert office.type("resume") == 0
    assert "can't be started now: Rate exceeded" in office.shown
    assert "within 4 minutes" in office.shown
    resumed_at = world.now
    world.run(sweeps=2)
    assert max(mail.accepted_at for mail in world.ses_client.inbox) < resumed_at + timedelta(minutes=5)


@pytest.mark.parametrize(("deployed", "said"), [("1", "within 1 minute\n"), ("7", "within 7 minutes\n")])
def test_how_often_the_sweeper_comes_is_said_as_it_is_deployed(
    office: Office, world: World, deployed: str, said: str
) -> None:
    office.session = replace(office.session, stage=replace(STAGE, outputs={**STAGE.outputs, "SweepMinutes": deployed}))
    paused_for(world, 11)
    office.sweeper_is_unavailable = True
    office.type("resume")
    assert said in office.shown
    office.type("status")
    assert f"brings them back {said.strip()}, as many" in office.shown


def test_resume_says_that_it_waits_for_something_else_as_well(office: Office, world: World) -> None:
    world.campaign().back_off("the day's quota is spent")
    world.now += timedelta(seconds=1)
    item = world.control_table.get(CAMPAIGN)
    assert item is not None
    world.control_table.put({**item, "paused": "wrong text"})
    office.type("resume")
    assert "It waits all the same, as `status` shows: the day's quota is spent" in office.shown


def test_there_is_nothing_to_resume(office: Office) -> None:
    with pytest.raises(RefusedError, match="the campaign is not paused"):
        office.type("resume")


@pytest.mark.parametrize("words", [("pause", "--reason", "x"), ("resume",)])
def test_a_campaign_is_never_begun_from_here(words: tuple[str, ...]) -> None:
    """It would begin with a rate that only the functions' settings know."""
    world = World(0)
    world.forget_the_table()
    with pytest.raises(RefusedError, match="has no record yet"):
        Office(world).type(*words)
    assert world.control_table.items() == []
