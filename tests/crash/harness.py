"""Disturbs a process at every AWS call it makes: killed before AWS is reached or after AWS has carried the call out, or told
that AWS is unavailable. The kills come in pairs as well.

The calls are those that really happen: the harness lets a day run, sees which calls it made, and runs the day again for each.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.outbox.filing import filing_of
from shared.outbox.states import ACCEPTED, FINAL, HELD, Status
from simulation.world import World
from tests.crash.disturbances import KILLS, Disturbance, DisturbingWire, Kind
from tests.crash.doubt import Call, calls_of, doubted, silenced
from tests.crash.scenarios import Scenario


@dataclass(frozen=True)
class Case:
    """One day with its disturbances, and how it ended."""

    scenario: str
    disturbances: tuple[Disturbance, ...]
    calls: tuple[Call, ...]
    duplicates: int
    lost: int
    uncertain: int
    untrue: int
    """Messages whose final status is not what the inbox says."""
    unexplained: int
    """Messages that are UNCERTAIN although nothing hid whether SES has the mail, or that were so for a silence that never
    was.
    """

    @property
    def broken(self) -> bool:
        return bool(self.duplicates or self.lost or self.untrue or self.unexplained)

    @property
    def badness(self) -> tuple[int, ...]:
        """The worse, the greater."""
        return self.duplicates, self.lost, self.untrue, self.unexplained, self.uncertain

    def __str__(self) -> str:
        hit = ", ".join(f"{one.kind} call {one.call} ({self.calls[one.call]})" for one in self.disturbances)
        outcome = {
            "duplicates": self.duplicates,
            "lost": self.lost,
            "untrue": self.untrue,
            "UNCERTAIN without a reason": self.unexplained,
            "UNCERTAIN": self.uncertain,
        }
        told = ", ".join(f"{number} {what}" for what, number in outcome.items() if number)
        return f"{self.scenario}; {hit or 'undisturbed'}: {told or 'all is well'}"


def act(scenario: Scenario, *disturbances: Disturbance) -> Case:
    """Runs the day with these disturbances and holds the inbox against the outbox."""
    wire = DisturbingWire(*disturbances)
    world = scenario.act(wire)
    calls = tuple(calls_of(wire.calls, world))
    mails, statuses = world.mails(), world.statuses()
    uncertain = {user for user, status in statuses.items() if status == Status.UNCERTAIN}
    return Case(
        scenario.name,
        disturbances,
        calls,
        duplicates=sum(number - 1 for number in mails.values()),
        lost=_lost(world, statuses, mails),
        uncertain=len(uncertain),
        untrue=sum(1 for user, status in statuses.items() if _untrue(status, mails[user], scenario)),
        unexplained=len((uncertain - doubted(calls, disturbances, world)) | silenced(disturbances, world)),
    )


def singles(scenario: Scenario, kinds: Iterable[Kind] = tuple(Kind)) -> Iterator[Case]:
    """The day undisturbed, then with each single disturbance of these kinds."""
    undisturbed = act(scenario)
    yield undisturbed
    for disturbance in _disturbances(undisturbed, kinds, after=-1):
        yield act(scenario, disturbance)


def pairs(scenario: Scenario) -> Iterator[Case]:
    """Every ordered pair of kills: after each single one, a second one at each call that then still happens."""
    if not scenario.in_pairs:
        return
    for first in singles(scenario, KILLS):
        if first.disturbances:
            for second in _disturbances(first, KILLS, after=first.disturbances[0].call):
                yield act(scenario, *first.disturbances, second)


def _disturbances(case: Case, kinds: Iterable[Kind], after: int) -> Iterator[Disturbance]:
    for call in range(after + 1, len(case.calls)):
        for kind in kinds:
            yield Disturbance(call, kind)


def _lost(world: World, statuses: dict[str, str], mails: Counter[str]) -> int:
    """Users who are forgotten: no message, or one that waits for ever, that the index does not have where its status
    belongs, or that is final without a mail.
    """
    forgotten = [row["user_id"] for row in world.rows if row["user_id"] not in statuses]
    waiting = [user for user, status in statuses.items() if status not in FINAL | HELD]
    unsent = [user for user, status in statuses.items() if status in ACCEPTED and not mails[user]]
    astray = [item for item in world.messages() if not filing_of(item).in_its_place]
    return len(forgotten) + len(waiting) + len(unsent) + len(astray)


def _untrue(status: str, mails: int, scenario: Scenario) -> bool:
    """FAILED where SES rejected nothing, or against the inbox; UNCERTAIN although the mail's own event was delivered."""
    if status in (Status.FAILED, Status.CANCELLED):
        return mails > 0 or not scenario.rejects
    if status == Status.UNCERTAIN:
        return mails > 0 and scenario.feedback_events
    return status in ACCEPTED and mails == 0
