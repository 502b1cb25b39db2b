"""What must outlive a killed engine the moment it is acknowledged: items, stream records, executions, deliveries.

One SQLite file. What is written is with the operating system before the answer goes out, so it survives the death of
the process; it is not forced to the disk, so it may not survive that of the machine.
"""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (table_id TEXT, keys TEXT, item TEXT, PRIMARY KEY (table_id, keys)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (stream TEXT, position INTEGER, record TEXT, PRIMARY KEY (stream, position))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS executions (arn TEXT PRIMARY KEY, record TEXT, position TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (id TEXT PRIMARY KEY, queue TEXT, what TEXT) WITHOUT ROWID;
"""
Row = tuple[str | int | None, ...]


class Journal:
    """The rows; each is the last state of what it names."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + _SCHEMA)
        self._pending: list[tuple[str, Row]] = []

    def put(self, table: str, *row: str | int | None) -> None:
        """Write a row. In the thread that answers requests it waits for commit(), so that a request is whole."""
        if threading.current_thread() is threading.main_thread():
            self._pending.append((_replacing(table, row), row))
        else:
            self._write([(_replacing(table, row), row)])

    def put_now(self, table: str, *row: str | int | None) -> None:
        """Write a row that belongs to no request, whatever the thread."""
        self._write([(_replacing(table, row), row)])

    def drop_now(self, table: str, identity: str) -> None:
        """Forget the row of that id."""
        self._write([(f"DELETE FROM {table} WHERE id = ?", (identity,))])

    def commit(self) -> None:
        """Write what the request that succeeded has put."""
        pending, self._pending = self._pending, []
        if pending:
            self._write(pending)

    def rollback(self) -> None:
        """Forget what the request that failed has put."""
        self._pending = []

    def rows(self, table: str) -> Iterator[Row]:
        """All rows of a table, in the order of their keys."""
        with self._lock:
            return iter(self._connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall())

    def _write(self, writes: list[tuple[str, Row]]) -> None:
        with self._lock:
            self._connection.execute("BEGIN")
            for statement, row in writes:
                self._connection.execute(statement, row)
            self._connection.execute("COMMIT")


def _replacing(table: str, row: Row) -> str:
    return f"REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})"
