"""The same on Airflow: whatever call its tasks die at, a try more goes on where they were."""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from dags.sending import Done
from shared.errors import OnlyonceError
from shared.keys import Key
from shared.outbox.states import Status
from simulation.airflow import AirflowWorld, attempt
from simulation.fakes.wire import Wire
from simulation.stack import PERIOD
from simulation.world import ProcessKilled, World
from tests.crash.disturbances import DisturbingWire
from tests.crash.harness import pairs, singles
from tests.crash.scenarios import Scenario, insist

TRIES = 40


@dataclass(frozen=True)
class AirflowDay(Scenario):
    """Produced in two tasks, sent in one, which is tried until nothing is left; then the next comes, as `settle` does."""

    def act(self, wire: Wire) -> World:
        world = AirflowWorld(self.users, wire=wire, feedback_events=self.feedback_events)
        world.forget_the_table()
        world.send_batch_size = self.batch
        self.prepare(world)
        insist(partial(world.produce, only_check=True))
        insist(world.produce)
        keys = [Key(str(row["user_id"]), PERIOD) for row in world.rows]
        for owner in ["send"] * TRIES + ["settle"] * TRIES:
            with suppress(ProcessKilled, OnlyonceError, BotoCoreError, ClientError):
                attempt(world, owner, keys)
            world.run(sweeps=1)
            if world.finished():
                return world
        return world


DAYS = [
    AirflowDay("Airflow sends one mail"),
    AirflowDay("Airflow sends three mails", users=3, in_pairs=False),
    AirflowDay("Airflow sends two mails, no events", users=2, feedback_events=False, in_pairs=False),
]


@pytest.mark.parametrize("day", DAYS, ids=lambda one: one.name)
def test_undisturbed_all_are_sent_in_one_try(day: AirflowDay) -> None:
    world = AirflowWorld(day.users)
    world.produce(only_check=True)
    assert world.messages() == []
    world.produce()
    keys = [Key(str(row["user_id"]), PERIOD) for row in world.rows]
    assert attempt(world, "send", keys) == Done({"SENT": day.users}, 0)  # type: ignore[arg-type]  # as a Counter
    assert set(day.act(DisturbingWire()).statuses().values()) <= {Status.DELIVERED, Status.SENT}


@pytest.mark.parametrize("day", DAYS, ids=lambda one: one.name)
def test_each_call_disturbed(day: AirflowDay) -> None:
    cases = list(singles(day))
    assert [str(case) for case in cases if case.broken] == []
    assert len(cases) > 4 * 20


def test_each_pair_of_kills() -> None:
    assert [str(case) for case in pairs(DAYS[0]) if case.broken] == []
