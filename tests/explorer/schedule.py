"""Who does something of their own accord in a schedule, and when: EventBridge, an operator, somebody with the console."""

from datetime import datetime, timedelta
from typing import Any

from shared.aws.dynamodb_wire import to_wire
from shared.keys import Key
from shared.outbox.states import Status
from shared.sweeping.intervals import SWEEP_EVERY
from shared.sweeping.lap_schedule import SEEN_WITHIN
from shared.times import from_text
from tests.explorer.chaos import lasting
from tests.explorer.operators import decide, pause, resume
from tests.explorer.platform import START, Platform
from tests.explorer.processes import Process

PERIODS = ("2026-10", "2026-11")
SIX_HOURS_S = 21_600.0
LOOKS_AGAIN = timedelta(hours=6)
"""The schedule leaves out the sweeps that would find nothing, but for one in six hours."""


class Schedule:
    """What is planned on a platform before the first of the month."""

    def __init__(self, platform: Platform) -> None:
        self._platform, self._mood, self._processes = platform, platform.mood, platform.processes
        self._chaos, self._lambdas = platform.chaos, platform.lambdas
        self._swept_at = START

    def plan(self) -> None:
        """All that is known beforehand; what comes later follows from it."""
        for number in range(self._mood.months):
            period, at = PERIODS[number], START + timedelta(days=30 * number)
            self._platform.produced += [(f"u{user}", period) for user in range(self._mood.users)]
            self._processes.at(at, lambda period=period: self._lambdas.start("producer", {"period": period}))  # type: ignore[misc]
        if self._mood.by_hand:
            self._processes.at(START + timedelta(seconds=lasting(self._platform.rng)), self._put_by_hand)
        if self._mood.quota_changes:
            self._processes.at(START + timedelta(seconds=lasting(self._platform.rng)), self._change_quota)
        for number in range(self._mood.decisions):
            seconds = self._mood.lasts * self._platform.rng.random() ** 3
            self._processes.at(START + timedelta(seconds=seconds), lambda number=number: self._operate(number))  # type: ignore[misc]
        self._processes.at(START + SWEEP_EVERY, self._sweep)
        self._processes.at(START + timedelta(hours=8), self.resume)

    def _put_by_hand(self) -> None:
        data = {"month": "October", "total_time": "1 min"}
        item = {
            "user_id": "hand",
            "period": PERIODS[0],
            "status": Status.PENDING,
            "email": "hand@example.com",
            "data": data,
        }
        self._platform.outbox.keep(to_wire(item), self._processes.now)

    def _change_quota(self) -> None:
        self._platform.ses.rate = self._platform.rng.choice([1.0, 5.0, 20.0])

    def _operate(self, number: int) -> None:
        name = f"operator {number + 1}"
        rng = self._chaos.strikes(name, 1.0, "is at work")
        keys = sorted(self._platform.outbox.items)
        if rng is None or not keys:
            return
        work = rng.choice(["decide", "decide", "decide", "pause", "resume"])
        key = Key(*rng.choice(keys))

        def operate() -> None:
            try:
                if work == "decide":
                    decide(self._platform.parts, key, rng, self._platform.story, name)
                else:
                    self._platform.story.tell(None, name, work)
                    {"pause": pause, "resume": resume}[work](self._platform.parts)
                if work == "pause":
                    self._processes.wait(min(lasting(rng), SIX_HOURS_S))
                    resume(self._platform.parts)
            except Exception as error:
                self._platform.story.tell(None, name, f"meets {type(error).__name__}")

        self._processes.start(Process(name, _surviving(operate)))

    def _sweep(self) -> None:
        """The sweeper's schedule: every four minutes, but for those sweeps that would find nothing."""
        if self._platform.at_rest():
            return
        now, due = self._processes.now, self._due()
        if due > now:
            self._processes.at(due, self._sweep)
            return
        self._swept_at = now
        if self._chaos.over:  # a pause may have arrived late: the sweeper's metric rings the alarm
            self._resume_if_paused()
        self._processes.at(now + SWEEP_EVERY, self._sweep)
        place = self._lambdas.named("sweep")
        if not self._chaos.strikes(f"{place} left out", self._mood.sweeps_left_out, "is left out"):
            self._lambdas.start("sweeper", {})
            twice = self._chaos.strikes(f"{place} twice", self._mood.sweeps_twice, "comes twice")
            if twice:
                again = now + timedelta(seconds=twice.choice([0.01, 0.1, 1.0, 30.0]))
                self._processes.at(again, lambda: self._lambdas.start("sweeper", {}))

    def _due(self) -> datetime:
        """When the sweeper next has something to do: a message is due, or the accounts are, or somebody does something."""
        items = self._platform.outbox.items.values()
        due = [
            from_text(one["due_at"]["S"]) for one in items if one.get("unfinished", {}).get("S", "").startswith("OPEN")
        ]
        if due:
            return min([*due, self._swept_at + LOOKS_AGAIN])
        if self._platform.runs_settled():
            return max(self._processes.next_at or self._processes.now, self._processes.now + SWEEP_EVERY)
        return self._swept_at + (SEEN_WITHIN if self._chaos.over else LOOKS_AGAIN)

    def resume(self) -> None:
        """Somebody looks, every few hours or every hour, whether the campaign is paused."""
        self._resume_if_paused()
        if not (self._chaos.over and self._platform.finished()):
            self._processes.at(self._processes.now + timedelta(hours=1 if self._chaos.over else 8), self.resume)

    def _resume_if_paused(self) -> None:
        if self._platform.paused:
            name = self._lambdas.named("operator resumes")
            self._processes.start(Process(name, _surviving(lambda: resume(self._platform.parts))))


def _surviving(work: Any) -> Any:
    def survives() -> None:
        try:
            work()
        except BaseException as error:
            if type(error).__name__ == "GreenletExit":
                raise

    return survives
