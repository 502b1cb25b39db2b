"""All rows, kept as they are measured: a bench that was interrupted goes on where it was."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.contestants import ORDER
from bench.shootout.fault import FAULTS
from bench.shootout.row import Row


def read(path: Path) -> list[Row]:
    """None where there is no file."""
    return [Row(**one) for one in json.loads(path.read_text())] if path.exists() else []


def write(path: Path, rows: Iterable[Row]) -> None:
    """A line each, by fault and contestant; the file is never half written."""
    lines = ",\n".join(f"  {json.dumps(asdict(row))}" for row in in_order(rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(f"[\n{lines}\n]\n")
    partial.replace(path)


def merged(rows: Iterable[Row], row: Row) -> list[Row]:
    """With this row in the place of an older one of the same pair."""
    return [*(one for one in rows if pair(one) != pair(row)), row]


def pair(row: Row) -> tuple[str, str]:
    return row.contestant, row.fault


def in_order(rows: Iterable[Row]) -> Sequence[Row]:
    """As the tables have them."""
    faults = [fault.name for fault in FAULTS]
    return sorted(rows, key=lambda row: (faults.index(row.fault), ORDER.index(row.contestant)))
