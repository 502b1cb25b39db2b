"""Which messages a command is about: by status, period and reason, through the indexes; or by a list."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from ops.errors import RefusedError
from ops.parallel import each
from ops.snapshot import Snapshot, read, snapshot_of
from shared.errors import InvalidMessageError
from shared.keys import SHARDS, Key
from shared.outbox.outbox import A_PAGE, INDEX, OUTCOME
from shared.outbox.states import EXCEPTIONAL, HELD, WAITING, Status
from shared.outbox.transitions import outcome
from shared.store import Store

_EVER = "9999-12-31T23:59:59.999Z"


@dataclass(frozen=True)
class Selection:
    """Messages in any of `statuses`."""

    statuses: frozenset[Status]
    period: str | None = None
    """None: of every period; then only what is unfinished is found."""
    error: str = ""
    """A part of the reason that the message gives; "": whatever it gives."""
    limit: int | None = None

    @property
    def unlisted(self) -> frozenset[Status]:
        """Of the statuses those that no index lists: only reading the whole table finds such messages."""
        return self.statuses - WAITING - EXCEPTIONAL


def select(selection: Selection, store: Store) -> Iterator[Snapshot]:
    """Those that an index lists, as they stand now: the index may be late. What waits or is held is read consistently, for a
    decision.
    """
    entries = (key for key in unfinished(_partitions(selection), store) if selection.period in (None, key.period))
    found = chain(each(lambda key: read(store, key), entries), _ended(selection, store))
    return islice((snapshot for snapshot in found if fits(snapshot, selection)), selection.limit)


def _ended(selection: Selection, store: Store) -> Iterator[Snapshot]:
    """What did not go as it should, and is over."""
    for status in sorted(selection.statuses & EXCEPTIONAL - HELD if selection.period else ()):
        entries = store.query(OUTCOME, (OUTCOME, outcome(status, str(selection.period))))
        keys = ({name: entry[name] for name in Key._fields} for entry in entries)
        while page := list(islice(keys, A_PAGE)):
            yield from (snapshot_of(Key(item["user_id"], item["period"]), item) for item in store.get_many(page))


def unfinished(partitions: Iterable[str], store: Store) -> Iterator[Key]:
    """The index's entries: `OPEN` (waiting) and `HELD` (for a decision), in whatever order of users."""
    for partition in partitions:
        for shard in range(SHARDS):
            for entry in store.query(INDEX, (INDEX, f"{partition}#{shard}"), ("due_at", _EVER)):
                yield Key(entry["user_id"], entry["period"])


def listed(lines: Iterable[str]) -> Iterator[Key]:
    """The messages named by lines as `held --json` or `list --json` writes them. Raises RefusedError for another line."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                named = json.loads(line)
                yield Key.of(named["user_id"], named["period"])
            except (ValueError, TypeError, KeyError, InvalidMessageError) as error:
                raise RefusedError(f"line {number} names no message, as `list --json` would: {error!r}") from error


def _partitions(selection: Selection) -> list[str]:
    return [name for name, statuses in (("OPEN", WAITING), ("HELD", HELD)) if selection.statuses & statuses]


def fits(snapshot: Snapshot, selection: Selection) -> bool:
    return snapshot.status in selection.statuses and selection.error.lower() in snapshot.reason(reveal=True).lower()
