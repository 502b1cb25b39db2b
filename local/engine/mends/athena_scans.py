"""Athena tells the bytes that a query scans, and cancels one that scans more than its work group allows.

AWS's rules (source: athena-bytes, athena-cutoff): DataScannedInBytes is what a query has read of its tables' files, and what is
charged for. "If any query that runs in the workgroup exceeds the limit, it is canceled": it ends CANCELLED, with the reason
"Bytes scanned limit was exceeded" (observed by many).

Stock MiniStack tells the size of the result, and keeps the limit and does not look at it.

Counted are the files of the partitions that the query opens, as they lie in S3, before it reads the first of them. Of
columnar files Athena reads the columns alone that are named; here they count whole.
"""

import asyncio
import shutil
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ministack.services import athena

from local.engine.mending import replace
from local.engine.mends.athena_tables import literal

REASON = "Bytes scanned limit was exceeded"


class ScanLimitError(Exception):
    """The query would scan more than its work group allows."""


@dataclass
class _Scan:
    """Of one query: the bytes that it may scan, each table's relation with its files, and the bytes of those that it opens."""

    limit: int | None
    tables: list[tuple[str, list[str]]] = field(default_factory=list)
    bytes: int = 0
    exceeded: bool = False

    def look(self, rewritten: str) -> None:
        """Raises ScanLimitError."""
        self.bytes = sum(_scanned(rewritten, *table) for table in self.tables)
        if self.limit is not None and self.bytes > self.limit:
            self.bytes, self.exceeded = self.limit, True
            raise ScanLimitError(REASON)


_scan: ContextVar[_Scan | None] = ContextVar("scan", default=None)


def mend() -> None:
    """Patch what notes a table's files, what is done before they are read, and how the query ends."""
    _mend_relation()
    _mend_rewriting()
    _mend_execution()


def _mend_relation() -> None:
    def table_relation(table: dict[str, Any], files: list[str]) -> Any:
        relation = stock(table, files)
        if scan := _scan.get():
            scan.tables.append((relation, files))
        return relation

    stock = replace(athena, "_table_relation", table_relation)


def _mend_rewriting() -> None:
    async def rewrite_data_paths(*query: Any) -> Any:
        rewritten, buckets, folders = await stock(*query)
        if scan := _scan.get():
            try:
                await asyncio.to_thread(scan.look, rewritten)
            except ScanLimitError:
                for folder in folders:
                    shutil.rmtree(folder, ignore_errors=True)
                raise
        return rewritten, buckets, folders

    stock = replace(athena, "_rewrite_data_paths", rewrite_data_paths)


def _mend_execution() -> None:
    async def execute_query(query_id: str, *query: Any) -> None:
        execution = athena._executions[query_id]
        group = athena._workgroups.get(execution["WorkGroup"]) or {}
        limit = (group.get("Configuration") or {}).get("BytesScannedCutoffPerQuery")
        scan = _Scan(int(limit) if limit else None)
        _scan.set(scan)
        await stock(query_id, *query)
        if scan.exceeded:
            execution["Status"].update(State="CANCELLED", StateChangeReason=REASON)
            execution["Statistics"]["DataScannedInBytes"] = scan.bytes

    async def save_query_results(query_id: str) -> None:
        if scan := _scan.get():  # before anybody sees that the query has ended
            athena._executions[query_id]["Statistics"]["DataScannedInBytes"] = scan.bytes
        await stock_save(query_id)

    stock = replace(athena, "_execute_query", execute_query)
    stock_save = replace(athena, "_save_query_results", save_query_results)


def _scanned(rewritten: str, relation: str, files: list[str]) -> int:
    """The bytes of the partitions of one table that the query opens; DuckDB is only asked where there are several."""
    branches = _branches(relation)
    if len(branches) == 1:
        return _size(files)
    nothing = _reads(rewritten.replace(relation, f"(SELECT * FROM {relation} WHERE false)"))
    total = 0
    for branch in branches:
        if _reads(rewritten.replace(relation, branch)) > nothing:
            total += _size([file for file in files if literal(file) in branch])
    return total


def _branches(relation: str) -> list[str]:
    """One relation for each partition, as athena_projection joins them."""
    partitions = relation.removeprefix("(").removesuffix(")").split(" UNION ALL ")
    return [f"({one})" for one in partitions] if len(partitions) > 1 else [relation]


def _reads(query: str) -> int:
    """How many relations of files DuckDB would open."""
    import duckdb  # here: it takes time and memory, and not every engine is asked for a query

    with duckdb.connect(":memory:") as connection:
        plan = connection.execute(f"EXPLAIN (FORMAT JSON) {query}").fetchall()
    return str(plan).count('"name": "READ_')


def _size(files: list[str]) -> int:
    return sum(Path(file).stat().st_size for file in files)
