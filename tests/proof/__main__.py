"""Everything that is tried on "never twice, never lost", with its figures: `make proof`, forty minutes on two cores.

    python -m tests.proof [--json docs/proof/only-once.json] [--chaos-messages 1000] [--explore-seconds 300]

The explorer writes its figures beside the others, in explorer.json. Ends with status 1 if a crash case ends badly, a broken
variant is not caught, the explorer finds a broken promise, the chaos run does not hold, or a stack that is left alone for ten
minutes meanwhile does not stay as it is.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import pytest
from rich.console import Console
from rich.progress import track

from bench.commit import measured_commit
from simulation.fakes.producing import at_once, when_asked_for
from tests.crash.harness import Case, pairs, singles
from tests.crash.months import kills
from tests.crash.scenarios import SCENARIOS
from tests.stateful.judge import verdict
from tests.stateful.mutants import HARMLESS, all_mutants

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "docs" / "proof" / "only-once.json"
WORKERS = 2
PAGE_ROWS = 40
"""Of the producer's month: 25 pages, each put in four batches."""
ORDERS = (at_once, when_asked_for)
"""In which it may read the next page and write the last: all others lie between these."""
EXAMPLES = 1_200
"""Of the stateful test, for each broken variant that nothing before it has caught."""
T = TypeVar("T")
console = Console()


@dataclass(frozen=True)
class Tally:
    """What became of a scenario's crash cases."""

    scenario: str
    singles: int
    pairs: int
    duplicates: int
    lost: int
    untrue: int
    """Final statuses that are not what the inbox says, and UNCERTAIN ones without a reason."""
    uncertain: int
    worst: str
    """The worst outcome of a case, in words."""


def crashes(number: int) -> Tally:
    """All single disturbances of one scenario, and all ordered pairs of kills."""
    scenario, tried, sums = SCENARIOS[number], Counter[str](), Counter[str]()
    worst: Case | None = None
    for case in chain(singles(scenario), pairs(scenario)):  # one at a time: a hundred thousand would fill the memory
        tried["pairs" if len(case.disturbances) == 2 else "singles"] += 1
        found = {"duplicates": case.duplicates, "lost": case.lost, "untrue": case.untrue + case.unexplained}
        sums.update({**found, "uncertain": case.uncertain})
        worst = case if worst is None or case.badness > worst.badness else worst
    names = ("duplicates", "lost", "untrue", "uncertain")
    return Tally(
        scenario.name, tried["singles"], tried["pairs"], **{name: sums[name] for name in names}, worst=str(worst)
    )


def producer_kills(number: int) -> tuple[int, int]:
    """A month's producer killed at every call, in one of the orders in which it may read and write: how often, and in how many
    cases something was wrong in the end.
    """
    found = list(kills(PAGE_ROWS, ORDERS[number]))
    return len(found), len([faults for faults in found if faults])


def trial(number: int) -> tuple[str, str | None]:
    """One broken variant, and the proof that caught it."""
    mutant = all_mutants()[number]
    with pytest.MonkeyPatch.context() as patch:
        mutant.patch(patch)
        return mutant.name, verdict(EXAMPLES)


def chaos(messages: int) -> tuple[dict[str, Any], bool]:
    """The chaos run's figures, and whether it held; it shows its own progress."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "chaos.json"
        command = [sys.executable, "-m", "local", "chaos", "--messages", str(messages), "--json", str(figures)]
        ended = subprocess.run(command, cwd=ROOT, check=False)
        return json.loads(figures.read_text()), ended.returncode == 0


class Soak:
    """A stack that is left alone while everything else is tried, as a context. What it says is shown at its end."""

    def __enter__(self) -> "Soak":
        self._folder = tempfile.TemporaryDirectory(prefix="onlyonce-proof-")
        self._log = Path(self._folder.name, "soak.log").open("w+")
        command = [sys.executable, "-m", "bench.soak", "--json", str(Path(self._folder.name, "soak.json"))]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=self._log, stderr=subprocess.STDOUT)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()  # it stops what it started
        self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def held(self) -> bool:
        """Waits for its end, and shows what it said."""
        held = self._process.wait() == 0
        self._log.seek(0)
        console.print(self._log.read(), markup=False, highlight=False)
        return held


def explored(seconds: float, figures: Path) -> bool:
    """Whether the explorer found every promise kept; it tells what it finds, and writes its figures."""
    command = [sys.executable, "-m", "tests.explorer", "--seconds", str(seconds), "--json", str(figures)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def _all(work: Callable[[int], T], numbers: Iterable[int], what: str) -> list[T]:
    numbers = list(numbers)
    with ProcessPoolExecutor(WORKERS) as pool:
        return list(track(pool.map(work, numbers), description=what, total=len(numbers), console=console))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, default=OUTPUT, help=f"default: {OUTPUT.relative_to(ROOT)}")
    parser.add_argument("--chaos-messages", type=int, default=1000)
    parser.add_argument("--explore-seconds", type=float, default=300)
    given = parser.parse_args()
    commit = measured_commit()
    given.json.parent.mkdir(parents=True, exist_ok=True)
    with Soak() as soak:
        return prove(given, commit, soak)


def prove(given: argparse.Namespace, commit: str, soak: Soak) -> int:
    """Tries everything, one after the other; the exit status."""
    tallies = _all(crashes, range(len(SCENARIOS)), "crash at every call, alone and in pairs")
    for tally in tallies:
        console.print(
            f"  {tally.scenario}: {tally.singles} single, {tally.pairs} pairs; worst: {tally.worst}", highlight=False
        )
    producers = _all(producer_kills, range(len(ORDERS)), "a month's producer killed at every call")
    trials = _all(trial, range(len(all_mutants())), "broken variants of the protocol")
    alive = [name for name, caught in trials if caught is None]
    for name, reason in HARMLESS.items():
        console.print(f"  harmless, not counted: {name}: {reason}", highlight=False)
    for name in alive:
        console.print(f"  not caught: {name}", highlight=False)
    console.print("the protocol under random schedules")
    kept = explored(given.explore_seconds, given.json.with_name("explorer.json"))
    storm, weathered = chaos(given.chaos_messages)
    figures = {
        "commit": commit,
        "crash_cases": sum(tally.singles for tally in tallies),
        "crash_pairs": sum(tally.pairs for tally in tallies),
        "duplicates": sum(tally.duplicates for tally in tallies),
        "lost": sum(tally.lost + tally.untrue for tally in tallies),
        "uncertain": sum(tally.uncertain for tally in tallies),
        "producer_kills": sum(cases for cases, _ in producers),
        "producer_wrong": sum(wrong for _, wrong in producers),
        "broken_variants": len(trials),
        "broken_variants_caught": len(trials) - len(alive),
        **storm,
    }
    given.json.write_text(json.dumps(figures, indent=2) + "\n")
    console.print_json(data=figures)
    held = (
        not any(figures[name] for name in ("duplicates", "lost", "producer_wrong")) and not alive and kept and weathered
    )
    console.print("a stack, left alone meanwhile")
    held = soak.held() and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
