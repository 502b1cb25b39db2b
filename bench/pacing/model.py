"""What the platform of the simulation is like: how long things take, what goes wrong, what is kept of it."""

import json
import random
import zlib
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from shared.store import Item
from shared.times import from_text
from simulation.fakes.ses import FakeSesClient, refused
from simulation.fakes.states import Execution, FakeStatesClient
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire
from simulation.virtual_time import VirtualTime
from simulation.world import ProcessKilled

SLOW_MS = 2_000
T = TypeVar("T")


@dataclass(frozen=True)
class Model:
    """Milliseconds, as median and spread of a lognormal draw, and shares."""

    calls: tuple[tuple[str, float, float], ...] = (("ses.", 70, 0.4), ("states.", 25, 0.4), ("", 6, 0.5))
    """How long a call takes, by the beginning of its name."""
    warm: tuple[float, float] = (25, 0.5)
    cold: tuple[float, float] = (1_400, 0.3)
    warm_functions: int = 0
    """Processes that run already when the month begins."""
    wake: tuple[float, float] = (120, 0.8)
    """From the time that a Wait is for to the invocation."""
    delay_ms: float = 0.0
    """How much later than that every wake-up comes."""
    late_share: float = 0.002
    late_ms: tuple[float, float] = (1_000, 8_000)
    """How late the late wake-ups come, at least and at most."""
    skew_ms: float = 50
    """Clocks of two sandboxes differ by up to twice this."""
    answers_slowly_s: float = 0.0
    """For how long, from the start, SES takes two seconds more for each answer."""
    killed_share: float = 0.0
    """Share of the calls at which the process dies, before AWS is reached or after."""


class ModelWire(Wire):
    """Every call takes its time, and is counted."""

    def __init__(self, model: Model, rng: random.Random, time: VirtualTime) -> None:
        self._model, self._rng, self._time = model, rng, time
        self._slow_until = time.now + timedelta(seconds=model.answers_slowly_s)
        self.calls: Counter[str] = Counter()

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        self.calls[operation] += 1
        median, spread = next((m, s) for name, m, s in self._model.calls if operation.startswith(name))
        took = draw(self._rng, median, spread)
        self._spend(took * 0.6)
        if self._rng.random() < self._model.killed_share / 2:
            raise ProcessKilled(f"before {operation}")
        answer = carry_out()
        if self._rng.random() < self._model.killed_share / 2:
            raise ProcessKilled(f"after {operation}")
        self._spend(took * 0.4)
        if operation == "ses.SendEmail" and self._time.now < self._slow_until:
            self._spend(SLOW_MS)
        return answer

    def _spend(self, milliseconds: float) -> None:
        self._time.elapse(timedelta(milliseconds=milliseconds))


class LeanTable(FakeTable):
    """Keeps only what is still needed: of the stream what `claim` is shown, and no message that is final."""

    def __init__(
        self,
        name: str,
        key: tuple[str, ...],
        clock: Callable[[], datetime],
        wire: Wire,
        lanes: int,
        on_pending: Callable[[int], None],
    ) -> None:
        super().__init__(name, key, clock, wire)
        self._on_pending = on_pending
        self.pending: list[deque[dict[str, Any]]] = [deque() for _ in range(lanes)]
        """What each lane of the stream mapping has still to bring; a message is always in the same one."""
        self.sent: Counter[str] = Counter()
        self.longest_put_off = timedelta()
        """From the first slot that a message had to its mail."""
        self._first_slots: dict[str, datetime] = {}
        self._streamed = 0

    def _keep(self, place: tuple[str, ...], item: Item) -> None:
        status = item.get("status")
        if status == "PENDING":
            self.stream.clear()
            super()._keep(place, item)
            lane = zlib.crc32(item["user_id"].encode()) % len(self.pending)
            self.pending[lane].extend(self._renumbered())
            self._on_pending(lane)
        elif status == "SENT":
            self.sent[item["user_id"]] += 1
            put_off = self._clock() - self._first_slots.pop(item["user_id"], self._clock())
            self.longest_put_off = max(self.longest_put_off, put_off)
            del self._items[place]
        else:
            if status == "CLAIMED":
                self._first_slots.setdefault(item["user_id"], from_text(item["send_at"]))
            self._items[place] = item

    def _renumbered(self) -> list[dict[str, Any]]:
        for record in self.stream:
            self._streamed += 1
            record["dynamodb"]["SequenceNumber"] = f"{self._streamed:021d}"
        return list(self.stream)


class LeanStates(FakeStatesClient):
    """Begins what is started and keeps nothing of it: a start that is repeated begins another execution."""

    def __init__(self, clock: Callable[[], datetime], wire: Wire, begin: Callable[[Execution], None]) -> None:
        super().__init__(clock, wire)
        self._begin = begin

    def _start(self, name: str, text: str) -> dict[str, Any]:
        self._begin(Execution(name, json.loads(text), ""))
        return {"executionArn": name, "startDate": ""}


class LeanSes(FakeSesClient):
    """Refuses what is beyond the rate, and keeps of a mail when and to whom. The day's mails are counted afterwards."""

    accepted: list[tuple[float, str]]

    def _send(self, request: dict[str, Any]) -> dict[str, str]:
        self._fill()
        if self._tokens < 1:
            self.refused += 1
            raise refused("TooManyRequestsException", "Maximum sending rate exceeded.", 429)
        self._tokens -= 1
        self.accepted.append((self.clock().timestamp(), request["Destination"]["ToAddresses"][0]))
        return {"MessageId": str(len(self.accepted))}


def draw(rng: random.Random, median: float, spread: float) -> float:
    return median * rng.lognormvariate(0, spread)
