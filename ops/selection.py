"""Which messages a command is about: by status, period and reason, through the index of the unfinished; or by a list."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from ops.errors import RefusedError
from ops.parallel import each
from ops.snapshot import Snapshot, read
from shared.errors import InvalidMessageError
from shared.keys import SHARDS, Key
from shared.outbox.outbox import INDEX
from shared.outbox.states import HELD, WAITING, Status
from shared.store import Store

_EVER = "9999-12-31T23:59:59.999Z"


@dataclass(frozen=True)
class Selection:
    """Unfinished messages in any of `statuses`."""

    statuses: frozenset[Status]
    period: str | None = None
    """None: of every period."""
    error: str = ""
    """A part of the reason that the message gives; "": whatever it gives."""
    limit: int | None = None


def select(selection: Selection, store: Store) -> Iterator[Snapshot]:
    """The messages as they stand now, each read after the index (which may be late) named it."""
    entries = (key for key in unfinished(_partitions(selection), store) if selection.period in (None, key.period))
    snapshots = (snapshot for snapshot in each(lambda key: read(store, key), entries) if _fits(snapshot, selection))
    return islice(snapshots, selection.limit)


def unfinished(partitions: Iterable[str], store: Store) -> Iterator[Key]:
    """The index's entries: `OPEN` (waiting) and `HELD` (for a decision), in whatever order of users."""
    for partition in partitions:
        for shard in range(SHARDS):
            for entry in store.query(INDEX, (INDEX, f"{partition}#{shard}"), ("due_at", _EVER)):
                yield Key(entry["user_id"], entry["period"])


def listed(lines: Iterable[str]) -> Iterator[Key]:
    """The messages named by lines as `held --json` writes them. Raises RefusedError for another line."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                named = json.loads(line)
                yield Key.of(named["user_id"], named["period"])
            except (ValueError, TypeError, KeyError, InvalidMessageError) as error:
                raise RefusedError(f"line {number} names no message, as `held --json` would: {error!r}") from error


def _partitions(selection: Selection) -> list[str]:
    return [name for name, statuses in (("OPEN", WAITING), ("HELD", HELD)) if selection.statuses & statuses]


def _fits(snapshot: Snapshot, selection: Selection) -> bool:
    return snapshot.status in selection.statuses and selection.error.lower() in snapshot.reason(reveal=True).lower()
