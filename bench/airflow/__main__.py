"""The month on Apache Airflow: a real one, against the embedded AWS.

    python -m bench.airflow [--users 500] [--rate 25] [--keep] [--picture]
    python -m bench.airflow --trials [--only "two runs"]
    python -m bench.airflow --render

An Airflow is started on 127.0.0.1 in a home that is thrown away, its DAG is unpaused, and the run that its schedule begins is
followed to its end; the SES inbox tells who got what. With --trials the same again and again, each time with other trouble.
Exit status 1 if a target is missed.
"""

import json
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.airflow import report
from bench.airflow.trials import MONTH, TRIALS, Trial
from bench.command import Benchmark, telling
from bench.errors import MeasurementError
from local.airflow.airflow import AirflowError

BENCHMARK = Benchmark("airflow", __doc__, report)


def measure(given: Namespace, console: Console) -> dict[str, Any]:
    """Raises MeasurementError, and what a stack that does not start raises."""
    known = _known(given.json)
    if not given.trials:
        setup = replace(MONTH.setup, users=given.users, rate=given.rate)
        month = replace(MONTH, setup=setup, pictured=given.picture, keeps=given.keep)
        return report.completed(_run(month, console), known.get("trials", []))
    rows = {row["trial"]: row for row in known.get("trials", [])}
    for trial in TRIALS:
        if given.only in trial.name:
            rows[trial.name] = _run(trial, console)
    missing = [trial.name for trial in TRIALS if trial.name not in rows]
    if missing:
        raise MeasurementError(f"not measured yet: {', '.join(missing)}; `make bench-airflow` runs all trials")
    return report.completed(rows[MONTH.name], [rows[trial.name] for trial in TRIALS])


def _run(trial: Trial, console: Console) -> dict[str, Any]:
    say = telling(console)
    console.print(f"[bold]{trial.name}[/]: {trial.about}")
    try:
        return trial.run(console, say)
    except AirflowError as error:
        raise MeasurementError(f"{trial.name}: {error}") from error


def _known(path: Path) -> dict[str, Any]:
    """What was measured before."""
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return known


def main() -> int:
    """Run it from the command line."""
    parser = BENCHMARK.parser()
    parser.add_argument(
        "--users", type=int, default=MONTH.setup.users, help="how many users the month has; default: 500"
    )
    parser.add_argument(
        "--rate", type=float, default=MONTH.setup.rate, help="mails a second that SES allows; default: 25"
    )
    parser.add_argument("--keep", action="store_true", help="when the month is over, keep Airflow up until Ctrl-C")
    parser.add_argument("--picture", action="store_true", help="take docs/airflow.png anew; needs Chromium")
    parser.add_argument("--trials", action="store_true", help="all that is tried, not one month")
    parser.add_argument("--only", default="", help="with --trials: those whose names have this in them")
    given = BENCHMARK.arguments(parser)
    if not 1 <= given.users <= 100_000:
        parser.error(f"--users {given.users}: from 1 to 100000")
    if not 1 <= given.rate <= 100:
        parser.error(f"--rate {given.rate:g}: from 1 to 100")
    return BENCHMARK.run(given, lambda console: measure(given, console))


if __name__ == "__main__":
    sys.exit(main())
