"""What each design of the same job really does when things go wrong, and what it costs.

    python -m bench.shootout [--quick] [--only loop,sqs] [--faults kill_storm] [--users 300] [--rate 25] [--seed 16]
    python -m bench.shootout --render

Every design of bench/contestants against the same simulated SES, the same users and the same faults, each time on an
embedded AWS of its own. Each row is kept as it is measured: interrupted, the same command goes on where it was
(`--anew` begins again). `--only` and `--faults` measure some pairs and leave the other rows as they are. Writes the
rows, the charts and the tables in the document of the same name; `--quick` writes to .local/shootout and measures fewer
users. Exit status 1 if ours gave somebody two mails, or none without a word.
"""

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.contestants import ORDER
from bench.shootout import charts, report, results
from bench.shootout.bench import Bench, Pair, Size
from bench.shootout.contestants import load
from bench.shootout.fault import BY_NAME
from local.stack.detached_engine import shown
from local.stack.embedded_aws import ROOT

FULL, QUICK = Size(users=300, rate=25.0), Size(users=80, rate=25.0)
SEED = 16
JSON, QUICK_JSON = ROOT / "docs/bench/shootout.json", ROOT / ".local/shootout/shootout.json"
QUICK_FAULTS, QUICK_UNDISTURBED = ("everything",), ("ours_batched",)
"""What fits into four minutes: everything at once for all, and what ours does undisturbed."""


def main() -> int:
    """Run it from the command line."""
    given = _arguments()
    console = Console(highlight=False)
    path: Path = given.json or (QUICK_JSON if given.quick else JSON)
    if given.render:
        render(path)
        return 0
    signal.signal(signal.SIGTERM, _end)  # so that what was started is stopped
    size = QUICK if given.quick else FULL
    bench = Bench(Size(given.users or size.users, given.rate or size.rate), given.seed, path, console)
    try:
        problems = bench.measure(_pairs(given), anew=given.anew, whole=not (given.only or given.faults))
    except KeyboardInterrupt:
        console.print(f"\ninterrupted; the rows so far: {shown(path)}. The same command goes on.", soft_wrap=True)
        return 130
    render(path)
    rows = results.read(path)
    console.print(report.screen(rows, load()))
    for problem in [*problems, *report.missed(rows)]:
        console.print(f"✗ {problem}", style="red", markup=False, soft_wrap=True)
    console.print(f"  The figures, the charts and the tables: {shown(path)}, .svg, .md", soft_wrap=True)
    return 1 if problems or report.missed(rows) else 0


def render(path: Path) -> None:
    """Draws the charts beside the rows, and puts the tables into the document beside them, which is made if need be."""
    rows, document = results.read(path), path.with_suffix(".md")
    if rows:
        charts.draw(rows, load(), path)
        text = document.read_text() if document.exists() else "\n".join(("# Shoot-out", "", *report.MARKS, ""))
        document.write_text(report.document(text, rows, load(), path.stem))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.shootout", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK.users} users, and {', '.join(QUICK_FAULTS)} only")
    parser.add_argument("--only", type=_names(ORDER), default=(), help=f"of {', '.join(ORDER)}")
    parser.add_argument("--faults", type=_names(BY_NAME), default=(), help=f"of {', '.join(BY_NAME)}")
    parser.add_argument("--users", type=int, help=f"default: {FULL.users}")
    parser.add_argument("--rate", type=float, help=f"mails a second that SES accepts; default: {FULL.rate:g}")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of users and faults; default: {SEED}")
    parser.add_argument("--json", type=Path, help=f"for the rows; default: {shown(JSON)}")
    parser.add_argument("--anew", action="store_true", help="measure again what an interrupted bench has measured")
    parser.add_argument("--render", action="store_true", help="measure nothing: charts and tables from the rows")
    return parser.parse_args()


def _names(known: Any) -> Any:
    def names(text: str) -> tuple[str, ...]:
        chosen = tuple(text.split(","))
        if unknown := [name for name in chosen if name not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there is {', '.join(known)}")
        return chosen

    return names


def _pairs(given: argparse.Namespace) -> list[Pair]:
    """By fault, so that an interrupted bench has whole tables."""
    faults, names = given.faults or tuple(BY_NAME), given.only or ORDER
    if given.quick and not given.faults:
        undisturbed = [Pair(name, "none") for name in names if name in QUICK_UNDISTURBED]
        return [*undisturbed, *(Pair(name, fault) for fault in QUICK_FAULTS for name in names)]
    return [Pair(name, fault) for fault in faults for name in names]


def _end(*_: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
