"""Wake-ups that come late, in virtual time: what each kind of lateness costs, at each rate and size of an execution.

Each run's transitions are compared with those of the same run in which nothing is late. Behind the messages that are sent stand
tickets that are given out and not used: a late mail must not go behind these.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.progress import track

from bench.pacing.model import Model
from bench.pacing.modelled_stack import HEADROOM, Platform
from bench.pacing.windows import busiest

RATES = (2.0, 14.0, 200.0)
BATCHES = (1, 25, 0)
FEW, MANY = 30, 500_000
SENT_OF_MANY = {2.0: 2_000, 14.0: 4_000, 200.0: 10_000}
"""How many of the many are sent; the others wait behind them all the time."""
WARM = 400
"""Functions that run already, unless all are cold at the start."""
LATE_MS = (1_000, 30_000)
WORKERS = 2


@dataclass(frozen=True)
class Lateness:
    """What comes late, and how late."""

    wake_delay_s: float = 0.0
    """How late every wake-up comes."""
    late_share: float = 0.0
    """Share of the wake-ups that come 1 to 30 seconds late."""
    cold: bool = False
    """No function runs when the month begins."""

    @property
    def words(self) -> str:
        if self.cold:
            return "all functions cold at the start"
        if self.late_share:
            return f"{self.late_share:.0%} late by 1 to 30 s"
        return f"all late by {self.wake_delay_s:g} s" if self.wake_delay_s else "none late"


LATENESSES = (
    Lateness(), Lateness(1.0), Lateness(2.5), Lateness(10.0), Lateness(late_share=0.02), Lateness(cold=True),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One run."""

    lateness: Lateness
    rate: float
    batch: int
    """0: auto."""
    messages: int

    @property
    def sent(self) -> int:
        return self.messages if self.messages == FEW else SENT_OF_MANY[self.rate]


def cases() -> Iterator[Case]:
    for messages in (FEW, MANY):
        for rate in RATES:
            for batch in BATCHES:
                for lateness in LATENESSES:
                    yield Case(lateness, rate, batch, messages)


def run(console: Console) -> list[dict[str, Any]]:
    """The figures of every case, in their order."""
    given = list(cases())
    with ProcessPoolExecutor(WORKERS) as pool:
        return list(track(pool.map(measure, given), "late", total=len(given), console=console, transient=True))


def measure(case: Case) -> dict[str, Any]:
    """One case's figures. `most_late_s` is how late the latest wake-up was, beyond `wake_delay_s` or a cold start."""
    lateness = case.lateness
    model = Model(
        warm_functions=0 if lateness.cold else WARM,
        delay_ms=lateness.wake_delay_s * 1000,
        late_share=lateness.late_share,
        late_ms=LATE_MS,
    )
    platform = Platform(case.rate, -1.0, case.batch, seed=1, model=model)
    platform.run(case.sent, lambda _: None, waiting=case.messages - case.sent)
    times = sorted(at for at, _ in platform.ses.accepted)
    drain_s, ideal_s = times[-1] - times[0], case.sent / (case.rate * (1 - HEADROOM))
    return {
        **asdict(lateness),
        "rate": case.rate,
        "batch": case.batch or "auto",
        "messages": case.messages,
        "sent": len(times),
        "drain_s": round(drain_s, 2),
        "drain_ratio": round(drain_s / ideal_s, 4),
        "most_in_any_second": busiest(times, 1.0),
        "most_late_s": round(platform.most_late.total_seconds(), 1),
        "longest_put_off_s": round(platform.outbox.longest_put_off.total_seconds(), 1),
        "transitions_per_message": round(platform.transitions / case.sent, 3),
        "refused_fraction": round(platform.ses.refused / case.sent, 5),
        "duplicates": len(times) - len({to for _, to in platform.ses.accepted}),
        "lost": case.sent - len({to for _, to in platform.ses.accepted}),
    }


def missed(late: list[dict[str, Any]]) -> list[str]:
    """The bars that a run exceeds, each in words."""
    found = []
    for one in late:
        name = ", ".join(f"{part} {one[part]}" for part in (*asdict(Lateness()), "rate", "batch", "messages"))
        found += [
            f"{name}: {bar} is {one[bar]:g}, at most {most:g}"
            for bar, most in bars(one, late).items()
            if one[bar] > most
        ]
    return found


def bars(one: dict[str, Any], late: list[dict[str, Any]]) -> dict[str, float]:
    """What each figure may be at most. Nothing can go out before it wakes up, so the delay of all and that of the latest come on
    top. So does a second, because a Wait is exact to a second.
    """
    delay_s = one["wake_delay_s"] + one["most_late_s"]
    return {
        "drain_s": 1.02 * ideal_s(one) + delay_s + 1,
        "most_in_any_second": 2 * one["rate"],
        "longest_put_off_s": 60 + delay_s,
        "transitions_per_message": 1.1 * punctual(one, late)["transitions_per_message"],
        "refused_fraction": 0.005,
        "duplicates": 0,
        "lost": 0,
    }


def ideal_s(one: dict[str, Any]) -> float:
    """At the pace, which is the rate less the headroom."""
    return float(one["sent"] / (one["rate"] * (1 - HEADROOM)))


def punctual(one: dict[str, Any], late: list[dict[str, Any]]) -> dict[str, Any]:
    """The same run in which nothing is late."""
    like = {**one, **asdict(Lateness())}
    names = (*asdict(Lateness()), "rate", "batch", "messages")
    return next(other for other in late if all(other[name] == like[name] for name in names))
