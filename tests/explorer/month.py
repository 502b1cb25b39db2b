"""One schedule: a month or two of a few messages, under everything that goes wrong in it, and what came of them.

Until its time is over everything may go wrong. Then everybody is left in peace: what stalls goes on when its time comes, what
travels arrives, sweeps run, an operator resumes what was paused. In the end the judge has its say.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.aws.dynamodb_wire import to_wire
from shared.keys import Key
from shared.outbox.states import FINAL, HELD, Status
from shared.pacing import control_item
from shared.sweeping.accounting import LAP_EVERY
from shared.sweeping.intervals import SWEEP_EVERY
from shared.times import from_text
from simulation.fakes.producing import FakeAthena
from simulation.stack import TEMPLATE, usage_row
from tests.explorer.adapters import LambdaClient, SesClient, StatesClient, Telemetry
from tests.explorer.chaos import Chaos, lasting
from tests.explorer.dynamo import DynamoClient, Table
from tests.explorer.executions import Executions
from tests.explorer.functions import ATTEMPTS, Aws, Parts
from tests.explorer.judge import BrokenPromiseError, Judge
from tests.explorer.lambdas import Lambdas
from tests.explorer.mails import Mails
from tests.explorer.network import Network
from tests.explorer.operators import decide, pause, resume
from tests.explorer.processes import Process, Processes
from tests.explorer.story import Story
from tests.explorer.stream import LANES, Lane

START = datetime(2026, 11, 1, 6, tzinfo=UTC)
PERIODS = ("2026-10", "2026-11")
STEPS_AT_MOST = 60_000
SIX_HOURS_S = 21_600.0
PEACE_AT_MOST = timedelta(days=60)
LOOKS_AGAIN = timedelta(hours=6)
"""The schedule leaves out the sweeps that would find nothing, but for one in six hours."""


@dataclass(frozen=True)
class Verdict:
    """How one schedule ended."""

    seed: str
    broken: BrokenPromiseError | None
    troubles: dict[str, str]
    invocations: int
    mails: int
    story: Story


class Month:
    """Everything of one schedule."""

    def __init__(self, seed: str, only: frozenset[str] | None = None) -> None:
        self.chaos = Chaos(seed, only)
        self.mood = mood = self.chaos.mood
        self.processes = Processes(START)
        self.story = Story(self.processes.true_clock)
        self.judge = Judge(ATTEMPTS)
        self.network = Network(self.processes, self.chaos, self.story)
        self.outbox = Table(("user_id", "period"), on_change=self._changed)
        tables = {"outbox": self.outbox, "control": Table(("name",))}
        dynamo = self.network.dynamo = DynamoClient(self.processes.true_clock, self.network, tables)
        ses = SesClient(
            self.processes.true_clock, self.network, self.processes,
            {TEMPLATE: ("{{month}}", "{{total_time}}", "<p>{{month}}</p>")},
        )  # fmt: skip
        ses.rate, ses.daily = mood.rate, mood.daily
        self.ses = ses
        states = StatesClient(self.processes.true_clock, self.network, lambda one: self.executions.begin(one))
        functions = LambdaClient(self.network, lambda kind, event: self.lambdas.start(kind, event))
        rows: list[Any] = [_row(number) for number in range(mood.users)]
        aws = Aws(dynamo, ses, states, functions, FakeAthena(rows, self.network), self.network, self.processes)
        self.parts = Parts(aws, Telemetry(self._told), mood.batch, self.processes.clock)
        self.lambdas = Lambdas(self.processes, self.chaos, self.story, self.parts)
        around = self.processes, self.chaos, self.story, self.lambdas
        self.executions = Executions(*around)
        self.mails = Mails(ses, self.processes, self.chaos, self.story, self.judge, self.lambdas)
        self.network.leaving = self.mails.leaves
        self.lanes = [Lane(number, *around) for number in range(LANES)]
        self.rng = random.Random(f"{seed} of the month")
        self.books: dict[str, dict[str, Any]] = {}
        self.ends_at = START + timedelta(seconds=mood.lasts)
        self._changes = 0
        self._swept_at = START
        self.produced: list[tuple[str, str]] = []

    # --- what SES and the tables tell ---------------------------------------------------------------------------------
    def _changed(self, before: Any, item: dict[str, Any]) -> None:
        self._changes += 1
        doing, key = self.story.doing, (item["user_id"]["S"], item["period"]["S"])
        was = before["status"]["S"] if before else "absent"
        fences = f"fence {item.get('fence', {}).get('N')}"
        self.story.tell(
            key, self.story.writer or "somebody", f"{doing or 'put'}: {was} → {item['status']['S']}, {fences}"
        )
        self.judge.wrote(doing, before, item)
        self.lanes[sum(key[0].encode()) % LANES].show(before, item, self._changes)
        self.network.written(key, doing)

    def _told(self, event: str, facts: dict[str, Any]) -> None:
        if event == "accounted":
            self.judge.accounted(facts)
            self.books[facts["period"]] = facts
        elif event == "unaccounted":
            self.judge.unaccounted(facts["value"] - self.mood.by_hand)  # it can't be read until it is completed

    # --- the schedule -------------------------------------------------------------------------------------------------
    def run(self) -> Verdict:
        """From the first production to the judge's last word."""
        broken: BrokenPromiseError | None = None
        try:
            with virtual_time(self.processes):
                self._plan()
                self._until_at_rest()
                self._last_words()
        except BrokenPromiseError as error:
            broken = error
        return Verdict(
            self.chaos.seed, broken, self.chaos.happened, self.lambdas.invocations, len(self.ses.inbox), self.story
        )

    def _plan(self) -> None:
        for number in range(self.mood.months):
            period, at = PERIODS[number], START + timedelta(days=30 * number)
            self.produced += [(f"u{user}", period) for user in range(self.mood.users)]
            self.processes.at(at, lambda period=period: self.lambdas.start("producer", {"period": period}))  # type: ignore[misc]
        if self.mood.by_hand:
            self.processes.at(START + timedelta(seconds=lasting(self.rng)), self._put_by_hand)
        if self.mood.quota_changes:
            self.processes.at(START + timedelta(seconds=lasting(self.rng)), self._change_quota)
        for number in range(self.mood.decisions):
            seconds = self.mood.lasts * self.rng.random() ** 3
            self.processes.at(START + timedelta(seconds=seconds), lambda number=number: self._operate(number))  # type: ignore[misc]
        self.processes.at(START + SWEEP_EVERY, self._sweep)
        self.processes.at(START + timedelta(hours=8), self._resume)

    def _put_by_hand(self) -> None:
        data = {"month": "October", "total_time": "1 min"}
        item = {
            "user_id": "hand",
            "period": PERIODS[0],
            "status": Status.PENDING,
            "email": "hand@example.com",
            "data": data,
        }
        self.outbox.keep(to_wire(item), self.processes.now)

    def _change_quota(self) -> None:
        self.ses.rate = self.rng.choice([1.0, 5.0, 20.0])

    def _operate(self, number: int) -> None:
        name = f"operator {number + 1}"
        rng = self.chaos.strikes(name, 1.0, "is at work")
        keys = sorted(self.outbox.items)
        if rng is None or not keys:
            return
        work = rng.choice(["decide", "decide", "decide", "pause", "resume"])
        key = Key(*rng.choice(keys))

        def operate() -> None:
            try:
                if work == "decide":
                    decide(self.parts, key, rng, self.story, name)
                else:
                    self.story.tell(None, name, work)
                    {"pause": pause, "resume": resume}[work](self.parts)
                if work == "pause":
                    self.processes.wait(min(lasting(rng), SIX_HOURS_S))
                    resume(self.parts)
            except Exception as error:
                self.story.tell(None, name, f"meets {type(error).__name__}")

        self.processes.start(Process(name, _surviving(operate)))

    def _sweep(self) -> None:
        """The sweeper's schedule: every four minutes, but for those sweeps that would find nothing."""
        if self._at_rest():
            return
        now, due = self.processes.now, self._due()
        if due > now:
            self.processes.at(due, self._sweep)
            return
        self._swept_at = now
        if self.chaos.over:  # a pause may have arrived late: the sweeper's metric rings the alarm
            self._resume_if_paused()
        self.processes.at(now + SWEEP_EVERY, self._sweep)
        place = self.lambdas.named("sweep")
        if not self.chaos.strikes(f"{place} left out", self.mood.sweeps_left_out, "is left out"):
            self.lambdas.start("sweeper", {})
            twice = self.chaos.strikes(f"{place} twice", self.mood.sweeps_twice, "comes twice")
            if twice:
                again = now + timedelta(seconds=twice.choice([0.01, 0.1, 1.0, 30.0]))
                self.processes.at(again, lambda: self.lambdas.start("sweeper", {}))

    def _due(self) -> datetime:
        """When the sweeper next has something to do: a message is due, or the accounts are, or somebody does something."""
        items = self.outbox.items.values()
        due = [
            from_text(one["due_at"]["S"]) for one in items if one.get("unfinished", {}).get("S", "").startswith("OPEN")
        ]
        if due:
            return min([*due, self._swept_at + LOOKS_AGAIN])
        if self._runs_settled():
            return max(self.processes.next_at or self.processes.now, self.processes.now + SWEEP_EVERY)
        return self._swept_at + (LAP_EVERY if self.chaos.over else LOOKS_AGAIN)

    def _at_rest(self) -> bool:
        if not self.chaos.over or self.processes.next_at is not None:
            return False
        statuses = {item["status"]["S"] for item in self.outbox.items.values()}
        return statuses <= {*FINAL, *HELD} and len(self.outbox.items) >= len(self.produced) and self._runs_settled()

    def _runs_settled(self) -> bool:
        control = self.network.dynamo.tables["control"].items if self.network.dynamo else {}
        runs = [item for place, item in control.items() if place[0].startswith("run#")]
        return len(runs) >= self.mood.months and all("settled_at" in one for one in runs)

    def _until_at_rest(self) -> None:
        steps = 0
        while self.processes.step():
            steps += 1
            if self.judge.broken:
                raise self.judge.broken
            if not self.chaos.over and self.processes.now >= self.ends_at:
                self._leave_in_peace()
            if steps > STEPS_AT_MOST or self.processes.now > self.ends_at + PEACE_AT_MOST:
                self.judge.at_rest(self.produced)
                raise BrokenPromiseError("I2", f"the product never comes to rest: {steps} steps")
        if not self.chaos.over:
            self._leave_in_peace()
            self._until_at_rest()

    def _leave_in_peace(self) -> None:
        self.chaos.over = True
        self.story.tell(None, "—", "from here on everybody is left in peace")
        self._resume()

    def _resume(self) -> None:
        """Somebody looks, every few hours or every hour, whether the campaign is paused."""
        self._resume_if_paused()
        if not (self.chaos.over and self._finished()):
            self.processes.at(self.processes.now + timedelta(hours=1 if self.chaos.over else 8), self._resume)

    def _resume_if_paused(self) -> None:
        if self._campaign().get("paused", {}).get("S"):
            self.processes.start(
                Process(self.lambdas.named("operator resumes"), _surviving(lambda: resume(self.parts)))
            )

    def _campaign(self) -> dict[str, Any]:
        assert self.network.dynamo is not None
        return self.network.dynamo.tables["control"].items.get(("campaign",), {})

    def _finished(self) -> bool:
        statuses = {item["status"]["S"] for item in self.outbox.items.values()}
        return statuses <= {*FINAL, *HELD} and len(self.outbox.items) >= len(self.produced)

    def _last_words(self) -> None:
        if self.lambdas.errors:
            raise BrokenPromiseError(
                "I2", f"an invocation ended in an error that is none of ours: {self.lambdas.errors[0]}"
            )
        self.judge.at_rest(self.produced)
        self.judge.settled(self.books)
        if self.mood.skew == 0 and not self.mood.quota_changes:
            self.judge.paced(self.mood.rate, self.mood.daily)
        for mail in self.ses.inbox:
            said = self.judge.said[mail.message_id]
            never_sent = [kind for kind in said if kind in ("Reject", "Rendering Failure")]
            self.mails.report(mail, never_sent[0] if never_sent else "Send", 0.0)
        while self.processes.step():
            pass
        if self.judge.broken:
            raise self.judge.broken
        self.judge.after_the_last_events()


def _surviving(work: Any) -> Any:
    def survives() -> None:
        try:
            work()
        except BaseException as error:
            if type(error).__name__ == "GreenletExit":
                raise

    return survives


@contextmanager
def virtual_time(processes: Processes) -> Iterator[None]:
    """Whoever gives way to others, or waits before it tries again, does so in virtual time."""
    real, control_item._give_way = control_item._give_way, lambda _: processes.wait(0.01)  # type: ignore[assignment]
    try:
        yield
    finally:
        control_item._give_way = real


def _row(number: int) -> dict[str, str | None]:
    return {**usage_row(number), "user_id": f"u{number}", "email": f"u{number}@example.com"}
