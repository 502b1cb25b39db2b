"""How long a campaign with many messages that wait takes to be back at its full rate, once an operator resumes it.

In virtual time, with the real sweeper, claim and send: each call takes 20 ms, the shards of a sweep run side by side. It
starts as it does after a short pause: every message is produced, the stream has shown it, none of them is due.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any, TypeVar

from bench.pacing.model import Model
from bench.pacing.modelled_stack import HEADROOM, START, TEMPLATE, Platform
from bench.pacing.waiting_table import Record, WaitingTable
from handlers import sweeper
from shared.accounting import KEY as ACCOUNTING
from shared.accounting import Accounting
from shared.books import Lap
from shared.fakes.producing import FakeFunctions
from shared.keys import Key
from shared.message import new_item
from shared.outbox import Outbox
from shared.runs import Runs
from shared.sweeping import STRANDED_AFTER, SWEEP_EVERY
from shared.times import to_text
from shared.writes import Item
from tests.simulation.stack import PERIOD

MODEL = Model(calls=(("", 20, 0.0),), cold=(400, 0.1), wake=(120, 0.3), late_share=0.0)
"""Executions that come too late for their slots are left out, and what makes them late, cold starts among it:
`bench.pacing.simulation` has them.
"""
SEND_BATCH_SIZE = 10
"""At 80 ms for each of its claims an execution stays near its slots. With `auto`, a hundred, the last mail comes eight seconds
after its slot, and where batches of the stream are smaller, a window's mails go up and down with that.
"""
CLAIM_LANES = 8
SWEEPER_MS = 240_000
SHARE, WINDOW_S, LASTING_S = 0.99, 10.0, 600.0
"""The full rate is back when this share of the pace is accepted, in every window of this length, for so long."""
LOOKED_AT_S = 300.0
"""A rate that is not back after so long is called lost."""
T = TypeVar("T")


class Resumed(Platform):
    """A stack that is paused, and is resumed right after its start."""

    def __init__(self, messages: int, rate: float) -> None:
        super().__init__(rate, -1.0, SEND_BATCH_SIZE, 1, MODEL)
        self.outbox: WaitingTable = WaitingTable(self.true_clock, self.wire, self._stream)
        pace = rate * (1 - HEADROOM)
        self.outbox.fill(_waiting(number, pace) for number in range(messages))
        self.control.put({**ACCOUNTING, **Lap(1, {}, ended_at=to_text(START)).to_attributes()})
        campaign = self._campaign()
        campaign.state()
        campaign.pause("a look at the text")
        campaign.reserve(1, streamed_up_to=START)
        self.now = START

    def resume(self, seconds: float) -> float:
        """Resumes, and lets so many seconds pass; when it was resumed."""
        self.now = START + timedelta(seconds=11)
        self._campaign().resume()
        resumed_at = self.now
        self.at(self.now, self._sweep)
        for lane in range(CLAIM_LANES):
            self.at(START + timedelta(seconds=lane / CLAIM_LANES), self._claim)
        while self._events and self._events[0][0] <= resumed_at + timedelta(seconds=seconds):
            self._happen()
        return resumed_at.timestamp()

    def _stream(self, records: list[Record]) -> None:
        self.at(self.now, lambda: self.outbox.pending.extend(records))

    def _sweep(self) -> None:
        doubles: Any = (self.telemetry, FakeFunctions(self.wire))
        telemetry, producers = doubles
        started, outbox, runs = self.now, Outbox(self.outbox, self.clock), Runs(self.control, self.clock)
        self.at(started + SWEEP_EVERY, self._sweep)
        deps = sweeper.Deps(
            outbox, self._campaign(), telemetry, self.clock, Accounting(self.control, outbox, runs, self.clock), runs,
            producers, attempts=10, in_parallel=self._side_by_side,
        )  # fmt: skip
        sweeper.handle(deps, lambda: SWEEPER_MS - (self.now - started) // timedelta(milliseconds=1))

    def _side_by_side(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        """All from the same start; who waits for them goes on at the latest end."""
        start, latest, results = self.now, self.now, []
        for task in tasks:
            self.now = start
            results.append(task())
            latest = max(latest, self.now)
        self.now = latest
        return results


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
    return new_item(key, f"{number}@example.com", {"month": "October", "total_time": "1 h"}, TEMPLATE, START, due_at)
