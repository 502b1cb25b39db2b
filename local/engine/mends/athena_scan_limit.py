"""Athena cancels a query that scans more bytes than its work group allows.

AWS's rule: "If any query that runs in the workgroup exceeds the limit, it is canceled" (source: Athena user guide,
"Configure per-query and per-workgroup data usage controls"). It ends CANCELLED, with the reason "Bytes scanned limit was
exceeded" (observed by many).

Stock MiniStack keeps the limit and does not look at it.

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
    """Of one query: the bytes that it may scan, and each table's relation with its files."""

    limit: int
    tables: list[tuple[str, list[str]]] = field(default_factory=list)
    exceeded: bool = False

    def check(self, rewritten: str) -> None:
        """Raises ScanLimitError. Which partitions are opened, DuckDB is only asked where it matters."""
        if sum(_size(files) for _, files in self.tables) <= self.limit:
            return
        if sum(_scanned(rewritten, *table) for table in self.tables) > self.limit:
            self.exceeded = True
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
                await asyncio.to_thread(scan.check, rewritten)
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
        scan = _Scan(int(limit)) if limit else None
        _scan.set(scan)
        await stock(query_id, *query)
        if scan and scan.exceeded:
            execution["Status"].update(State="CANCELLED", StateChangeReason=REASON)
            execution["Statistics"]["DataScannedInBytes"] = scan.limit

    stock = replace(athena, "_execute_query", execute_query)


def _scanned(rewritten: str, relation: str, files: list[str]) -> int:
    """The bytes of the partitions of one table that the query opens."""
    nothing = _reads(rewritten.replace(relation, f"(SELECT * FROM {relation} WHERE false)"))
    total = 0
    for branch in _branches(relation):
        if _reads(rewritten.replace(relation, branch)) > nothing:
            total += _size([file for file in files if literal(file) in branch])
    return total


def _branches(relation: str) -> list[str]:
    """One relation for each partition, as athena_projection joins them."""
    partitions = relation.removeprefix("(").removesuffix(")").split(" UNION ALL ")
    return [f"({one})" for one in partitions] if len(partitions) > 1 else [relation]


def _reads(query: str) -> int:
    """How many relations of files DuckDB would open."""
    import duckdb  # here: it takes time and memory, and few stacks come to this

    with duckdb.connect(":memory:") as connection:
        plan = connection.execute(f"EXPLAIN (FORMAT JSON) {query}").fetchall()
    return str(plan).count('"name": "READ_')


def _size(files: list[str]) -> int:
    return sum(Path(file).stat().st_size for file in files)
