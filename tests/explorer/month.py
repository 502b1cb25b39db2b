"""One schedule: a month or two of a few messages, under everything that goes wrong in it, and what came of them.

Until its time is over everything may go wrong. Then everybody is left in peace: what stalls goes on when its time comes, what
travels arrives, sweeps run, an operator resumes what was paused. In the end the judge has its say.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.pacing import control_item
from tests.explorer.judge import BrokenPromiseError
from tests.explorer.platform import START, Platform
from tests.explorer.processes import Processes
from tests.explorer.schedule import Schedule
from tests.explorer.story import Story

STEPS_AT_MOST = 60_000
PEACE_AT_MOST = timedelta(days=60)


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
    """One schedule, from the first production to the judge's last word."""

    def __init__(self, seed: str, only: frozenset[str] | None = None, **of_the_platform: Any) -> None:
        self.platform = platform = Platform(seed, only, **of_the_platform)
        self._chaos, self._processes, self._judge = platform.chaos, platform.processes, platform.judge
        self._schedule = Schedule(platform)
        self._ends_at = START + timedelta(seconds=platform.mood.lasts)

    def run(self) -> Verdict:
        """From the first production to the judge's last word."""
        broken: BrokenPromiseError | None = None
        try:
            with virtual_time(self._processes):
                self._schedule.plan()
                self._until_at_rest()
                self._last_words()
        except BrokenPromiseError as error:
            broken = error
        of = self.platform
        return Verdict(of.chaos.seed, broken, of.chaos.happened, of.lambdas.invocations, len(of.ses.inbox), of.story)

    def _until_at_rest(self) -> None:
        steps = 0
        while self._processes.step():
            steps += 1
            if self._judge.broken:
                raise self._judge.broken
            if not self._chaos.over and self._processes.now >= self._ends_at:
                self._leave_in_peace()
            if steps > STEPS_AT_MOST or self._processes.now > self._ends_at + PEACE_AT_MOST:
                self._judge.at_rest(self.platform.produced)
                raise BrokenPromiseError("I2", f"the product never comes to rest: {steps} steps")
        if not self._chaos.over:
            self._leave_in_peace()
            self._until_at_rest()

    def _leave_in_peace(self) -> None:
        self._chaos.over = True
        self.platform.story.tell(None, "—", "from here on everybody is left in peace")
        self._schedule.resume()

    def _last_words(self) -> None:
        if self.platform.lambdas.errors:
            raise BrokenPromiseError(
                "I2", f"an invocation ended in an error that is none of ours: {self.platform.lambdas.errors[0]}"
            )
        self._judge.at_rest(self.platform.produced)
        self._judge.settled(self.platform.sums)
        mood = self.platform.mood
        if mood.skew == 0 and not mood.quota_changes:
            self._judge.paced(mood.rate, mood.daily)
        for mail in self.platform.ses.inbox:
            said = self._judge.said[mail.message_id]
            never_sent = [kind for kind in said if kind in ("Reject", "Rendering Failure")]
            self.platform.mails.report(mail, never_sent[0] if never_sent else "Send", 0.0)
        while self._processes.step():
            pass
        if self._judge.broken:
            raise self._judge.broken
        self._judge.after_the_last_events()


@contextmanager
def virtual_time(processes: Processes) -> Iterator[None]:
    """What gives way to others, or waits before it tries again, does so in virtual time."""
    real, control_item._give_way = control_item._give_way, lambda _: processes.wait(0.01)  # type: ignore[assignment]
    try:
        yield
    finally:
        control_item._give_way = real
