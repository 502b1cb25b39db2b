"""Looks at the embedded AWS every few seconds, for as long as it is left alone."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import psutil
from rich.console import Console
from rich.live import Live
from rich.text import Text

from bench.errors import MeasurementError
from bench.soak.load import Load, load_of

EVERY_S = 5.0
SETTLED_S = 60.0
"""The middle value of so many seconds counts, so that a sweep that is at work does not."""
BASE_S = 600.0
"""After which memory must not grow; half the time of a shorter soak."""


@dataclass(frozen=True)
class Sample:
    at_s: float
    load: Load


@dataclass(frozen=True)
class Watched:
    """All that was seen."""

    samples: Sequence[Sample]

    @property
    def seconds(self) -> float:
        return self.samples[-1].at_s - self.samples[0].at_s

    @property
    def base_s(self) -> float:
        return min(BASE_S, self.seconds / 2)

    @property
    def cpu_share(self) -> float:
        """Of one core."""
        return (self.samples[-1].load.cpu_s - self.samples[0].load.cpu_s) / self.seconds

    def at_base(self, figure: Callable[[Load], float]) -> float:
        return self._settled(figure, self.samples[0].at_s + self.base_s)

    def at_end(self, figure: Callable[[Load], float]) -> float:
        return self._settled(figure, self.samples[-1].at_s)

    def most(self, figure: Callable[[Load], float]) -> float:
        return max(figure(sample.load) for sample in self.samples)

    def _settled(self, figure: Callable[[Load], float], until_s: float) -> float:
        """The middle of the last SETTLED_S before then."""
        return median(figure(one.load) for one in self.samples if until_s - SETTLED_S <= one.at_s <= until_s)


def watch(pid: int, seconds: float, console: Console, sweeps: Callable[[], int]) -> Watched:
    """Raises MeasurementError if the engine ends."""
    samples: list[Sample] = []
    began = time.monotonic()
    with Live(console=console, refresh_per_second=2, transient=True) as live:
        while not samples or samples[-1].at_s < seconds:
            try:
                samples.append(Sample(time.monotonic() - began, load_of(pid)))
            except psutil.NoSuchProcess:
                raise MeasurementError("the embedded AWS has ended while it was left alone") from None
            live.update(_line(samples, seconds, sweeps()))
            time.sleep(min(EVERY_S, max(0.0, seconds - samples[-1].at_s)))
    return Watched(samples)


def _line(samples: Sequence[Sample], seconds: float, sweeps: int) -> Text:
    first, now = samples[0], samples[-1]
    spent = now.load.cpu_s - first.load.cpu_s
    share = f"{spent / (now.at_s - first.at_s):.1%} of a core" if now.at_s > first.at_s else "…"
    return Text(
        f"  {now.at_s / 60:5.1f} of {seconds / 60:g} min   engine {now.load.engine_mb:,.0f} MB, with its functions "
        f"{now.load.memory_mb:,.0f} MB   {share}   {now.load.threads} threads   {sweeps} sweeps"
    )
