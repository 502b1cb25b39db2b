"""What a month of ten million messages costs the producer: memory, calls, time, CPU; and what other ways would cost.

    python -m bench.producer [--rows 10000000] [--without-embedded] [--json docs/bench/producer.json]
    python -m bench.producer --render

The real handler and the real adapters in processes of their own, against a stand-in for AWS inside the process, whose
calls take the time that is declared for them. The largest month and its tenth pass in virtual time; in real time, where that
time is slept through, a smaller one is compared with the other ways. Before that, as a check, the deployed function on an
embedded AWS, which gets no more than 20,000 rows. Ten million rows take half an hour. Writes the figures, and the tables in
the document beside them. Exit status 1 if a target is missed.
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench.command import Benchmark, telling
from bench.producer import embedded, process, report
from local.stack.stack import passing_stack
from local.usage.choice import choose

ROWS = 10_000_000
LEAST = 10_000
REAL_ROWS = 100_000
"""In real time at most: what a row takes there does not depend on their number, and the function would sleep for most of it."""
SAMPLES = {"loop": 5_000, "threads": 20_000, "batches": 20_000}
"""Rows of each other way; what a row costs there does not depend on their number."""
PASSES = {"producer": 2, "virtual": 2}
BENCHMARK = Benchmark("producer", __doc__, report)


def measure(rows: int, console: Console, *, deployed: bool) -> dict[str, Any]:
    """All measurements, one after another. Raises MeasurementError, MonthError and what a stack that does not start
    raises.
    """
    # First, as it takes seconds, and the rest half an hour.
    check = _deployed(min(rows, embedded.ROWS), console) if deployed else {}
    runs = [("loop", SAMPLES["loop"]), *(("producer", size) for size in sizes(min(rows, REAL_ROWS)))]
    runs += [(way, sample) for way, sample in SAMPLES.items() if way != "loop"]
    runs += [("virtual", size) for size in virtual_sizes(rows)]
    measured = [(way, _measured(way, number, console)) for way, number in runs]
    producer, virtual = ([figures for way, figures in measured if way == one] for one in ("producer", "virtual"))
    others = {way: figures for way, figures in measured if way in SAMPLES}
    return report.completed(producer, others, virtual, check)


def sizes(rows: int) -> list[int]:
    """Of the months in real time, in the order in which they are measured: the largest, its tenth and its hundredth.

    The largest is compared with the smallest, whose few seconds tell little: so it is measured before, between and after
    the others.
    """
    smallest, *larger = sorted({max(LEAST, rows // 100), max(LEAST, rows // 10), rows})
    return [smallest, *(size for one in larger for size in (one, smallest))]


def virtual_sizes(rows: int) -> list[int]:
    """Of the months in virtual time: the largest's tenth, and the largest."""
    return sorted({max(LEAST, rows // 10), rows})


def _measured(way: str, rows: int, console: Console) -> dict[str, Any]:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(f"{way}, {rows:,} rows", total=rows * PASSES.get(way, 1))
        figures = process.measure(way, rows, lambda read: progress.update(task, completed=read))
    console.print(
        f"• {way}, {rows:,} rows: {figures['seconds']:,.1f} s, {figures['peak_rss_mb']:.0f} MB, "
        f"{figures['calls_per_row']:.4f} calls and {figures['cpu_us_per_row']:.0f} µs of CPU a row",
        soft_wrap=True,
    )
    return figures


def _deployed(rows: int, console: Console) -> Mapping[str, Any]:
    say = telling(console)
    with tempfile.TemporaryDirectory(prefix="onlyonce-bench-") as scratch:
        folder = Path(scratch)
        say(f"the deployed producer, {rows:,} rows")
        choice = choose("", "", rows, folder / "usage.csv")
        with passing_stack(folder, say, embedded.PARAMS) as deployment:
            production = embedded.run(deployment, choice, console)
    say(f"{production.seconds:,.1f} s, {production.messages:,} messages in the outbox")
    return production.figures


def main() -> int:
    """Run it from the command line."""
    parser = BENCHMARK.parser()
    told = f"of the largest month, in virtual time; in real time {REAL_ROWS:,} of them at most; default: {ROWS:,}"
    parser.add_argument("--rows", type=int, default=ROWS, help=told)
    parser.add_argument("--without-embedded", action="store_true", help="leave out the deployed producer")
    given = BENCHMARK.arguments(parser)
    if given.rows < LEAST:
        parser.error(f"--rows {given.rows}: at least {LEAST:,}")
    return BENCHMARK.run(given, lambda console: measure(given.rows, console, deployed=not given.without_embedded))


if __name__ == "__main__":
    sys.exit(main())
