"""Figures as tables: on the screen, and in a document between two marks."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

Figures = Mapping[str, Any]
"""What was measured, by its name in docs/bench."""
Cells = Sequence[Sequence[str]]
"""Head and rows. The first column is words, the others are numbers."""


def above(figures: Figures, most: Mapping[str, float]) -> list[str]:
    """The figures that are above what they may be at most, each in words."""
    return [
        f"{name} is {figures[name]:g}, the target is at most {target:g}"
        for name, target in most.items()
        if figures[name] > target
    ]


def screen(cells: Cells) -> Table:
    head, *rows = cells
    table = Table(header_style="bold")
    for number, title in enumerate(head):
        table.add_column(title, justify="right" if number else "left", no_wrap=not number)
    for row in rows:
        table.add_row(*row)
    return table


def marks(benchmark: str) -> tuple[str, str]:
    """The lines of its document between which a benchmark's tables stand."""
    return f"<!-- figures: written by `make bench-{benchmark}` -->", "<!-- end of figures -->"


def rendered(text: str, between: tuple[str, str], *tables: str) -> str:
    """The document with these tables between the two marks; all else stays."""
    start, end = between
    pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    return pattern.sub(lambda _: "\n".join([start, "\n\n".join(tables), end]), text)


def markdown(cells: Cells) -> str:
    head, *rows = cells
    return "\n".join(map(_line, [head, ["---", *["---:"] * (len(head) - 1)], *rows]))


def _line(cells: Sequence[str]) -> str:
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)
