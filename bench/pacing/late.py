"""Wake-ups that come late, in virtual time: what each kind of lateness costs, at each rate and size of an execution.

Each run has its like in which nothing is late, for its transitions to be held against. What stands behind the messages
that are sent are tickets that are given out and not used: a late mail must not go behind these.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from bench.pacing.model import Model
from bench.pacing.modelled_stack import HEADROOM, Platform
from bench.pacing.windows import busiest

RATES = (2.0, 14.0, 200.0)
BATCHES = (1, 25, 0)
FEW, MANY = 30, 500_000
SENT_OF_MANY = {2.0: 2_000, 14.0: 4_000, 200.0: 10_000}
"""So many of the many are sent; the others wait behind them all the time."""
WARM = 400
"""Functions that run already, but where all are cold at the start."""
WORKERS = 2


@dataclass(frozen=True)
class Lateness:
    """What is late."""

    wake_delay_s: float = 0.0
    """By so much every wake-up."""
    late_share: float = 0.0
    """Such a share of the wake-ups, by 1 to 30 seconds."""
    cold: bool = False
    """No function runs when the month begins."""


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


def run(on_progress: Callable[[int, int], None]) -> list[dict[str, Any]]:
    """The figures of every case, in their order."""
    given = list(cases())
    found = []
    with ProcessPoolExecutor(WORKERS) as pool:
        for figures in pool.map(measure, given):
            found.append(figures)
            on_progress(len(found), len(given))
    return found


def measure(case: Case) -> dict[str, Any]:
    """One case's figures. `most_late_s` is how late the latest wake-up was, beyond `wake_delay_s` or a cold start."""
    lateness = case.lateness
    model = Model(
        warm_functions=0 if lateness.cold else WARM,
        delay_ms=lateness.wake_delay_s * 1000,
        late_share=lateness.late_share,
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
    """What a run does not keep, each in words.

    Nothing can go out before it wakes up: the time that all are late, and how late the latest is, come on top. So does a
    second, to which a Wait is punctual.
    """
    found = []
    for one in late:
        ideal_s = one["sent"] / (one["rate"] * (1 - HEADROOM))
        delay_s = one["wake_delay_s"] + one["most_late_s"]
        like = next(
            other for other in late
            if not other["wake_delay_s"] and not other["late_share"] and not other["cold"]
            and all(other[name] == one[name] for name in ("rate", "batch", "messages"))
        )  # fmt: skip
        bars = {
            "drain_s": 1.02 * ideal_s + delay_s + 1,
            "most_in_any_second": 2 * one["rate"],
            "longest_put_off_s": 60 + delay_s,
            "transitions_per_message": 1.1 * like["transitions_per_message"],
            "refused_fraction": 0.005,
            "duplicates": 0,
            "lost": 0,
        }
        name = ", ".join(f"{part} {one[part]}" for part in (*asdict(Lateness()), "rate", "batch", "messages"))
        found += [f"{name}: {bar} is {one[bar]:g}, at most {most:g}" for bar, most in bars.items() if one[bar] > most]
    return found
