"""Athena's JSON tables: every column has the type that the Glue table declares.

AWS's rule: the table's schema is applied to the data when it is read (source: Athena user guide, "Schema on
read"), so a `string` column returns its text unchanged and a column that no row has is NULL.

Stock MiniStack lets DuckDB guess the types from the data: a user_id that looks like a UUID, a date or a time
comes back rewritten, a decimal comes back as a double, and a column that no row has is unknown.

Still read by guessing: partitioned tables without projection (athena_projection), and tables with a column of a complex
type (array, map, struct) or with no columns.
"""

import re
from typing import Any

from ministack.services import athena

from local.engine.mending import replace

_TYPES = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "string": "VARCHAR",
}
_PARAMETRIZED = re.compile(r"decimal\(\s*\d+\s*,\s*\d+\s*\)|(var)?char\(\s*\d+\s*\)")


def mend() -> None:
    """Patch the relation that takes a table's place in a query."""

    def table_relation(table: dict[str, Any], files: list[str]) -> Any:
        types = declared_types(table)
        guess = not types or None in types.values() or bool(table.get("PartitionKeys"))
        if guess or athena._data_format(table) != "json":
            return stock(table, files)
        columns = ", ".join(f"{literal(name)}: {literal(str(kind))}" for name, kind in types.items())
        return f"read_json({athena._sql_list(files)}, format = 'newline_delimited', columns = {{{columns}}})"

    stock = replace(athena, "_table_relation", table_relation)


def declared_types(table: dict[str, Any]) -> dict[str, str | None]:
    """Map the table's columns to DuckDB's types; None stands for one that is not simple."""
    types = {}
    for column in table["StorageDescriptor"].get("Columns") or []:
        declared = str(column.get("Type", "string")).lower()
        types[column["Name"]] = declared if _PARAMETRIZED.fullmatch(declared) else _TYPES.get(declared)
    return types


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
