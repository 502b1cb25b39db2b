"""The usage file: what is read, and what each mistake is told."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from local.usage import csv_file
from local.usage.csv_file import UsageEvent, UsageFileError

HEADER = "user_id,email,device_id,used_at,minutes\n"
ROW = "u-1,a@example.com,d-1,2026-10-17T09:30:00Z,12.5\n"


def read(tmp_path: Path, content: str | bytes) -> list[UsageEvent]:
    path = tmp_path / "my.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(csv_file.read(path))


def test_a_row_is_an_event(tmp_path: Path) -> None:
    at = datetime(2026, 10, 17, 9, 30, tzinfo=UTC)
    assert read(tmp_path, HEADER + ROW) == [UsageEvent("u-1", "a@example.com", "d-1", at, Decimal("12.500"))]


def test_a_header_alone_is_a_month_without_usage(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER) == []


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + HEADER + ROW,
        (HEADER + ROW).replace("\n", "\r\n"),
        HEADER + "\n" + ROW + "\n\n",
        (HEADER + ROW).rstrip("\n"),
        " user_id , email,device_id,used_at,minutes\n" + ROW,
        HEADER + ROW.replace("12.5", " 12.5 ").replace("2026-", " 2026-"),
        "x,minutes,email,used_at,,device_id,user_id,\nx,12.5,a@example.com,2026-10-17T09:30:00Z,x,d-1,u-1,x\n",
    ],
    ids=[
        "BOM",
        "CRLF",
        "blank lines",
        "no last line break",
        "spaced header",
        "spaced values",
        "other columns",
    ],
)
def test_what_does_not_matter(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == read(tmp_path, HEADER + ROW)


@pytest.mark.parametrize(
    ("text", "hour", "minute", "microsecond"),
    [
        ("2026-10-17T09:30:00Z", 9, 30, 0),
        ("2026-10-17T09:30:00", 9, 30, 0),
        ("2026-10-17 09:30", 9, 30, 0),
        ("2026-10-17", 0, 0, 0),
        ("2026-10-17T11:30:00+02:00", 9, 30, 0),
        ("2026-10-16T23:45:00-0930", 9, 15, 0),
        ("2026-10-17T09:30:00.125Z", 9, 30, 125_000),
        ("2026-10-17T09:30:00.123456789Z", 9, 30, 123_456),
        ("20261017T093000Z", 9, 30, 0),
    ],
)
def test_used_at_is_iso_8601_and_utc_unless_it_says_otherwise(
    tmp_path: Path, text: str, hour: int, minute: int, microsecond: int
) -> None:
    (event,) = read(tmp_path, HEADER + f"u-1,a@example.com,d-1,{text},1\n")
    assert event.used_at == datetime(2026, 10, 17, hour, minute, 0, microsecond, tzinfo=UTC)
    assert event.used_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("0", "0.000"),
        ("-0", "0.000"),
        ("+7", "7.000"),
        (".5", "0.500"),
        ("1e3", "1000.000"),
        ("0.0005", "0.001"),
    ],
)
def test_minutes_are_rounded_to_thousandths(tmp_path: Path, text: str, minutes: str) -> None:
    (event,) = read(tmp_path, HEADER + f"u-1,a@example.com,d-1,2026-10-17,{text}\n")
    assert str(event.minutes) == minutes


@pytest.mark.parametrize("user_id", ["", "x" * 500, "a\nb", 'say "hi"', "a,b", "🦊/é", "  ", "\t", "a\r\nb"])
def test_a_user_is_not_judged_here(tmp_path: Path, user_id: str) -> None:
    """A user whom no mail can reach is rejected by the producer, without holding up the others."""
    cell = user_id.replace('"', '""')
    (event,) = read(tmp_path, HEADER + f'"{cell}",not an address,,2026-10-17,1\n')
    assert (event.user_id, event.email) == (user_id, "not an address")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "my.csv: is empty; its first row must be user_id,email,device_id,used_at,minutes"),
        ("\n\n", "my.csv: is empty"),
        (
            "user_id,email,when\n",
            "line 1: column device_id, used_at, minutes is missing; found: user_id, email, when",
        ),
        ("\n" + HEADER.replace("email", "Email"), "line 2: column email is missing; found: user_id, Email"),
        (HEADER.replace(",", ";"), "found: user_id;email;device_id;used_at;minutes"),
        (HEADER.replace("minutes", "minutes,email"), "line 1: column email is there more than once"),
        (HEADER + ROW + "u-1,a@example.com,d-1\n", "line 3: 3 cells where the header has 5"),
        (HEADER + ROW.replace("12.5", "12,5"), "line 2: 6 cells where the header has 5"),
        (
            HEADER + ROW + '"u-1,a@example.com,d-1,2026-10-17,1\n' + ROW,
            "line 3: the row that begins here is malformed",
        ),
        (
            HEADER + ROW + '"u"1,a@example.com,d-1,2026-10-17,1\n',
            "line 3: the row that begins here is malformed",
        ),
        (HEADER + '"' + ROW * 3000, "line 2: the row that begins here is malformed"),
        (HEADER + '"a\nb",a@example.com,d-1,2026-10-17\n', "line 2: 4 cells"),
        (HEADER + '"a\nb",a@example.com,d-1,2026-10-17,1\n' + "x\n", "line 4: 1 cells"),
        (
            HEADER + '"a\nb","a\r\nb",d-1,yesterday,1\n',
            "line 4, column used_at: 'yesterday' is not an ISO 8601 time",
        ),
        (
            HEADER + ROW.replace("2026-10-17", "2026-02-29"),
            "line 2, column used_at: '2026-02-29T09:30:00Z' is not",
        ),
        (
            HEADER + ROW.replace("2026-10-17T09:30:00Z", ""),
            "line 2, column used_at: '' is not an ISO 8601 time",
        ),
        (HEADER + ROW.replace("2026-10-17T09:30:00Z", "0001-01-01T00:00+14:00"), "line 2, column used_at"),
        (HEADER + ROW.replace("12.5", "many"), "line 2, column minutes: 'many' is not a number such as 12.5"),
        (HEADER + ROW.replace("12.5", ""), "line 2, column minutes: '' is not a number"),
        (HEADER + ROW.replace("12.5", "NaN"), "line 2, column minutes: 'NaN' is not a number"),
        (HEADER + ROW.replace("12.5", "-Infinity"), "line 2, column minutes: '-Infinity' is not a number"),
        (HEADER + ROW.replace("12.5", "1_000"), "line 2, column minutes: '1_000' is not a number"),
        (HEADER + ROW.replace("12.5", "٣"), "line 2, column minutes: '٣' is not a number"),
        (HEADER + ROW.replace("12.5", "-0.1"), "line 2, column minutes: '-0.1' is negative"),
        (HEADER + ROW.replace("12.5", "1e12"), "line 2, column minutes: '1e12' is too large"),
        (HEADER + ROW.replace("12.5", "9" * 99), "column minutes: '" + "9" * 39 + "…' is too large"),
        ((HEADER + ROW).encode("utf-16"), "line 1: not UTF-8; save the file as CSV in UTF-8"),
        (HEADER.encode() + ROW.encode() * 999 + "Zoë".encode("latin-1"), "line 1001: not UTF-8"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(UsageFileError) as error:
        read(tmp_path, content)
    assert message in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "my.csv"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageFileError, match=r"nothing\.csv: cannot be read: No such file or directory"):
        list(csv_file.read(tmp_path / "nothing.csv"))


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(UsageFileError, match="cannot be read: Is a directory"):
        list(csv_file.read(tmp_path))
