"""What every benchmark's command line does: measure, write the figures and the document, show them, judge them."""

import argparse
import json
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console, RenderableType

from bench.commit import measured_commit
from bench.errors import MeasurementError
from bench.tables import Figures
from local.month.month import MonthError
from local.stack.deployment import DeploymentError
from local.stack.detached_engine import EngineError, Say, shown
from local.stack.embedded_aws import ROOT
from local.usage.choice import UsageChoiceError


class Report(Protocol):
    """What a benchmark says of its figures: its module `report`."""

    def missed(self, figures: Figures, /) -> list[str]:
        """The targets that are missed, each in words."""

    def screen(self, figures: Figures, /) -> RenderableType:
        """What is shown at the end."""

    def rendered(self, text: str, figures: Figures, /) -> str:
        """The document with the tables as the figures are."""


@dataclass(frozen=True)
class Benchmark:
    """`python -m bench.<name>`. Its figures are in docs/bench/<name>.json, its document and its picture beside them."""

    name: str
    about: str
    """Its command's docstring; the help shows the first line."""
    report: Report
    draw: Callable[[Figures, Path], None] | None = None
    """Writes its picture, if it has one."""

    def parser(self) -> argparse.ArgumentParser:
        """A parser, to which the benchmark adds its own options."""
        return argparse.ArgumentParser(prog=f"python -m bench.{self.name}", description=self.about.partition("\n")[0])

    def arguments(self, parser: argparse.ArgumentParser) -> argparse.Namespace:
        """The options as given: the benchmark's own, and those of every benchmark."""
        output = ROOT / f"docs/bench/{self.name}.json"
        drawn = "picture and table" if self.draw else "the table"
        parser.add_argument("--json", type=Path, default=output, help=f"for the figures; default: {shown(output)}")
        parser.add_argument("--render", action="store_true", help=f"measure nothing: {drawn} from the figures")
        return parser.parse_args()

    def run(self, arguments: argparse.Namespace, measure: Callable[[Console], dict[str, Any]]) -> int:
        """The exit status: 0 if every target is met, 1 if not or if nothing could be measured, 2 for unusable input."""
        path: Path = arguments.json
        console, errors = Console(highlight=False), Console(stderr=True, highlight=False, markup=False)
        if arguments.render:
            self.render(path)
            return 0
        signal.signal(signal.SIGTERM, _end)  # so that what was started is stopped
        try:
            figures = {"commit": measured_commit(), **measure(console)}
        except UsageChoiceError as error:
            errors.print(error, soft_wrap=True)
            return 2
        except (
            MeasurementError, EngineError, DeploymentError, MonthError, BotoCoreError, ClientError, OSError
        ) as error:  # fmt: skip
            errors.print(error, soft_wrap=True)
            return 1
        except KeyboardInterrupt:
            errors.print("\ninterrupted; what was started is stopped")
            return 130
        write(figures, path)
        self.render(path)
        return self._judge(figures, path, console)

    def render(self, path: Path) -> None:
        """Draws the picture beside the figures, and puts the tables into the document beside them, if there is one."""
        figures = json.loads(path.read_text())
        if self.draw:
            self.draw(figures, path.with_suffix(".svg"))
        document = path.with_suffix(".md")
        if document.exists():
            document.write_text(self.report.rendered(document.read_text(), figures))

    def _judge(self, figures: Figures, path: Path, console: Console) -> int:
        console.print()
        console.print(self.report.screen(figures))
        problems = self.report.missed(figures)
        for problem in problems:
            console.print(f"✗ {problem}", style="red", markup=False, soft_wrap=True)
        if not problems:
            console.print("✓ every target is met", style="green")
        if self.draw:
            where = f"The figures and the picture: {shown(path)}, {path.with_suffix('.svg').name}"
        else:
            where = f"The figures: {shown(path)}"
        console.print(f"  {where}", soft_wrap=True)
        return 1 if problems else 0


def write(figures: Figures, path: Path) -> None:
    """The figures, a line each."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in figures.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{{\n{lines}\n}}\n")


def telling(console: Console) -> Say:
    """Tells what happens, a line each."""
    return lambda text: console.print(f"• {text}", markup=False, soft_wrap=True)


def _end(*_: Any) -> None:
    raise KeyboardInterrupt
