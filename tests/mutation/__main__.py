"""Breaks the product by machine, thousands of times, and looks whether a test notices: `make mutants`.

    python -m tests.mutation [--minutes 20] [--seed 2026] [--only shared.producing.run_records] [--json docs/proof/mutants.json]

Ends with status 1 if fewer than 95 of 100 variants are caught, or one survived whose reason nobody has written down.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.commit import measured_commit
from tests.mutation.score import WANTED, Score, Variant, known

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "docs" / "proof" / "mutants.json"
COPY = ROOT / ".local" / "mutation"
FOLDERS = ("bench", "deploy", "docs", "handlers", "local", "mail", "ops", "shared", "simulation", "tests")
FILES = ("*.md", "*.toml", "*.yml", "Makefile")
WORKERS = 2
console = Console()


def copy() -> None:
    """A fresh copy of the repository, in which the variants are made: what stands here stays as it is."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, COPY / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (file for pattern in FILES for file in ROOT.glob(pattern)):
        shutil.copy2(file, COPY)


def worker(given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """What the worker tells. Raises CalledProcessError if it fails."""
    until = time.time() + 60 * given.minutes
    script = ROOT / "tests" / "mutation" / "worker.py"
    command = [
        sys.executable, str(script), f"--until={until}", f"--seed={given.seed}", f"--workers={WORKERS}", f"--only={given.only}",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=COPY, stdout=subprocess.PIPE, text=True) as running:
        yield from map(json.loads, running.stdout or ())
    if running.returncode:
        console.print((COPY / "worker.log").read_text()[-4000:], highlight=False, markup=False)
        raise subprocess.CalledProcessError(running.returncode, command)


def trials(given: argparse.Namespace) -> tuple[list[Variant], dict[str, int]]:
    """The variants that there was time for, and how many there are."""
    tried: list[Variant] = []
    counts: dict[str, int] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        shown = progress.add_task("a copy is made", total=None)
        for told in worker(given):
            counts |= {name: number for name, number in told.items() if isinstance(number, int)}
            if "now" in told:
                progress.update(shown, description=told["now"])
            if "chosen" in told:
                progress.update(shown, description="variants are tried", total=told["chosen"])
            if told.get("verdict", "unknown") != "unknown":
                tried.append(Variant(**told))
                alive = sum(one.verdict == "survived" for one in tried)
                if tried[-1].verdict == "survived":
                    progress.console.print(f"  {tried[-1]}", highlight=False, markup=False)
                progress.update(shown, advance=1, description=f"variants are tried, {alive} survived")
    return tried, counts


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", default="2026", help="of the order in which variants are tried")
    parser.add_argument(
        "--only", default="", help="a part of the names of functions, such as shared.producing.run_records"
    )
    parser.add_argument("--json", type=Path, help=f"default: {OUTPUT.relative_to(ROOT)}, with --only none")
    given = parser.parse_args()
    commit = measured_commit()
    copy()
    tried, counts = trials(given)
    reasons = known()
    score = Score.of(tried, reasons)
    for one in sorted(score.survivors, key=lambda one: one.where):
        told = reasons.get(one.place)
        console.print(f"  {one}\n    {told.words if told else 'NO REASON'}", highlight=False, markup=False)
    figures = {
        "commit": commit,
        "seed": given.seed,
        "made": counts["made"],
        "refused_by_types": counts["typed_out"],
        "left": counts["variants"],
        **score.figures(),
    }
    output = given.json or (None if given.only else OUTPUT)
    if output:
        output.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    console.print(f"{score}; wanted: {100 * WANTED:.0f} %", highlight=False)
    return 0 if score.holds else 1


if __name__ == "__main__":
    sys.exit(main())
