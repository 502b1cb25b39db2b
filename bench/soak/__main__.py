"""A stack that is left alone does what its schedules ask for, and nothing else.

    python -m bench.soak [--minutes 10] [--json docs/bench/soak.json]
    python -m bench.soak --render

In a stack of its own, on a free port: one month is finished, another waits because the campaign is paused, and then nobody
touches it. Memory, CPU and threads of the embedded AWS are looked at every five seconds; what ran is counted by its own
CloudWatch. Exit status 1 if a target is missed.
"""

import sys
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.command import Benchmark, telling
from bench.soak import report
from bench.soak.left_alone import LeftAlone
from bench.soak.watch import watch
from local.stack.embedded_aws import free_port
from local.stack.stack import Stack
from local.usage.choice import choose

MINUTES = 10.0
LEAST_MINUTES = 1.0
USERS = 100
BENCHMARK = Benchmark("soak", __doc__, report)


def measure(minutes: float, console: Console) -> dict[str, Any]:
    """Raises MeasurementError, MonthError and what a stack that does not start raises."""
    say = telling(console)
    with tempfile.TemporaryDirectory(prefix="onlyonce-soak-") as scratch:
        folder = Path(scratch)
        choice = choose("", "", USERS, folder / "usage.csv")
        stack = Stack(folder, say)
        try:
            alone = LeftAlone(stack.up(free_port()))
            alone.arrange(choice, console)
            say(f"one month is finished, another waits; the stack is left alone for {minutes:g} minutes")
            return _left_alone(alone, stack, minutes * 60, console)
        finally:
            stack.down()


def _left_alone(alone: LeftAlone, stack: Stack, seconds: float, console: Console) -> dict[str, Any]:
    began, before = datetime.now(UTC), alone.standing()
    pid = stack.pid
    assert pid is not None
    watched = watch(pid, seconds, console, partial(_sweeps, alone, began))
    ended = datetime.now(UTC)
    counts = {**alone.invocations(began, ended), "dead_letters": alone.dead_letters()}
    return report.figures(watched, before, alone.standing(), counts, alone.sweeps_asked(began, ended))


def _sweeps(alone: LeftAlone, began: datetime) -> int:
    return alone.invocations(began, datetime.now(UTC))["sweeper"]


def main() -> int:
    """Run it from the command line."""
    parser = BENCHMARK.parser()
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"to leave it alone; default: {MINUTES:g}")
    given = BENCHMARK.arguments(parser)
    if not given.minutes >= LEAST_MINUTES:
        parser.error(f"--minutes {given.minutes:g}: at least {LEAST_MINUTES:g}")
    return BENCHMARK.run(given, lambda console: measure(given.minutes, console))


if __name__ == "__main__":
    sys.exit(main())
