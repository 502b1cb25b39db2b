"""A run in virtual time. Each check must fail where the stack does what it must not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ops.accept.cohort import PERIOD, Cohort
from ops.accept.run import PAUSED_BY, Acceptance
from ops.errors import RefusedError
from shared.outbox import transitions, writes
from shared.outbox.states import Status
from shared.sending.claims import Claims
from simulation.stack import usage_row
from tests.unit.ops.accept.conftest import failed
from tests.unit.ops.accept.rehearsal import SimulatedRig, SimulatorWorld


def test_a_stack_as_it_should_be(acceptance: Acceptance, rig: SimulatedRig, world: SimulatorWorld) -> None:
    outcome = acceptance.carry_out()
    assert failed(outcome) == []
    assert len(outcome.checks) == 14
    assert len(world.ses_client.inbox) == outcome.mails == len(acceptance.cohort)
    assert rig.machine.stopped


def test_a_slow_account(acceptance: Acceptance, world: SimulatorWorld) -> None:
    """Half the sandbox's rate: the last mails wait for more than a minute."""
    world.ses_client.rate = 0.5
    world.campaign().refresh_quota()
    outcome = acceptance.carry_out()
    assert failed(outcome) == []
    assert outcome.seconds > len(acceptance.cohort) / 2


def test_it_leaves_nothing_behind(acceptance: Acceptance, rig: SimulatedRig, world: SimulatorWorld) -> None:
    acceptance.carry_out()
    assert world.messages() == []
    assert world.campaign().state().paused is None
    assert rig.ended == [acceptance.cohort.run]
    world.now += timedelta(hours=2)
    world.sweep()
    assert not world.accounting().go_on(lambda: True).unaccounted


def test_it_cleans_up_when_it_is_interrupted(acceptance: Acceptance, rig: SimulatedRig, world: SimulatorWorld) -> None:
    def interrupt(seconds: float) -> None:
        world.pass_time(seconds)
        if world.campaign().state().paused:
            raise KeyboardInterrupt

    object.__setattr__(acceptance, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        acceptance.carry_out()
    assert world.messages() == []
    assert world.campaign().state().paused is None
    assert rig.ended == [acceptance.cohort.run]
    sent = len(world.ses_client.inbox)
    world.run()
    assert len(world.ses_client.inbox) == sent


def test_it_cleans_up_after_a_run_that_was_killed(
    acceptance: Acceptance, rig: SimulatedRig, world: SimulatorWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = Cohort("0badcafe")
    rig.messages.put(*dead.crowd)
    world.campaign().pause(PAUSED_BY)
    rig.interrupted = [dead.run]
    monkeypatch.setattr(rig, "begin", _refuse)
    with pytest.raises(RefusedError, match="no more queues"):
        acceptance.carry_out()
    assert world.messages() == []
    assert world.campaign().state().paused is None
    assert rig.ended[0] == dead.run


def _refuse(_: Cohort) -> Any:
    raise RefusedError("no more queues")


def test_it_waits_for_no_month(acceptance: Acceptance, world: SimulatorWorld) -> None:
    world.rows.append(usage_row(1))
    world.produce()
    with pytest.raises(RefusedError, match="2026-10 wait to be sent"):
        acceptance.carry_out()
    assert all(item["period"] != PERIOD for item in world.messages())


def test_a_campaign_that_is_paused_stays_so(acceptance: Acceptance, world: SimulatorWorld) -> None:
    world.campaign().pause("wrong text")
    with pytest.raises(RefusedError, match="wrong text"):
        acceptance.carry_out()
    assert world.campaign().state().paused == "wrong text"


def test_what_an_operator_pauses_meanwhile_stays_paused(acceptance: Acceptance, world: SimulatorWorld) -> None:
    paused: list[str] = []

    def pause_once_mails_are_out(seconds: float) -> None:
        world.pass_time(seconds)
        if len(world.ses_client.inbox) > 40 and not paused:
            paused.append("wrong text")
            world.campaign().pause("wrong text")

    object.__setattr__(acceptance, "wait", pause_once_mails_are_out)
    acceptance.carry_out()
    assert world.campaign().state().paused == "wrong text"
    assert world.messages() == []


@pytest.mark.parametrize(
    ("lost", "names"),
    [
        ("Send", ["SES accepted a mail to everybody"]),
        ("Delivery", ["A mail to success, ooto ends DELIVERED"]),
        ("Complaint", ["A mail to complaint ends COMPLAINED"]),
        (
            "Bounce",
            [
                "A mail to bounce ends BOUNCED",
                "A mail to suppressionlist ends SUPPRESSED",
                "A suppressed address is told from one that bounced",
            ],
        ),
    ],
)
def test_events_that_never_come(lost: str, names: list[str], acceptance: Acceptance, world: SimulatorWorld) -> None:
    world.loses = [lost]
    assert failed(acceptance.carry_out()) == names


@pytest.fixture
def kept_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message keeps what it says: without that, nothing can send it again, whatever its status."""
    monkeypatch.setattr(writes, "_removes", lambda *_, **__: ())


@pytest.mark.usefixtures("kept_whole")
def test_a_stack_that_sends_again_what_was_sent(acceptance: Acceptance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither send nor its write looks at status and fence."""
    monkeypatch.setattr(Claims, "held", lambda claims, claim: claims.outbox.get(claim.key))
    anybody = transitions.Arm(frozenset(Status))
    monkeypatch.setattr(transitions, "BEGIN_SEND", _changed(transitions.BEGIN_SEND, arms=(anybody,)))
    assert "Nobody has two" in failed(acceptance.carry_out())


@pytest.mark.usefixtures("kept_whole")
def test_a_stack_that_claims_a_record_again(acceptance: Acceptance, monkeypatch: pytest.MonkeyPatch) -> None:
    anybody = transitions.Arm(frozenset(Status))
    monkeypatch.setattr(transitions, "CLAIM", _changed(transitions.CLAIM, arms=(anybody,)))
    found = failed(acceptance.carry_out())
    assert "claim takes a record that comes twice for what it is" in found
    assert "Nobody has two" in found


def test_a_sweeper_that_brings_nothing_back(acceptance: Acceptance, rig: SimulatedRig) -> None:
    rig.functions.invoke = lambda function, event: (  # type: ignore[method-assign]
        ({}, None) if function == "sweeper" else (rig.world.claim(event["Records"]), None)
    )
    rig.world.sweep = lambda *_: {}  # type: ignore[method-assign]
    assert "A claim whose execution was stopped by hand comes back" in failed(acceptance.carry_out())


def test_a_pause_that_nobody_heeds(
    acceptance: Acceptance, world: SimulatorWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.pacing.campaign_state.CampaignState.halted", lambda *_: None)
    assert "A paused campaign sends nothing" in failed(acceptance.carry_out())
    assert world.campaign().state().paused is None


def _changed(transition: Any, **changes: Any) -> Any:
    return replace(transition, **changes)
