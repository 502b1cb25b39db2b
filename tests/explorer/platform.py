"""What one schedule runs on: the platform's parts in memory, the product on them, and the judge, which hears of every write."""

import random
from datetime import UTC, datetime
from typing import Any

from shared.outbox.states import FINAL, HELD
from simulation.fakes.producing import FakeAthena
from simulation.stack import usage_row
from tests.explorer.adapters import LambdaClient, SesClient, StatesClient, Telemetry
from tests.explorer.chaos import Chaos, Mood
from tests.explorer.dynamo import DynamoClient, Table
from tests.explorer.executions import Executions
from tests.explorer.functions import ATTEMPTS, Aws, Parts
from tests.explorer.judge import Judge
from tests.explorer.lambdas import Lambdas
from tests.explorer.mails import Mails
from tests.explorer.network import Network
from tests.explorer.processes import Processes
from tests.explorer.quotas import Quotas
from tests.explorer.story import Story
from tests.explorer.stream import LANES, Lane

START = datetime(2026, 11, 1, 6, tzinfo=UTC)


class Platform:
    """One stack, with all that the schedule's seed lets go wrong."""

    def __init__(
        self,
        seed: str,
        only: frozenset[str] | None = None,
        mood: Mood | None = None,
        quotas: Quotas | None = None,
        lanes: int = LANES,
    ) -> None:
        self.chaos = Chaos(seed, only, mood)
        self.quotas = quotas = quotas or Quotas()
        self.mood = mood = self.chaos.mood
        self.processes = Processes(START)
        self.story = Story(self.processes.true_clock)
        self.judge = Judge(ATTEMPTS)
        self.network = Network(self.processes, self.chaos, self.story, quotas)
        self.outbox = Table(("user_id", "period"), on_change=self._changed)
        self.control = Table(("name",))
        tables = {"outbox": self.outbox, "control": self.control}
        dynamo = self.network.dynamo = DynamoClient(self.processes.true_clock, self.network, tables)
        self.ses = ses = SesClient(self.processes.true_clock, self.network, self.processes)
        ses.rate, ses.daily = mood.rate, mood.daily
        states = StatesClient(self.processes.true_clock, self.network, lambda one: self.executions.begin(one), quotas)
        functions = LambdaClient(self.network, lambda kind, event: self.lambdas.start(kind, event))
        rows: list[Any] = sorted((_row(number) for number in range(mood.users)), key=lambda row: str(row["user_id"]))
        aws = Aws(dynamo, ses, states, functions, FakeAthena(rows, self.network), self.network, self.processes)
        self.parts = Parts(aws, Telemetry(self._told), mood.batch, self.processes.clock)
        self.lambdas = Lambdas(self.processes, self.chaos, self.story, self.parts, quotas)
        around = self.processes, self.chaos, self.story, self.lambdas
        self.executions = Executions(*around, quotas)
        self.mails = Mails(ses, self.processes, self.chaos, self.story, self.judge, self.lambdas)
        self.network.leaving = self.mails.leaves
        self.lanes = [Lane(number, *around) for number in range(lanes)]
        self.rng = random.Random(f"{seed} of the month")
        self.sums: dict[str, dict[str, Any]] = {}
        """The last accounts of each month."""
        self._changes = 0
        self.produced: list[tuple[str, str]] = []
        """The messages that there must be in the end."""

    def _changed(self, before: Any, item: dict[str, Any]) -> None:
        self._changes += 1
        doing, key = self.story.doing, (item["user_id"]["S"], item["period"]["S"])
        was = before["status"]["S"] if before else "absent"
        fences = f"fence {item.get('fence', {}).get('N')}"
        self.story.tell(
            key, self.story.writer or "somebody", f"{doing or 'put'}: {was} → {item['status']['S']}, {fences}"
        )
        self.judge.wrote(doing, before, item)
        self.lanes[sum(key[0].encode()) % len(self.lanes)].show(before, item, self._changes)
        self.network.written(key, doing)

    def _told(self, event: str, facts: dict[str, Any]) -> None:
        if event == "accounted":
            self.judge.accounted(facts)
            self.sums[facts["period"]] = facts
        elif event == "unaccounted":
            self.judge.unaccounted(facts["value"] - self.mood.by_hand)  # it can't be read until it is completed

    # --- how it stands ------------------------------------------------------------------------------------------------
    def at_rest(self) -> bool:
        """Nothing is left to do, for anybody."""
        if not self.chaos.over or self.processes.next_at is not None:
            return False
        return self.finished() and self.runs_settled()

    def finished(self) -> bool:
        """Every message is there, and in a status in which it stays by itself."""
        statuses = {item["status"]["S"] for item in self.outbox.items.values()}
        return statuses <= {*FINAL, *HELD} and len(self.outbox.items) >= len(self.produced)

    def runs_settled(self) -> bool:
        """The accounts of every month are closed."""
        runs = [item for place, item in self.control.items.items() if place[0].startswith("run#")]
        return len(runs) >= self.mood.months and all("settled_at" in one for one in runs)

    @property
    def paused(self) -> bool:
        return bool(self.control.items.get(("campaign",), {}).get("paused", {}).get("S"))


def _row(number: int) -> dict[str, str | None]:
    return {**usage_row(number), "user_id": f"u{number}", "email": f"u{number}@example.com"}
