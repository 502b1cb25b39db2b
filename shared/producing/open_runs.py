"""The runs that are not over: their accounts are not settled, and their messages have not begun to expire."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from shared.periods import Period
from shared.producing.run import PREFIX, SETTLED, Run, RunState, expires_from, key_of, period_of, readable, run_of
from shared.store import Item, Store, Term, Write
from shared.times import Clock, from_text, to_text

SILENT_TOO_LONG = timedelta(minutes=15)
"""After the end of a lease: by then Lambda or the sweeper has started another invocation, if that is possible."""


class OpenRuns:
    """The control table's open runs, for the sweeper and for operators. Each question reads the whole table, which is
    small. Raises StoreUnavailableError.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def all(self) -> list[Run]:
        """Every open run whose record can be read."""
        return [run_of(period_of(item), item) for item in self._records() if readable(item)]

    def since(self) -> datetime | None:
        """When the first of them began; None: none is open."""
        return min((from_text(item["started_at"]) for item in self._records() if readable(item)), default=None)

    def settled(self) -> list[Period]:
        """Periods that were, the latest last."""
        return sorted((period_of(item) for item in self._all() if "settled_at" in item), key=str)

    def silent(self) -> list[Period]:
        """Periods whose producing invocation has died, or was not followed by another."""
        now = to_text(self._clock())
        return [period for period, lease in _leases(self._records()) if "" < lease < now]

    def waiting(self) -> list[Item]:
        """Records with which nothing goes on: stopped, without a query that works, silent for long, or malformed by an
        edit.
        """
        records, long_ago = self._records(), to_text(self._clock() - SILENT_TOO_LONG)
        given_up = {str(period) for period, lease in _leases(records) if lease < long_ago}
        return [
            item
            for item in records
            if not readable(item) or item["state"] == RunState.STOPPED or item["name"].removeprefix(PREFIX) in given_up
        ]

    def settle(self, run: Run, **sums: Any) -> None:
        """All messages of a completed run were found, and none of them waits: it is open no more. Keeps the sums."""
        completed = (Term("fence", "equals", run.fence), Term("state", "equals", RunState.COMPLETED))
        facts = {f"settled_{name}": count for name, count in sums.items()}
        self._store.write(Write(key_of(run.period), (completed,), {"settled_at": to_text(self._clock()), **facts}))

    def open_again(self) -> None:
        """No account is settled: each is counted anew."""
        for item in self._all():
            if "settled_at" in item:
                exists = Term("settled_at", "exists")
                self._store.write(Write({"name": item["name"]}, ((exists,),), removes=SETTLED))

    def to_redact(self, after: timedelta) -> list[Period]:
        """Settled so long ago, and not every message has dropped its address and contents yet, as far as is known."""
        now = self._clock()
        return [
            period_of(item)
            for item in self._all()
            if "settled_at" in item
            and "redacted_at" not in item
            and now >= from_text(item.get("redact_tried_at") or item["settled_at"]) + after
        ]

    def redacted(self, period: Period, *, wholly: bool) -> None:
        """Every message was looked at. `wholly`: none of them names somebody any more; else it is tried again later."""
        settled = (Term("settled_at", "exists"),)
        name = "redacted_at" if wholly else "redact_tried_at"
        self._store.write(Write(key_of(period), (settled,), {name: to_text(self._clock())}))

    def _records(self) -> list[Item]:
        return [item for item in self._all() if self._is_open(item)]

    def _all(self) -> Iterator[Item]:
        page = self._store.scan(None)
        while True:
            yield from (item for item in page.items if item["name"].startswith(PREFIX))
            if page.next is None:
                return
            page = self._store.scan(page.next)

    def _is_open(self, item: Item) -> bool:
        if "settled_at" in item:
            return False
        return not readable(item) or self._clock() < expires_from(item)


def _leases(items: list[Item]) -> list[tuple[Period, str]]:
    """The periods that are being produced, each with the end of its lease; "" if no invocation holds it."""
    running = [item for item in items if readable(item) and item["state"] == RunState.RUNNING]
    return [(period_of(item), item["lease_expires_at"]) for item in running]
