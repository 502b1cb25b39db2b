"""What a run has found: on the screen, as JSON, and as a page."""

import io
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ops.accept.run import Outcome
from ops.formatting import counted, when

_MARKS = {True: ("✓", "green"), False: ("✗", "bold red")}


def to_json(name: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "checks": len(outcome.checks),
        "failed": outcome.failed,
        "stack": name,
        "began_at": outcome.began_at.isoformat(),
        "seconds": outcome.seconds,
        "mails": outcome.mails,
        "results": [{"check": one.name, "passed": one.passed, "found": one.found} for one in outcome.checks],
        "measures": [one.to_json() for one in outcome.measures],
    }


def show(name: str, outcome: Outcome, console: Console) -> None:
    when_ = f", {when(outcome.began_at)}, {counted(outcome.mails, 'mail')}, {outcome.seconds:.0f} s"
    console.print(Text.assemble((name, "bold"), when_))
    for one in outcome.checks:
        console.print(Text.assemble(_MARKS[one.passed], f" {one.name}", (f": {one.found}", "dim")))
        if not one.passed:
            console.print(f"    → {one.todo}")
    console.print(_measures(outcome))
    verdict = (
        (f"{counted(outcome.failed, 'check')} failed.", "bold red") if outcome.failed else ("All hold.", "bold green")
    )
    console.print(Text.assemble(f"{counted(len(outcome.checks), 'check')}. ", verdict))


def write(folder: Path, stage: str, name: str, outcome: Outcome) -> tuple[Path, Path]:
    """The JSON and the page; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    figures, page = folder / f"accept-{stage}.json", folder / f"accept-{stage}.html"
    figures.write_text(json.dumps(to_json(name, outcome), indent=2) + "\n")
    paper = Console(record=True, width=140, markup=False, highlight=False, emoji=False, file=io.StringIO())
    show(name, outcome, paper)
    page.write_text(paper.export_html())
    return figures, page


def _measures(outcome: Outcome) -> Table:
    table = Table(title="measured on this stack", title_justify="left")
    table.add_column("what")
    for head in ("times", "median", "95 in 100", "most"):
        table.add_column(head, justify="right")
    for one in (measure.to_json() for measure in outcome.measures):
        if not one["count"]:
            table.add_row(one["name"], "0", "–", "–", "–")
            continue
        table.add_row(
            one["name"], f"{one['count']:,}", *(f"{one[key]:,.4g} {one['unit']}" for key in ("median", "p95", "most"))
        )
    return table
