"""Looks for a schedule that breaks what is promised: `make explore SECONDS=60 SEED=1`.

    python -m tests.explorer --seconds 60 --seed 1                      # schedules 1.0, 1.1, …
    python -m tests.explorer --seed 1 --run 37                          # one of them, and its story
    python -m tests.explorer --seed 1 --run 37 --only 1f2e3d4c,a0b1c2d3 # of its troubles only these
    python -m tests.explorer --seconds 300 --json docs/proof/explorer.json

Ends with status 1 if a promise is broken: then with the story of the message, shrunk, and the command that repeats it.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bench.commit import measured_commit
from tests.explorer.month import Month, Verdict
from tests.explorer.search import Tally, explore, shrunk

SHRINKS_S = 60.0
SHOWN = 150
"""Events of a story at most: its last ones."""
console = Console(highlight=False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.explorer", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="default: 60")
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    parser.add_argument("--run", type=int, help="only this one of the seed's schedules")
    parser.add_argument("--only", help="of its troubles only these, by their names")
    parser.add_argument("--json", type=Path, help="where the figures go")
    given = parser.parse_args()
    if given.run is not None:
        only = frozenset(given.only.split(",")) if given.only else None
        verdict = Month(f"{given.seed}.{given.run}", only).run()
        return _tell(verdict, shrinks=only is None)
    commit, began = measured_commit(), time.monotonic()
    with console.status("") as status:
        tally = explore(given.seed, given.seconds, lambda so_far: status.update(_progress(so_far)))
    figures = {"commit": commit, "seed": given.seed, **_figures(tally, time.monotonic() - began)}
    console.print(_progress(tally))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    return _tell(tally.broken[0]) if tally.broken else 0


def _progress(tally: Tally) -> str:
    return (
        f"{tally.schedules:,} schedules, {tally.troubles:,} troubles, {tally.invocations:,} invocations, {tally.mails:,} mails, "
        f"{len(tally.broken)} broken promises"
    )


def _figures(tally: Tally, seconds: float) -> dict[str, int]:
    return {
        "seconds": round(seconds),
        "schedules": tally.schedules,
        "troubles": tally.troubles,
        "invocations": tally.invocations,
        "mails": tally.mails,
        "violations": len(tally.broken),
    }


def _tell(verdict: Verdict, *, shrinks: bool = True) -> int:
    """The verdict on one schedule, with the story of the message that it is about."""
    if verdict.broken is None:
        console.print(f"schedule {verdict.seed}: every promise is kept, under {len(verdict.troubles)} troubles")
        return 0
    seed, run = verdict.seed.split(".")
    console.print(
        f"[red]✗[/] schedule {verdict.seed} ({len(verdict.troubles)} troubles): {escape(str(verdict.broken))}"
    )
    if shrinks:
        with console.status("leaving out what does not matter"):
            verdict = shrunk(verdict, SHRINKS_S)
    events = list(verdict.story.about(verdict.broken.key if verdict.broken else None))
    console.print(
        f"\nthe story of {'/'.join(verdict.broken.key) if verdict.broken and verdict.broken.key else 'all messages'}:"
    )
    for event in events[-SHOWN:]:
        console.print(f"  {event}", markup=False, soft_wrap=True)
    console.print(f"  {verdict.broken}\n\nwhat went wrong in it:", markup=False, soft_wrap=True)
    for name, what in verdict.troubles.items():
        console.print(f"  {name}  {what}", markup=False, soft_wrap=True)
    only = ",".join(verdict.troubles)
    console.print(
        f"\nonce more: python -m tests.explorer --seed {seed} --run {run} --only {only or 'none'}", soft_wrap=True
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
