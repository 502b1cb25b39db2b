"""How close the product comes to the full speed that SES allows, and how rarely SES has to refuse.

    python -m bench.pacing [--messages 300] [--rate 5] [--without-simulation] [--json docs/bench/pacing.json]
    python -m bench.pacing --render

On the embedded AWS, each time on a stack of its own: the deployed product, also while another process keeps a core busy, and
the same state machine with the pacer turned off. Then in virtual time: a million messages, wake-ups that come late, and
the way back after a pause. Writes the figures, beside them the picture, and the table in the
document of the same name. Exit status 1 if a target is missed.
"""

import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.command import Benchmark, telling
from bench.pacing import embedded, late, picture, report, simulation
from bench.pacing.busy import one_core_busy
from bench.pacing.resuming import resume_s
from local.usage.choice import choose

UNPACED, BUSY = "unpaced_", "busy_"
RUNS = (
    ("", "paced, as it is deployed"),
    (BUSY, "the same, while another process keeps one core busy"),
    (UNPACED, "with the pacer turned off: Retry alone"),
)
RESUMED = 1_000_000
MESSAGES = 300
RATE = 5.0
BENCHMARK = Benchmark("pacing", __doc__, report, picture.draw)


def measure(messages: int, rate: float, console: Console, *, simulated: bool) -> dict[str, Any]:
    """Runs everything. Raises MonthError, UsageChoiceError and what a stack that does not start raises."""
    say = telling(console)
    figures: dict[str, Any] = {"rate": rate, "messages": messages}
    for prefix, said in RUNS:
        with tempfile.TemporaryDirectory(prefix="onlyonce-bench-") as scratch:
            folder = Path(scratch)
            choice = choose("", "", messages, folder / "usage.csv")
            say(f"{messages:,} messages at {rate:g} a second, {said}")
            with embedded.stack(folder, rate, say) as deployment:
                if prefix == UNPACED:
                    embedded.turn_pacer_off(deployment, folder)
                with one_core_busy() if prefix == BUSY else nullcontext():
                    figures |= embedded.run(deployment, choice, rate, console).figures(prefix)
    if simulated:
        say("the real handlers and the real state machine in virtual time")
        figures |= simulation.run(console)
        say("wake-ups that come late")
        figures["late"] = late.run(console)
        say(f"{RESUMED:,} messages wait, and the campaign is resumed")
        figures["resume_s"] = round(resume_s(RESUMED, simulation.RATE), 1)
    return report.completed(figures)


def main() -> int:
    """Run it from the command line."""
    parser = BENCHMARK.parser()
    parser.add_argument("--messages", type=int, default=MESSAGES, help=f"on the embedded AWS; default: {MESSAGES}")
    parser.add_argument("--rate", type=float, default=RATE, help=f"mails a second that SES accepts; default: {RATE:g}")
    parser.add_argument("--without-simulation", action="store_true", help="leave out what runs in virtual time")
    given = BENCHMARK.arguments(parser)
    if not given.rate > 0:
        parser.error(f"--rate {given.rate:g}: a number above 0")
    return BENCHMARK.run(
        given, lambda console: measure(given.messages, given.rate, console, simulated=not given.without_simulation)
    )


if __name__ == "__main__":
    sys.exit(main())
