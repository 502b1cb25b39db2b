"""A usage file (CSV) as usage events, or one error that says what to correct and where.

The file is UTF-8 (a byte order mark is tolerated), comma separated, quoted as in RFC 4180. Its first row names
the columns; those in COLUMNS are needed, in any order, and others are ignored. `used_at` is ISO 8601; a time
without a zone is UTC. `minutes` is a decimal number from 0 to below 10^12.

Whether a user can be written to (an email that works, a user_id that fits) is not judged here: that is decided
user by user when the messages are produced, so that one bad address does not hold up the others.
"""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import NamedTuple

COLUMNS = ("user_id", "email", "device_id", "used_at", "minutes")

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_MINUTES_LIMIT = Decimal(10) ** 12
_MINUTES_STEP = Decimal("0.001")


class UsageEvent(NamedTuple):
    """One use of one device: `used_at` aware and in UTC, `minutes` rounded to thousandths."""

    user_id: str
    email: str
    device_id: str
    used_at: datetime
    minutes: Decimal


class UsageFileError(ValueError):
    """The usage file cannot be used; the message names the file, the line and the column."""


def read(path: Path) -> Iterator[UsageEvent]:
    """Yield the file's events in file order, in flat memory.

    Raises UsageFileError at the first thing that is wrong, possibly after some events. A caller that must not act
    on half a file reads it to its end first.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield from _events(path, _rows(path, lines))
    except UnicodeDecodeError:
        raise UsageFileError(
            f"{path}, line {_first_undecodable_line(path)}: not UTF-8; save the file as CSV in UTF-8"
        ) from None
    except OSError as error:
        raise UsageFileError(f"{path}: cannot be read: {error.strerror or error}") from None


def _rows(path: Path, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield (line on which the row begins, cells); blank lines are passed over."""
    reader = csv.reader(lines, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UsageFileError(
                f"{path}, line {begins}: the row that begins here is malformed ({error}); "
                'close every quote, and write a quote inside a quoted cell as ""'
            ) from None
        if cells:
            yield begins, cells


def _events(path: Path, rows: Iterator[tuple[int, list[str]]]) -> Iterator[UsageEvent]:
    header = _header(path, rows)
    user_id, email, device_id, used_at, minutes = (header.index(column) for column in COLUMNS)
    for begins, cells in rows:
        if len(cells) != len(header):
            raise UsageFileError(
                f"{path}, line {begins}: {len(cells)} cells where the header has {len(header)}; "
                "quote cells that contain a comma"
            )
        column = "used_at"
        try:
            at = _parse_used_at(cells[used_at])
            column = "minutes"
            amount = _parse_minutes(cells[minutes])
        except ValueError as error:
            line = begins + _line_breaks(cells[: header.index(column)])
            raise UsageFileError(f"{path}, line {line}, column {column}: {error}") from None
        yield UsageEvent(cells[user_id], cells[email], cells[device_id], at, amount)


def _header(path: Path, rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    line, cells = next(rows, (1, []))
    if not cells:
        raise UsageFileError(f"{path}: is empty; its first row must be {','.join(COLUMNS)}")
    header = [cell.strip() for cell in cells]
    if missing := [column for column in COLUMNS if column not in header]:
        raise UsageFileError(f"{path}, line {line}: column {', '.join(missing)} is missing; found: {', '.join(header)}")
    if repeated := sorted({column for column in header if column and header.count(column) > 1}):
        raise UsageFileError(f"{path}, line {line}: column {', '.join(repeated)} is there more than once")
    return header


def _parse_used_at(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{_shown(text)} is not an ISO 8601 time such as 2026-10-17T09:30:00Z") from None


def _parse_minutes(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"{_shown(text)} is not a number such as 12.5")
    minutes = Decimal(text.strip())
    if minutes < 0:
        raise ValueError(f"{_shown(text)} is negative")
    if minutes >= _MINUTES_LIMIT:
        raise ValueError(f"{_shown(text)} is too large; minutes must be below 10^12")
    return abs(minutes.quantize(_MINUTES_STEP, ROUND_HALF_UP))  # abs: -0 is 0


def _line_breaks(cells: list[str]) -> int:
    return sum(len(re.findall(r"\r\n|\r|\n", cell)) for cell in cells)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _first_undecodable_line(path: Path) -> int:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    raise AssertionError(f"{path} changed while it was read")
