"""What a month of a million messages costs the producer: memory, calls, time, CPU; and what other ways would cost.

    python -m bench.producer [--rows 1000000] [--json docs/bench/producer.json]
    python -m bench.producer --render

The real handler and the real adapters in processes of their own, against a stand-in for AWS inside the process, whose
calls take the time that is declared for them. A million rows take twenty minutes. Writes the figures, and the
table in the document beside them. Exit status 1 if a target is missed.
"""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench.producer import process, report
from local.detached_engine import shown
from local.embedded_aws import ROOT

ROWS = 1_000_000
LEAST = 10_000
SAMPLES = {"loop": 5_000, "threads": 20_000, "batches": 20_000}
"""Rows of each other way; what a row costs there does not depend on their number."""
PASSES = {"producer": 2}
OUTPUT = ROOT / "docs/bench/producer.json"


def measure(rows: int, console: Console) -> dict[str, Any]:
    """All measurements, one after another. Raises MeasurementError."""
    sizes = sorted({max(LEAST, rows // 100), max(LEAST, rows // 10), rows})
    runs = [("loop", SAMPLES["loop"]), *(("producer", size) for size in sizes)]
    runs += [(way, sample) for way, sample in SAMPLES.items() if way != "loop"]
    measured = [(way, _measured(way, number, console)) for way, number in runs]
    producer = [figures for way, figures in measured if way == "producer"]
    return report.completed(producer, {way: figures for way, figures in measured if way != "producer"})


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


def write(figures: dict[str, Any], path: Path) -> None:
    """The figures, a line each."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in figures.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{{\n{lines}\n}}\n")


def render(path: Path) -> None:
    """Puts the table into the document beside the figures, if there is one."""
    document = path.with_suffix(".md")
    if document.exists():
        document.write_text(report.rendered(document.read_text(), json.loads(path.read_text())))


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.producer", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS, help=f"of the largest month; default: {ROWS:,}")
    parser.add_argument("--json", type=Path, default=OUTPUT, help=f"for the figures; default: {shown(OUTPUT)}")
    parser.add_argument("--render", action="store_true", help="measure nothing: the table from the figures")
    arguments = parser.parse_args()
    if arguments.rows < LEAST:
        parser.error(f"--rows {arguments.rows}: at least {LEAST:,}")
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False, markup=False)
    if arguments.render:
        render(arguments.json)
        return 0
    signal.signal(signal.SIGTERM, _end)  # so that what was started is ended
    try:
        figures = measure(arguments.rows, console)
    except (process.MeasurementError, OSError) as error:
        errors.print(error, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        errors.print("\ninterrupted; what was started is stopped")
        return 130
    write(figures, arguments.json)
    render(arguments.json)
    console.print()
    console.print(report.screen(figures))
    problems = report.missed(figures)
    for problem in problems:
        console.print(f"✗ {problem}", style="red", markup=False, soft_wrap=True)
    if not problems:
        console.print("✓ every target is met", style="green")
    console.print(f"  The figures: {shown(arguments.json)}")
    return 1 if problems else 0


def _end(*_: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
