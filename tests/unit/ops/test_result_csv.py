"""The file of a query's result, as Athena writes it."""

import io
from collections.abc import Mapping

import pytest

from ops import result_csv
from ops.result_csv import MalformedResultError, rows

FILE = b'"user_id","email","minutes"\n"ann","ann@example.com","1"\n"bob",,""\n'


class Trickle(io.BytesIO):
    """A few bytes at a time, as a network gives them."""

    def read(self, amt: int | None = -1, /) -> bytes:  # noqa: ARG002
        return super().read(3)


def read(file: bytes, mentioning: str = "") -> list[Mapping[str, str | None]]:
    return list(rows(Trickle(file), mentioning))


def test_nothing_is_null_and_quotes_alone_are_an_empty_text() -> None:
    assert read(FILE) == [
        {"user_id": "ann", "email": "ann@example.com", "minutes": "1"},
        {"user_id": "bob", "email": None, "minutes": ""},
    ]


@pytest.mark.parametrize("text", ["a,b", 'a "b" c', '"', '""', "a\nb", "a\r\nb", "a\u2028b\x85c", "grüße 👩‍💻", "\\"])
def test_a_value_may_hold_anything(text: str) -> None:
    quoted = text.replace('"', '""')
    file = f'"user_id","note"\n"ann","{quoted}"\n,"{quoted}"\n'.encode()
    assert read(file) == [{"user_id": "ann", "note": text}, {"user_id": None, "note": text}]
    assert read(file, text.upper()) == read(file) or not text.isascii()


def test_rows_of_no_value_and_files_of_no_row() -> None:
    assert read(b'"a","b"\n,\n') == [{"a": None, "b": None}]
    assert read(b'"a"\n\n"1"') == [{"a": None}, {"a": "1"}]
    assert read(b'"a","b"\n') == []
    assert read(b"") == []


def test_only_the_rows_that_mention_it_and_now_and_then_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_csv, "TELLING", 4)
    file = b'"user_id"\n' + b"".join(b'"user-%d"\n' % number for number in range(10))
    assert [row["user_id"] for row in read(file, "USER-6")] == ["user-3", "user-6", "user-7"]


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b'"a","b"\n"1","2"\n"1"\n', "row 2 has 1 values for 2 columns"),
        (b'"a","b"\n"1","2', "the file ends within quotes"),
    ],
)
def test_what_is_no_result_is_refused(file: bytes, why: str) -> None:
    with pytest.raises(MalformedResultError, match=why):
        read(file)
