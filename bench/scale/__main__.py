"""What a month costs beside SES, and how many calls it makes, from a thousand users to ten million.

    python -m bench.scale [--json docs/bench/scale.json]
    python -m bench.scale --render

The product's own handlers and its state machine in virtual time, metered as AWS bills; of the two largest months a part is
played, and one that is played whole is played in parts as well, to compare. Exit status 1 if a target is missed.
"""

import sys
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench.command import Benchmark
from bench.scale import declared, report
from bench.scale.measured import figures_of
from bench.scale.month import PLAYED_AT_MOST, Month, played
from bench.scale.scenario import SIZES, Scenario
from bench.scale.thinning import CHUNK
from shared.outbox.states import Status

IN_PARTS = 2 * CHUNK
"""Messages of a month that could be played whole."""
BENCHMARK = Benchmark("scale", __doc__, report)


def measure(console: Console) -> dict[str, Any]:
    """All months, the smallest first."""
    whole = [one for one in SIZES if one.users <= PLAYED_AT_MOST]
    slow = replace(whole[1], start_s=declared.SLOW_START_S)
    runs = [*((one, PLAYED_AT_MOST) for one in SIZES), (whole[-1], IN_PARTS), (slow, PLAYED_AT_MOST)]
    months = [(_played(scenario, at_most, console), scenario) for scenario, at_most in runs]
    *sizes, thinned, slowly = (figures_of(month, scenario) for month, scenario in months)
    return report.completed(sizes, thinned, slowly, sum(_undelivered(month) for month, _ in months))


def _played(scenario: Scenario, at_most: int, console: Console) -> Month:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(f"{scenario.name} users", total=1.0)
        month = played(scenario, at_most, lambda share: progress.update(task, completed=share))
    figures = figures_of(month, scenario)
    console.print(
        f"• {scenario.name} users, {month.thinning.played:,} of them played: {figures['calls']:.2f} calls a message, "
        f"${figures['dollars']:.2f} a million beside SES",
        soft_wrap=True,
    )
    return month


def _undelivered(month: Month) -> int:
    return month.thinning.played - month.statuses[Status.DELIVERED.value]


def main() -> int:
    """Run it from the command line."""
    return BENCHMARK.run(BENCHMARK.arguments(BENCHMARK.parser()), measure)


if __name__ == "__main__":
    sys.exit(main())
