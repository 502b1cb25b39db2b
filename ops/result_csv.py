"""The file that Athena stores a query's result in, row by row: a month's may be gigabytes."""

import re
from collections.abc import Iterator
from typing import Protocol

from ops.errors import RefusedError
from shared.rendering.mail_kind import Row

CHUNK = 1 << 20
TELLING = 1000
_VALUES = re.compile(r'(?:^|,)("[^"]*(?:""[^"]*)*"|[^",]*)')


class Body(Protocol):
    """What S3 gives, or any file of bytes."""

    def read(self, amt: int, /) -> bytes: ...


class MalformedResultError(RefusedError):
    """The file is no result of Athena's; the message says where."""


def rows(body: Body, mentioning: str = "") -> Iterator[Row]:
    """The rows by column. A value in quotes is a text, also "", and nothing at all is NULL (source: athena-csv).

    `mentioning`: only those in which this text stands, in capitals or not, and every thousandth, which tells how far the
    reader is: to take a row apart takes most of the time. Raises MalformedResultError.
    """
    records, sought = _records(body), mentioning.replace('"', '""').encode().lower()
    columns = [name or "" for name in _values(next(records, b""))]
    for number, record in enumerate(records, start=1):
        if sought in record.lower() or number % TELLING == 0:
            values = _values(record)
            if len(values) != len(columns):
                raise MalformedResultError(f"row {number:,} has {len(values)} values for {len(columns)} columns")
            yield dict(zip(columns, values, strict=True))


def _values(record: bytes) -> list[str | None]:
    return [_value(written) for written in _VALUES.findall(record.decode(errors="replace").removesuffix("\n"))]


def _value(written: str) -> str | None:
    if not written.startswith('"'):
        return written or None
    return written[1:-1].replace('""', '"')


def _records(body: Body) -> Iterator[bytes]:
    """Each line; where it ends within quotes, together with the next ones."""
    begun = b""
    for line in _lines(body):
        begun += line
        if begun.count(b'"') % 2 == 0:
            yield begun
            begun = b""
    if begun:
        raise MalformedResultError("the file ends within quotes")


def _lines(body: Body) -> Iterator[bytes]:
    rest = b""
    while chunk := body.read(CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest
