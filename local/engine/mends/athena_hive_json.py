"""Athena's Hive JSON SerDe: timestamps in the formats that the table names, and a line that is no JSON fails the query.

AWS's rules (source: Athena user guide, "Hive JSON SerDe"):
- A timestamp is parsed by the patterns of the SerDe's parameter `timestamp.formats`, separated by commas.
- Each JSON document is on one line; another line is `HIVE_CURSOR_ERROR: Row is not a valid JSON Object`.

A timestamp of none of the patterns fails the query with HIVE_BAD_DATA (source: Athena user guide, "Troubleshoot in
Athena": data that does not match its column). Trino, from which Athena is made, also takes what its default parser
reads, such as `2026-10-17 09:30:00`. That is refused here unless a pattern names it: who deploys should not need it.

Stock MiniStack reads any JSON by guessing, and fails a malformed line with DuckDB's words.

A number in a string column comes as DuckDB writes it: 12.500 as 12.5.
"""

import re
from typing import Any

from ministack.services import athena

from local.engine.mending import replace
from local.engine.mends.athena_tables import declared_types, literal

_LIBRARY = "org.apache.hive.hcatalog.data.JsonSerDe"
# Joda's letters, as Hive's patterns have them, and strptime's, as DuckDB has them. Text in quotes stands for itself.
_LETTERS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "SSS": "%g"}
_PARTS = re.compile(r"'(?P<text>[^']*)'|(?P<letters>(?P<letter>[A-Za-z])(?P=letter)*)|(?P<other>[^A-Za-z']+)")


class UnknownTimestampPatternError(ValueError):
    """The embedded AWS can't read this pattern of `timestamp.formats`."""


def mend() -> None:
    """Patch the relation that takes a table's place in a query, and the words of a malformed line."""
    _mend_relation()
    _mend_malformed_lines()


def _mend_relation() -> None:
    def table_relation(table: dict[str, Any], files: list[str]) -> Any:
        serde = table["StorageDescriptor"].get("SerdeInfo") or {}
        types = declared_types(table)
        times = [name for name, kind in types.items() if kind == "TIMESTAMP"]
        if serde.get("SerializationLibrary") != _LIBRARY or not times or table.get("PartitionKeys"):
            return stock(table, files)
        as_texts = [{**one, "Type": "string"} if one["Name"] in times else one for one in _columns(table)]
        storage = {**table["StorageDescriptor"], "Columns": as_texts}
        patterns = (serde.get("Parameters") or {}).get("timestamp.formats", "")
        parsed = ", ".join(f"{_parsed(name, patterns)} AS {_quoted(name)}" for name in times)
        return f"(SELECT * REPLACE ({parsed}) FROM {stock({**table, 'StorageDescriptor': storage}, files)})"

    stock = replace(athena, "_table_relation", table_relation)


def _columns(table: dict[str, Any]) -> list[dict[str, Any]]:
    return list(table["StorageDescriptor"]["Columns"])


def _parsed(name: str, patterns: str) -> str:
    column = _quoted(name)
    formats = ", ".join(literal(_strptime(pattern)) for pattern in patterns.split(",") if pattern)
    bad = f"error('HIVE_BAD_DATA: Error parsing field value {column}: no timestamp of the table''s timestamp.formats')"
    time = f"try_strptime({column}, [{formats}])" if formats else f"try_cast({column} AS timestamp)"
    return f"CASE WHEN {column} IS NULL THEN NULL WHEN {time} IS NULL THEN {bad} ELSE {time} END"


def _strptime(pattern: str) -> str:
    """The pattern in DuckDB's letters. Raises UnknownTimestampPatternError."""

    def part(found: re.Match[str]) -> str:
        letters = found["letters"]
        if letters is not None and letters not in _LETTERS:
            raise UnknownTimestampPatternError(f"timestamp.formats: {letters} in {pattern} is unknown here")
        return _LETTERS[letters] if letters else (found["text"] or found["other"] or "").replace("%", "%%")

    return _PARTS.sub(part, pattern)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _mend_malformed_lines() -> None:
    async def run_duckdb(query: str, database: str, catalog: str | None = None) -> Any:
        try:
            return await stock(query, database, catalog)
        except Exception as error:
            if "Malformed JSON" in str(error):
                raise ValueError(f"HIVE_CURSOR_ERROR: Row is not a valid JSON Object - {error}") from error
            raise

    stock = replace(athena, "_run_duckdb", run_duckdb)
