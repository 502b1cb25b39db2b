"""Athena's tables as events.ddl.sql makes one: the Hive JSON SerDe and projected months."""

from datetime import UTC, datetime

import pytest

from tests.conformance.account import Account
from tests.conformance.athena import Athena

EVENT = {"user_id": "string", "used_at": "timestamp"}
BROKEN = '{"user_id": "b", \n'


@pytest.fixture(scope="module")
def athena(aws: Account) -> Athena:
    return Athena.new(aws)


def event(user_id: str, used_at: str = "2026-10-17") -> str:
    return f'{{"user_id": "{user_id}", "used_at": "{used_at}"}}\n'


def test_a_timestamp_has_one_of_the_formats(athena: Athena) -> None:
    """timestamp.formats is a list of patterns, with quotes around what stands for itself."""
    formats = "dd.MM.yyyy HH:mm,yyyyMMdd'T'HHmmss"
    texts = event("a", "17.10.2026 09:30") + event("b", "20261017T093001")
    table = athena.hive_json_table(EVENT, formats, {"data.jsonl": texts})
    rows = athena.rows(athena.run(f"SELECT user_id, CAST(used_at AS timestamp) FROM {table} ORDER BY user_id"))
    assert rows == [["a", "2026-10-17 09:30:00"], ["b", "2026-10-17 09:30:01"]]


def test_a_timestamp_of_no_format_fails_the_query(athena: Athena) -> None:
    """Data that does not match its column is HIVE_BAD_DATA: the row is not left out, and is not NULL."""
    texts = event("a", "2026-10-17 09:30:00.000") + event("b", "17/10/2026")
    table = athena.hive_json_table(EVENT, "yyyy-MM-dd HH:mm:ss.SSS", {"data.jsonl": texts})
    assert "HIVE_BAD_DATA" in athena.failure(f"SELECT user_id, used_at FROM {table}")


def test_no_timestamp_is_null(athena: Athena) -> None:
    """A field that is null, or is not there, is NULL; a format is not asked for."""
    texts = '{"user_id": "a", "used_at": null}\n{"user_id": "b"}\n' + event("c", "17.10.2026")
    table = athena.hive_json_table(EVENT, "dd.MM.yyyy", {"data.jsonl": texts})
    rows = athena.rows(athena.run(f"SELECT user_id, CAST(used_at AS timestamp) FROM {table} ORDER BY user_id"))
    assert rows == [["a", None], ["b", None], ["c", "2026-10-17 00:00:00"]]


def test_a_line_that_is_no_json_fails_the_query(athena: Athena) -> None:
    """HIVE_CURSOR_ERROR: Row is not a valid JSON Object."""
    table = athena.hive_json_table(EVENT, "yyyy-MM-dd", {"data.jsonl": event("a") + BROKEN})
    assert "HIVE_CURSOR_ERROR: Row is not a valid JSON Object" in athena.failure(f"SELECT user_id FROM {table}")


@pytest.mark.parametrize("minutes", ["NaN", "1e300", "abc", "00012"])
def test_what_is_no_number_is_text_in_a_string_column(athena: Athena, minutes: str) -> None:
    """A string column gives the text; only SQL makes a number of it."""
    texts = f'{{"minutes": "{minutes}"}}\n{{"minutes": 7}}\n'
    table = athena.hive_json_table({"minutes": "string", "used_at": "timestamp"}, "yyyy", {"data.jsonl": texts})
    assert athena.rows(athena.run(f"SELECT minutes FROM {table} ORDER BY minutes = '7'")) == [[minutes], ["7"]]


def test_a_partition_is_where_the_template_says(athena: Athena) -> None:
    """The column has the value that the folder was made of."""
    files = {"2026-09/a.jsonl": event("a"), "2026-10/b.jsonl": event("b"), "2026-10/deep/c.jsonl": event("c")}
    table = athena.monthly_table(EVENT, "2020-01,NOW", files)
    rows = athena.rows(athena.run(f"SELECT user_id, month FROM {table} ORDER BY user_id"))
    assert rows == [["a", "2026-09"], ["b", "2026-10"], ["c", "2026-10"]]


def test_only_the_partitions_that_a_query_names_are_read(athena: Athena) -> None:
    """What would fail a query that reads it does not fail one that does not."""
    files = {
        f"2026-{month}/a.jsonl": event("a") if month in ("09", "10") else BROKEN for month in ("08", "09", "10", "11")
    }
    table = athena.monthly_table(EVENT, "2020-01,2026-12", files)
    months = (
        "month >= substr(CAST(CAST(DATE '2026-10-01' - INTERVAL '1' MONTH AS date) AS varchar), 1, 7)"
        " AND month <= substr(CAST(DATE '2026-10-01' AS varchar), 1, 7)"
    )
    assert athena.rows(athena.run(f"SELECT user_id FROM {table} WHERE {months}")) == [["a"], ["a"]]
    assert "HIVE_CURSOR_ERROR" in athena.failure(f"SELECT user_id FROM {table}")


def test_what_lies_beyond_the_range_or_beside_the_folders_is_not_seen(athena: Athena) -> None:
    """A value beyond the range has no rows, without an error. Both ends belong to it."""
    files = {
        f"{folder}/a.jsonl": event(folder) for folder in ("2026-08", "2026-09", "2026-10", "2026-11", "2026-9", "x")
    }
    table = athena.monthly_table(EVENT, "2026-09,2026-10", {**files, "a.jsonl": event("none")})
    rows = athena.rows(athena.run(f"SELECT user_id FROM {table} ORDER BY user_id"))
    assert rows == [["2026-09"], ["2026-10"]]
    assert athena.rows(athena.run(f"SELECT user_id FROM {table} WHERE month = '2026-08'")) == []


def test_a_range_goes_to_now(athena: Athena) -> None:
    """NOW is this month in UTC, and belongs to the range."""
    now = datetime.now(UTC)
    files = {f"{month}/a.jsonl": event(month) for month in (f"{now:%Y-%m}", f"{now.year + 1}-{now:%m}")}
    table = athena.monthly_table(EVENT, "2020-01,NOW", files)
    assert athena.rows(athena.run(f"SELECT month FROM {table}")) == [[f"{now:%Y-%m}"]]
