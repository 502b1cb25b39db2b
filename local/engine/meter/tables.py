"""DynamoDB: the units that requests use, and what lies in the tables."""

from collections.abc import Iterator
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import dynamodb

from local.engine.mending import replace
from local.engine.mends.dynamodb_units import requests
from local.engine.meter.counts import counts

STORED_MORE_BYTES = 100
"""Charged with each item, and with each entry of an index (source: ddb-stored-item)."""
Table = dict[str, Any]


def install() -> None:
    """Hear of the units."""

    def on_use(kind: str, table: str, index: str, units: float) -> None:
        counts.add("written" if kind == "Write" else "read", f"{table}/{index}" if index else table, units)

    replace(requests, "on_use", on_use)


def stored_bytes(*, backed_up: bool = False) -> int:
    """In all tables, or in those alone that have point-in-time recovery."""
    return sum(
        _bytes_of(table)
        for account, region, name in list(dynamodb._tables._data)
        if (table := dynamodb._tables.get_scoped(account, region, name))
        and (not backed_up or _has_recovery(account, region, name))
    )


def _has_recovery(account: str, region: str, name: str) -> bool:
    with request_scope(account, region):
        return bool(dynamodb._pitr_settings.get(name, False))


def _bytes_of(table: Table) -> int:
    indexes = [*(table.get("GlobalSecondaryIndexes") or []), *(table.get("LocalSecondaryIndexes") or [])]
    return sum(STORED_MORE_BYTES + dynamodb._item_size_bytes(entry) for entry in _entries(table, indexes))


def _entries(table: Table, indexes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each item, and what each index holds of it."""
    for sorts in list(table["items"].values()):
        for item in list(sorts.values()):
            yield item
            for index in indexes:
                if view := dynamodb._index_write_view(table, index, item):
                    yield view[1]
