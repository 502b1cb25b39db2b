"""What AWS would bill, counted while a month is played."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO
from typing import Any, TypeVar

from bench.scale.declared import call_ms
from ops.bill.units import MEMORY_GB
from shared.aws.powertools import PowertoolsTelemetry
from simulation.fakes.wire import Wire
from simulation.virtual_time import Process, VirtualTime, current_process

ONCE = (
    "secretsmanager.",
    "athena.Start",
    "athena.GetQueryExecution",
    "ses.Get",
    "ses.Create",
    "ses.Test",
    "unsubscribed.Scan",
)
"""Calls that a process or a month makes once."""
T = TypeVar("T")


@dataclass
class Counts:
    """Each of them for the whole month, also where only a part of it is played."""

    calls: Counter[str] = field(default_factory=Counter)
    """Of AWS's API, by operation."""
    write_units: float = 0.0
    read_units: Counter[str] = field(default_factory=Counter)
    """By operation."""
    records: float = 0.0
    """That the outbox's stream tells."""
    transitions: float = 0.0
    invocations: Counter[str] = field(default_factory=Counter)
    gb_seconds: Counter[str] = field(default_factory=Counter)
    """By function."""
    log_bytes: float = 0.0

    def less(self, other: "Counts", times: float) -> "Counts":
        """What is left without so many times the other."""
        return Counts(
            _less(self.calls, other.calls, times),
            self.write_units - times * other.write_units,
            _less(self.read_units, other.read_units, times),
            self.records - times * other.records,
            self.transitions - times * other.transitions,
            _less(self.invocations, other.invocations, times),
            _less(self.gb_seconds, other.gb_seconds, times),
            self.log_bytes - times * other.log_bytes,
        )


def _less(one: Counter[str], other: Counter[str], times: float) -> Counter[str]:
    return Counter({name: count - times * other[name] for name, count in one.items()})


class Invocation(Process):
    """One invocation of a function."""

    def __init__(self, function: str, work: Callable[[], object]) -> None:
        super().__init__(work)
        self.function = function
        self.remembered: dict[str, Any] = {}
        """What the function's process keeps from one invocation to the next."""


class Thread(Invocation):
    """A thread of one."""


def running() -> str:
    """The function at work; "": none."""
    process = current_process()
    return process.function if isinstance(process, Invocation) else ""


@dataclass
class Meter:
    """Each message that is played stands for `weight` messages, and so does what is done for it. What a sweep or a lap does once
    stands for itself.
    """

    weight: float
    counts: Counts = field(default_factory=Counts)

    def of(self, operation: str) -> float:
        """What one such call of the function at work stands for."""
        if operation.startswith(ONCE):
            return 1.0
        once = operation.endswith((".Query", ".Scan")) or not operation.startswith(("outbox.", "ses.SendEmail"))
        return 1.0 if once and running() in ("sweeper", "") else self.weight

    def read(self, operation: str, units: float) -> None:
        self.counts.read_units[operation] += self.of(operation) * units  # type: ignore[assignment]

    def wrote(self, operation: str, units: float) -> None:
        self.counts.write_units += self.of(operation) * units

    def changed(self, operation: str) -> None:
        """The stream of the outbox tells of it."""
        self.counts.records += self.of(operation)

    def started(self, function: str, took: timedelta) -> None:
        """A process of the function: there are as many as run at a time, however many messages each of them stands for."""
        self._paid(function, took, 1.0)

    def ended(self, function: str, took: timedelta, invocations: float) -> None:
        self.counts.invocations[function] += invocations  # type: ignore[assignment]
        self._paid(function, took, invocations)

    def _paid(self, function: str, took: timedelta, times: float) -> None:
        self.counts.gb_seconds[function] += times * took.total_seconds() * MEMORY_GB[function]  # type: ignore[assignment]


class MeteredWire(Wire):
    """Every call is counted, and takes its time: of the sweeper's, each for a message as often as that message stands for."""

    def __init__(self, meter: Meter, time: VirtualTime) -> None:
        self._meter, self._time = meter, time

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        function, stands_for = running(), self._meter.of(operation)
        self._meter.counts.calls[operation] += stands_for  # type: ignore[assignment]
        if self._takes_time(function, operation):
            self.spend(call_ms(operation, function) * (stands_for if function == "sweeper" else 1.0))
        return carry_out()

    def _takes_time(self, function: str, operation: str) -> bool:
        """The producer's time is that of its rows. A thread of the sweeper asks the campaign under a lock: if others ran
        meanwhile, one that wants the lock would wait for ever.
        """
        locked = isinstance(current_process(), Thread) and operation.startswith("control.")
        return function not in ("", "producer") and not locked

    def spend(self, milliseconds: float) -> None:
        self._time.elapse(timedelta(milliseconds=milliseconds))


class Log(StringIO):
    """The logs of all functions: only their length is kept. What a sweep says of a message it says of all that it stands for."""

    def __init__(self) -> None:
        super().__init__()
        self.meter = Meter(1.0)

    def write(self, text: str) -> int:
        once = running() in ("sweeper", "producer") and '"message_id"' not in text
        self.meter.counts.log_bytes += len(text.encode()) * (1.0 if once else self.meter.weight)
        return len(text)


class Telling:
    """The telemetry of the function at work, as it is deployed, but for where its log goes."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_TOLD[running()], name)


@contextmanager
def logged(meter: Meter) -> Iterator[None]:
    """What is printed meanwhile are logs of functions."""
    _LOG.meter = meter
    with redirect_stdout(_LOG):
        yield


def _telemetry() -> dict[str, PowertoolsTelemetry]:
    """Powertools keeps one log of a name for the whole process: these are as long as the functions' own, and others'."""
    return {
        function: PowertoolsTelemetry(function.capitalize(), counts_in_line=function == "feedback", stream=_LOG)
        for function in MEMORY_GB
    }


os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "onlyonce-prod")
_LOG = Log()
_TOLD = _telemetry()
