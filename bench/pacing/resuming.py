"""How long a campaign with many messages that wait takes to be back at its full rate, once an operator resumes it.

In virtual time, with the real sweeper, claim and send: each call takes 20 ms, the shards of a sweep run side by side. It
starts as it does after a short pause: every message is produced, the stream has shown it, none of them is due.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import chain
from typing import Any, TypeVar

from bench.pacing.model import Model
from bench.pacing.modelled_stack import HEADROOM, SENDER, START, TEMPLATE, Platform
from bench.pacing.waiting_table import WaitingTable
from handlers import sweeper
from shared.keys import Key
from shared.outbox.new_message import new_item
from shared.outbox.outbox import Outbox
from shared.producing.open_runs import OpenRuns
from shared.store import Item
from shared.sweeping.accounting import Accounting
from shared.sweeping.intervals import STRANDED_AFTER, SWEEP_EVERY
from simulation.fakes.producing import FakeFunctions
from simulation.stack import PERIOD

MODEL = Model(calls=(("", 20, 0.0),), late_share=0.0)
"""Wake-ups that come seconds late are left out: `bench.pacing.simulation` has them."""
SEND_BATCH_SIZE = 0
"""As many claims in an execution as suit the rate."""
CLAIM_LANES = 8
SWEEPER_MS = 240_000
LOOKS_MS = 10.0
SHARE, WINDOW_S, LASTING_S = 0.99, 30.0, 600.0
"""The full rate is back when this share of the pace is accepted, in every window of this length, for so long."""
LOOKED_AT_S = 300.0
"""A rate that is not back after so long is called lost."""
T = TypeVar("T")


class _Over(Exception):
    """The time that is looked at is over."""


class Resumed(Platform):
    """A stack that is paused, and is resumed right after its start."""

    def __init__(self, messages: int, rate: float) -> None:
        super().__init__(rate, -1.0, SEND_BATCH_SIZE, 1, MODEL)
        self.outbox: WaitingTable = WaitingTable(self.true_clock, self.wire, CLAIM_LANES, self._streamed)
        pace = rate * (1 - HEADROOM)
        self.outbox.fill(_waiting(number, pace) for number in range(messages))
        campaign = self._campaign()
        campaign.state()
        campaign.pause("a look at the text")
        campaign.reserve(1, streamed_up_to=START)

    def resume(self, seconds: float) -> float:
        """Resumes, and lets so many seconds pass; when it was resumed."""
        resumed_at = START + timedelta(seconds=11)
        self.at(resumed_at, self._resume)

        def look() -> None:
            if self.now > resumed_at + timedelta(seconds=seconds):
                raise _Over

        with suppress(_Over):
            while self.time.step():
                look()
        return resumed_at.timestamp()

    def _resume(self) -> None:
        self._campaign().resume()
        self._sweep()

    def _sweep(self) -> None:
        producers: Any = FakeFunctions(self.wire)
        started, outbox, runs = self.now, Outbox(self.outbox, self.clock), OpenRuns(self.control, self.clock)
        self.at(started + SWEEP_EVERY, self._sweep)
        deps = sweeper.Deps(
            outbox, self.pin, self._campaign(), self.telemetry, self.clock, Accounting(self.control, outbox, runs, self.clock),
            runs, producers, attempts=10, in_parallel=self._side_by_side,
        )  # fmt: skip
        sweeper.handle(deps, lambda: SWEEPER_MS - (self.now - started) // timedelta(milliseconds=1))

    def _side_by_side(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        """Runs each beside everything else; the caller looks now and then whether all have ended."""
        results: dict[int, T] = {}

        def begin(number: int, task: Callable[[], T]) -> None:
            self.at(self.now, lambda: results.update({number: task()}))

        for number, task in enumerate(tasks):
            begin(number, task)
        while len(results) < len(tasks):
            self.spend(LOOKS_MS)
        return [results[number] for number in range(len(tasks))]


def resume_s(messages: int, rate: float, lasting_s: float = LASTING_S) -> float:
    """Seconds from `resume` until the full rate is back and lasts, with so many messages waiting and SES's rate so high; inf
    if it does not come back, or if the messages are too few for it to last.
    """
    stack = Resumed(messages, rate)
    resumed_at = stack.resume(LOOKED_AT_S + lasting_s + WINDOW_S)
    times = sorted(at for at, _ in stack.ses.accepted)
    return back_after(times, resumed_at, SHARE * rate * (1 - HEADROOM) * WINDOW_S, lasting_s)


def back_after(times: Sequence[float], since: float, wanted: float, lasting_s: float) -> float:
    """Seconds from then until the first moment from which on every window, for so long, holds as many as are wanted."""
    back = since
    for first, last in _too_few(times, since, math.ceil(wanted)):
        if first + WINDOW_S > back + lasting_s:
            break
        back = last
    return back - since if back <= since + LOOKED_AT_S else math.inf


def _too_few(times: Sequence[float], since: float, wanted: int) -> Iterator[tuple[float, float]]:
    """From when until when a window may begin, right after a mail and before the next one, and hold fewer."""
    ends = chain(times, [math.inf])
    for number, (at, end) in enumerate(zip(chain([since], times), ends, strict=True)):
        enough_at = times[number + wanted - 1] if number + wanted <= len(times) else math.inf
        if enough_at > at + WINDOW_S:
            yield at, min(end, enough_at - WINDOW_S)


def _waiting(number: int, pace: float) -> Item:
    """A message that will be due when the sweeper would look after it, were its record lost."""
    key = Key(f"user-{number:07}", PERIOD)
    due_at = START + STRANDED_AFTER + timedelta(seconds=number / pace)
    return new_item(
        key, f"{number}@example.com", {"month": "October", "total_time": "1 h"}, TEMPLATE, SENDER, START, due_at
    )
