"""Messages as a CSV file, for a spreadsheet that takes no cell for a formula."""

import csv
from collections.abc import Iterable
from contextlib import ExitStack
from typing import IO

from ops.errors import UnclearError
from ops.snapshot import Snapshot

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula, or skips before one."""


def write(name: str, snapshots: Iterable[Snapshot], standard_output: IO[str], *, reveal: bool) -> int:
    """Writes over the file of that name, or to standard output for "-"; how many messages. Without `reveal` no column has
    addresses. Raises UnclearError for a file that can't be written.
    """
    with ExitStack() as stack:
        try:
            # Excel reads UTF-8 only with a byte-order mark
            out = (
                standard_output
                if name == "-"
                else stack.enter_context(open(name, "w", encoding="utf-8-sig", newline=""))
            )
        except OSError as error:
            raise UnclearError(f"--csv {name}: {error.strerror}") from error
        return _rows(out, snapshots, reveal=reveal)


def _rows(out: IO[str], snapshots: Iterable[Snapshot], *, reveal: bool) -> int:
    columns = ["user_id", "period", "status", "since", "reason", *(["email"] if reveal else []), "message_id"]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    number = 0
    for snapshot in snapshots:
        number += 1
        told = snapshot.for_scripts(reveal=reveal)
        writer.writerow(_harmless(told[column]) for column in columns)
    return number


def _harmless(value: object) -> str:
    """As text, with an apostrophe before what a spreadsheet would carry out."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
