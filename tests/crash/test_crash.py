"""I1 and I2 hold wherever a process dies."""

import pytest

from shared.states import Status
from tests.crash.harness import act, singles
from tests.crash.scenarios import SCENARIOS, Scenario

ENDINGS = {
    "SES rejects the message": {Status.FAILED},
    "the answer of SES is lost, no events": {Status.UNCERTAIN},
    "the request to SES is lost": {Status.UNCERTAIN},
}
"""How an undisturbed day ends where it does not end in a delivered mail."""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_an_undisturbed_day_ends_as_it_should(scenario: Scenario) -> None:
    from tests.crash.harness import CrashingWire

    world = scenario.act(CrashingWire())
    delivered = {Status.DELIVERED} if scenario.feedback_events else {Status.SENT}
    assert set(world.statuses().values()) == ENDINGS.get(scenario.name, delivered)
    assert not act(scenario).broken


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_every_single_crash(scenario: Scenario) -> None:
    cases = list(singles(scenario))
    assert len(cases) > 20
    assert [str(case) for case in cases if case.broken] == []
