"""Athena's partition projection: a table's partitions follow from its properties, and only those that are asked for are read.

AWS's rules (source: Athena user guide, "Partition projection", "Set up partition projection", "Supported types"):
- The values of a `date` column go from the first to the last of `projection.<column>.range`, both inclusive, by
  the interval; NOW is the current time in UTC.
- A partition's files lie at `storage.location.template`, with `${column}` replaced by the value.
- A partition that does not exist has no rows, and a value beyond the range has none either, without an error.
- Partitions are pruned: a query's condition on the column decides which are read.

Stock MiniStack knows no projection: it reads every file below the table's location, and there is no such column unless
the folders are named `column=value`.

Modelled is one partition column of the type `date`, of months, whose template lies within the table's location.
"""

import re
from datetime import UTC, datetime
from typing import Any

from ministack.services import athena

from local.engine.mending import replace
from local.engine.mends.athena_tables import literal

_COPY = re.compile(r"^.*?/ministack-athena-[^/]+/")
"""Where stock has copied the files of the table's location to."""
_SHAPE = {"type": "date", "format": "yyyy-MM", "interval": "1", "interval.unit": "MONTHS"}
_MONTH = re.compile(r"\d{4}-\d{2}")


class UnknownProjectionError(ValueError):
    """The embedded AWS can't project these partitions."""


def mend() -> None:
    """Patch the relation that takes a table's place in a query."""

    def table_relation(table: dict[str, Any], files: list[str]) -> Any:
        if (table.get("Parameters") or {}).get("projection.enabled") != "true":
            return stock(table, files)
        column = _column(table)
        plain = {**table, "PartitionKeys": []}
        # DuckDB opens no file of a branch whose constant the query's condition excludes.
        branches = [
            f"SELECT *, {literal(month)} AS {column} FROM {stock(plain, found)}"
            for month, found in _partitions(table, column, files).items()
        ]
        return f"({' UNION ALL '.join(branches)})" if branches else athena._empty_relation(table)

    stock = replace(athena, "_table_relation", table_relation)


def _column(table: dict[str, Any]) -> str:
    """The partition column. Raises UnknownProjectionError."""
    names = [str(key["Name"]) for key in table["PartitionKeys"]]
    properties = table["Parameters"]
    if len(names) != 1 or any(properties.get(f"projection.{names[0]}.{key}") != it for key, it in _SHAPE.items()):
        raise UnknownProjectionError(f"only one column is projected here, with {_SHAPE}")
    return names[0]


def _partitions(table: dict[str, Any], column: str, files: list[str]) -> dict[str, list[str]]:
    """The files of each month of the range that has any."""
    properties = table["Parameters"]
    first, last = (_bound(text) for text in properties[f"projection.{column}.range"].split(","))
    location = table["StorageDescriptor"]["Location"].rstrip("/") + "/"
    template = properties.get("storage.location.template", f"{location}{column}=${{{column}}}").rstrip("/") + "/"
    if not template.startswith(location):
        raise UnknownProjectionError(f"{template} is not within the table's location, {location}")
    before, after = template.removeprefix(location).split(f"${{{column}}}")
    folder = re.compile(f"{re.escape(before)}(?P<month>{_MONTH.pattern}){re.escape(after)}")
    partitions: dict[str, list[str]] = {}
    for file in files:
        found = folder.match(_COPY.sub("", file))
        if found and first <= found["month"] <= last:
            partitions.setdefault(found["month"], []).append(file)
    return partitions


def _bound(text: str) -> str:
    """A bound of the range as a month. Raises UnknownProjectionError."""
    month = f"{datetime.now(UTC):%Y-%m}" if text.strip() == "NOW" else text
    if not _MONTH.fullmatch(month):
        raise UnknownProjectionError(f"projection's range: {text} is neither a month nor NOW")
    return month
