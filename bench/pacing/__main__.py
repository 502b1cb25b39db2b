"""How close the product comes to the full speed that SES allows, and how rarely SES has to refuse.

    python -m bench.pacing [--messages 300] [--rate 5] [--json docs/bench/pacing.json] [--without-simulation]
    python -m bench.pacing --render

On the embedded AWS, each time on a stack of its own: the deployed product, and the same state machine with the pacer
turned off. Then a million messages in virtual time. Writes the figures, beside them the picture, and the table in the
document of the same name. Exit status 1 if a target is missed.
"""

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from bench.pacing import embedded, picture, report, simulation
from local.deployment import DeploymentError
from local.detached_engine import EngineError, shown
from local.embedded_aws import ROOT
from local.month import MonthError
from local.usage_choice import UsageChoiceError, choose

MESSAGES = 300
RATE = 5.0
OUTPUT = ROOT / "docs/bench/pacing.json"


def measure(messages: int, rate: float, console: Console, *, simulated: bool) -> dict[str, Any]:
    """Runs everything. Raises MonthError, UsageChoiceError and what a stack that does not start raises."""

    def say(text: str) -> None:
        console.print(f"• {text}", markup=False, soft_wrap=True)

    figures: dict[str, Any] = {"rate": rate, "messages": messages}
    for prefix, said in (("", "paced, as it is deployed"), ("unpaced_", "with the pacer turned off: Retry alone")):
        with tempfile.TemporaryDirectory(prefix="onlyonce-bench-") as scratch:
            folder = Path(scratch)
            choice = choose("", "", messages, folder / "usage.csv")
            say(f"{messages:,} messages at {rate:g} a second, {said}")
            with embedded.stack(folder, rate, say) as deployment:
                if prefix:
                    embedded.turn_pacer_off(deployment, folder)
                figures |= embedded.run(deployment, choice, rate, console).figures(prefix)
    if simulated:
        say("the real handlers and the real state machine in virtual time")
        figures |= simulation.run(console)
    return report.completed(figures)


def write(figures: dict[str, Any], path: Path) -> None:
    """The figures, a line each."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in figures.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{{\n{lines}\n}}\n")


def render(path: Path) -> None:
    """Draws the picture beside the figures, and puts the table into the document beside them, if there is one."""
    figures = json.loads(path.read_text())
    picture.draw(figures, path.with_suffix(".svg"))
    document = path.with_suffix(".md")
    if document.exists():
        document.write_text(report.rendered(document.read_text(), figures))


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.pacing", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=MESSAGES, help=f"on the embedded AWS; default: {MESSAGES}")
    parser.add_argument("--rate", type=float, default=RATE, help=f"mails a second that SES accepts; default: {RATE:g}")
    parser.add_argument("--json", type=Path, default=OUTPUT, help=f"for the figures; default: {shown(OUTPUT)}")
    parser.add_argument("--without-simulation", action="store_true", help="leave out the million in virtual time")
    parser.add_argument("--render", action="store_true", help="measure nothing: picture and table from the figures")
    arguments = parser.parse_args()
    if not arguments.rate > 0:
        parser.error(f"--rate {arguments.rate:g}: a number above 0")
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False, markup=False)
    if arguments.render:
        render(arguments.json)
        return 0
    signal.signal(signal.SIGTERM, _end)  # so that what was started is ended
    try:
        figures = measure(arguments.messages, arguments.rate, console, simulated=not arguments.without_simulation)
    except UsageChoiceError as error:
        errors.print(error, soft_wrap=True)
        return 2
    except (EngineError, DeploymentError, MonthError, BotoCoreError, ClientError, OSError) as error:
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
    console.print(f"  The figures and the picture: {shown(arguments.json)}, {arguments.json.with_suffix('.svg').name}")
    return 1 if problems else 0


def _end(*_: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
