"""A million messages in virtual time: the real handlers and the real state machine on fakes, in a model of the platform.

In the model, each with its own draw: how long a call takes, cold and warm starts of functions, wake-ups that come late,
some of them by eight seconds, clocks that go wrong, and on demand processes that die. Not in it: the sweeper, feedback,
calls that fail (the crash days have those). Everything goes on side by side, and SES refuses what its bucket does not hold.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench.pacing.model import Model
from bench.pacing.modelled_stack import HEADROOM, Platform
from bench.pacing.windows import busiest

RATE, DAILY = 200.0, 500_000.0
SIZES = (1_000, 10_000, 100_000, 1_000_000)
DAY = 86_400.0


def run(console: Console, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Each size at 200 mails a second and 500,000 a day; the figures of the largest, and the calls of all."""
    calls: dict[str, float] = {}
    figures: dict[str, Any] = {}
    for messages in sizes:
        platform = Platform(RATE, DAILY, batch=0, seed=1, model=Model())
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task(f"{messages:,} messages in virtual time", total=messages)
            platform.run(messages, lambda done, task=task, progress=progress: progress.update(task, completed=done))  # type: ignore[misc]
        calls[str(messages)] = round(sum(platform.wire.calls.values()) / messages, 3)
        figures = _figures(platform, messages)
        console.print(
            f"  {messages:,} messages: {figures['sim_drain_s']:,.0f} s, {calls[str(messages)]} AWS calls each"
        )
    return {**figures, "sim_calls_per_message": calls[str(sizes[-1])], "sim_calls_per_message_by_size": calls}


def _figures(platform: Platform, messages: int) -> dict[str, Any]:
    times = sorted(at for at, _ in platform.ses.accepted)
    mails = Counter(to for _, to in platform.ses.accepted)
    drain = times[-1] - times[0]
    return {
        "sim_messages": messages,
        "sim_rate": RATE,
        "sim_daily": DAILY,
        "sim_drain_s": round(drain, 1),
        "sim_drain_ratio": round(drain / ideal_seconds(messages), 4),
        "sim_refused": platform.ses.refused,
        "sim_max_per_second": busiest(times, 1.0),
        "sim_max_per_day": busiest(times, DAY),
        "sim_duplicates": len(times) - len(mails),
        "sim_lost": messages - len(mails),
        "sim_cold_starts": platform.cold_starts,
        "sim_put_off": platform.telemetry.events.count("put_off"),
    }


def ideal_seconds(messages: int) -> float:
    """With nothing in the way: whole days' quotas as fast as the rate allows, headroom taken off both."""
    days, rest = divmod(messages - 1, int(DAILY * (1 - HEADROOM)))
    return days * DAY + (rest + 1) / (RATE * (1 - HEADROOM))
