"""I1, I2 and I4 hold wherever a process dies, and whatever AWS keeps to itself."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from shared.outbox.states import Status
from shared.pacing.plan import LEAD_US
from shared.store import Item
from shared.times import from_text
from simulation.stack import user_of
from simulation.world import World
from tests.crash.disturbances import DisturbingWire
from tests.crash.doubt import unanswered
from tests.crash.harness import act, singles
from tests.crash.scenarios import SCENARIOS, Scenario

LEAD = timedelta(microseconds=LEAD_US)
ENDINGS = {
    "every mail bounces": {Status.BOUNCED},
    "SES keeps every mail back, its address is suppressed": {Status.SUPPRESSED},
    "a mail is late, and complained about": {Status.COMPLAINED},
    "SES rejects the message": {Status.FAILED},
    "SES rejects the second of three": {Status.DELIVERED, Status.FAILED},
    "the answer of SES is lost, no events": {Status.UNCERTAIN},
    "the request to SES is lost": {Status.UNCERTAIN},
}
"""How an undisturbed day ends where it does not end in a delivered mail."""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_an_undisturbed_day_ends_as_it_should(scenario: Scenario) -> None:
    world = scenario.act(DisturbingWire())
    delivered = {Status.DELIVERED} if scenario.feedback_events else {Status.SENT}
    assert set(world.statuses().values()) == ENDINGS.get(scenario.name, delivered)
    assert most_in_an_execution(world) == scenario.carries
    assert not act(scenario).broken
    if scenario.at_latest is not None:
        assert slowest(world) <= scenario.at_latest + LEAD, f"{scenario.name}: a mail took {slowest(world)}"
    lost = [item for item in world.messages() if item["user_id"] in unanswered(world)]
    assert [item["history"] for item in lost if not known_at_once(item)] == []
    refused, busiest = world.ses_client.refused, most_in_any_second(world.ses_client.asked_at)
    assert refused <= scenario.refusals, f"{scenario.name}: SES refused {refused} asks"
    late = world.telemetry.events.count("late")
    assert scenario.late or late == 0, f"{scenario.name}: {late} mails came too late for their slots"
    assert busiest <= math.ceil(world.ses_client.rate) + scenario.beside, (
        f"{scenario.name}: {busiest} asks in one second"
    )


def most_in_an_execution(world: World) -> int:
    return max(len(one.input["claims"]) for one in world.states_client.executions.values())


def slowest(world: World) -> timedelta:
    """From the production of a message to its mail, at most."""
    produced_at = {item["user_id"]: from_text(item["history"]["produce"]) for item in world.messages()}
    return max(mail.accepted_at - produced_at[user_of(mail)] for mail in world.ses_client.inbox)


def known_at_once(item: Item) -> bool:
    """The asker itself has said that its answer was lost, within seconds; nobody has waited for its lease."""
    begun, known = (item["history"].get(name) for name in ("begin_send", "mark_uncertain"))
    named = item.get("last_error", "").startswith("the answer of SES was lost")
    return named and known is not None and from_text(known) - from_text(begun) < timedelta(seconds=5)


def most_in_any_second(asked_at: list[datetime]) -> int:
    second = timedelta(seconds=1)
    return max(sum(1 for at in asked_at if first <= at < first + second) for first in asked_at)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_every_single_disturbance(scenario: Scenario, record_property: Callable[[str, object], None]) -> None:
    cases = list(singles(scenario))
    record_property("crash_cases", len(cases))
    record_property("crash_duplicates", sum(case.duplicates for case in cases))
    record_property("crash_lost", sum(case.lost for case in cases))
    worst = max(cases, key=lambda case: case.badness)
    record_property("crash_worst", [worst.badness, str(worst)])
    assert len(cases) > 40
    assert [str(case) for case in cases if case.broken] == []
