"""Kills a process at every AWS call it makes, before AWS is reached and after AWS has carried the call out, alone and in pairs.

The calls are those that really happen: the harness lets a day run, sees which calls it made, and runs the day again for each.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from shared.fakes.wire import Wire
from shared.states import ACCEPTED, FINAL, HELD, Status
from tests.crash.scenarios import Scenario
from tests.simulation.world import ProcessKilled, World

T = TypeVar("T")
When = Literal["before", "after"]


@dataclass(frozen=True)
class Crash:
    """The process that makes the `call`-th AWS call of the day dies there."""

    call: int
    when: When


class CrashingWire(Wire):
    """Counts the day's calls and kills where it was told to."""

    def __init__(self, *crashes: Crash) -> None:
        self._crashes = set(crashes)
        self.calls: list[str] = []

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        number = len(self.calls)
        self.calls.append(operation)
        if Crash(number, "before") in self._crashes:
            raise ProcessKilled(f"before {operation}")
        try:
            return carry_out()
        finally:
            if Crash(number, "after") in self._crashes:
                raise ProcessKilled(f"after {operation}")


@dataclass(frozen=True)
class Case:
    """One day with its crashes, and how it ended."""

    scenario: str
    crashes: tuple[Crash, ...]
    calls: tuple[str, ...]
    duplicates: int
    lost: int
    uncertain: int
    untrue: int
    """Messages whose final status is not what the inbox says."""

    @property
    def broken(self) -> bool:
        return bool(self.duplicates or self.lost or self.untrue)

    def __str__(self) -> str:
        where = ", ".join(f"{crash.when} call {crash.call} ({self.calls[crash.call]})" for crash in self.crashes)
        outcome = f"{self.duplicates} duplicates, {self.lost} lost, {self.untrue} untrue, {self.uncertain} uncertain"
        return f"{self.scenario}; killed {where or 'nowhere'}: {outcome}"


def act(scenario: Scenario, *crashes: Crash) -> Case:
    """Runs the day with these crashes and holds the inbox against the outbox."""
    wire = CrashingWire(*crashes)
    world = scenario.act(wire)
    mails, statuses = world.mails(), world.statuses()
    return Case(
        scenario.name,
        crashes,
        tuple(wire.calls),
        duplicates=sum(number - 1 for number in mails.values()),
        lost=_lost(world, statuses, mails),
        uncertain=Counter(statuses.values())[Status.UNCERTAIN],
        untrue=sum(1 for user, status in statuses.items() if _untrue(status, mails[user], scenario)),
    )


def singles(scenario: Scenario) -> Iterator[Case]:
    """The day without a crash, then with each single one."""
    undisturbed = act(scenario)
    yield undisturbed
    for crash in _crashes(undisturbed, after=-1):
        yield act(scenario, crash)


def pairs(scenario: Scenario) -> Iterator[Case]:
    """Every ordered pair: after each single crash, a second one at each call that then still happens."""
    for first in singles(scenario):
        if first.crashes:
            for second in _crashes(first, after=first.crashes[0].call):
                yield act(scenario, *first.crashes, second)


def _crashes(case: Case, after: int) -> Iterator[Crash]:
    for call in range(after + 1, len(case.calls)):
        yield Crash(call, "before")
        yield Crash(call, "after")


def _lost(world: World, statuses: dict[str, str], mails: Counter[str]) -> int:
    """Users who are forgotten: no message, or one that waits for ever, or one that is final without a mail."""
    forgotten = [row["user_id"] for row in world.rows if row["user_id"] not in statuses]
    waiting = [user for user, status in statuses.items() if status not in FINAL | HELD]
    unsent = [user for user, status in statuses.items() if status in ACCEPTED and not mails[user]]
    return len(forgotten) + len(waiting) + len(unsent)


def _untrue(status: str, mails: int, scenario: Scenario) -> bool:
    """FAILED where SES rejected nothing, or against the inbox; UNCERTAIN although the mail's own event was delivered."""
    if status in (Status.FAILED, Status.CANCELLED):
        return mails > 0 or not scenario.rejects
    if status == Status.UNCERTAIN:
        return mails > 0 and scenario.feedback_events
    return status in ACCEPTED and mails == 0
