"""How a period's run begins, is taken over, or is decided about."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import InvalidPeriodError, InvalidRunError, UnfitResultError
from shared.periods import Period
from shared.producing.run import (
    FROM_THE_START,
    HALTED,
    LEASE,
    PREFIX,
    RESTORED,
    SETTLED,
    Run,
    RunState,
    expires_from,
    key_of,
    readable,
    run_of,
)
from shared.store import Item, Store, Term, Write
from shared.times import Clock, to_text

REOPENED_BEFORE = timedelta(days=1)
"""The first message may expire. Later, one that is put anew may be somebody's second."""


@dataclass(frozen=True)
class RunStart:
    """The first write of each invocation. Raises StoreUnavailableError."""

    store: Store
    clock: Clock
    retention: timedelta
    """Of the messages that the run puts from now on."""

    def begin(
        self, period: Period, by: str, *, attempt: int | None = None, accept: Collection[str] = (), again: bool = False,
        result: str = "",
    ) -> Run:  # fmt: skip
        """Opens the period's run or takes over the one that is there, in the name of `by`.

        With the `attempt` that somebody has seen, they decide about it: a stopped run goes on, with what they accept added
        to what was accepted before; `again` asks Athena anew, also for a completed period. If another query was asked
        since then, nothing is decided; nor is a word accepted that the run has not stopped for. A run that begins, or that
        is made `again`, takes the stored `result` of a query instead of asking. Raises UnfitResultError if the run goes on
        with another query; InvalidPeriodError for a period whose messages have begun to expire, unless it is completed and
        stays so; InvalidRunError for a record that was edited.
        """
        now = to_text(self.clock())
        held = {"lease_expires_at": to_text(self.clock() + LEASE)}
        begun = {"fence": 1, "attempt": 1, "started_at": now, "started_by": by, "expires_from": self._expires_from()}
        handed = {"query_id": result, "handed_by": by} if result else {}
        first = {**FROM_THE_START, **begun, **held, **handed}
        answer = self.store.write(Write(key_of(period), ((Term("fence", "absent"),),), first))
        found = answer.item or {}
        if answer.won:
            return run_of(period, found)
        if not readable(found):
            raise InvalidRunError(f"the record {PREFIX}{period} was edited and can't be read: mend it in the console")
        if found["state"] != RunState.COMPLETED or (again and attempt == found["attempt"]):
            self._check_age(period, found)
        taken = {"taken_over_at": now, "taken_over_by": by, **held, **self._sooner(found)}
        if attempt is not None and attempt == found["attempt"]:
            decided = {**taken, "decided_at": now, "decided_by": by}
            anew = {**decided, **handed}
            run = self._reopened(period, found, anew) if again else self._continued(period, found, decided, accept)
            if run is not None:
                return run
        noted = self.store.get(key_of(period)) if result else None  # read again: the answer may have been lost
        if result and (noted or {}).get("query_id") != result:
            raise UnfitResultError(
                f"the run of {period} has begun with another query, and keeps it unless it is run `again`"
            )
        running = Term("state", "equals", RunState.RUNNING)
        return run_of(period, self.store.write(Write(key_of(period), ((running,),), taken, {"fence": 1})).item or {})

    def _expires_from(self) -> str:
        return to_text(self.clock() + self.retention)

    def _sooner(self, found: Item) -> Item:
        """With another retention deployed, what is put now may expire before what is there; the record keeps the earliest."""
        return {"expires_from": self._expires_from()} if self._expires_from() < to_text(expires_from(found)) else {}

    def _check_age(self, period: Period, found: Item) -> None:
        """A run that goes on may put messages anew. What is deployed by now says nothing of when those that are there expire."""
        if self.clock() > expires_from(found) - REOPENED_BEFORE:
            raise InvalidPeriodError(
                f"{period} was first produced on {found['started_at'][:10]}: its messages have expired or soon will, "
                "and everybody would be sent a second mail"
            )

    def _reopened(self, period: Period, found: Item, decided: Item) -> Run | None:
        changes = {**FROM_THE_START, **decided, "produced_before": run_of(period, found).expected}
        return self._decided(
            period,
            found,
            changes,
            {"fence": 1, "attempt": 1},
            (*SETTLED, "closed_for"),
        )

    def _continued(self, period: Period, found: Item, decided: Item, accept: Collection[str]) -> Run | None:
        if found["state"] not in (RunState.RUNNING, RunState.STOPPED) or (
            HALTED in found["stopped_for"] and HALTED not in accept
        ):
            return None
        accepted = sorted({*found["accepted"], *(set(accept) & set(found["stopped_for"]))})
        changes = {**decided, "state": RunState.RUNNING, "stopped_for": {}, "accepted": accepted}
        if RESTORED in accept and RESTORED in found["stopped_for"]:
            changes["accepted_restore"] = found["stopped_for"][RESTORED]
        return self._decided(period, found, changes, {"fence": 1}, ())

    def _decided(
        self, period: Period, found: Item, changes: Item, adds: dict[str, int], removes: tuple[str, ...]
    ) -> Run | None:
        seen = tuple(Term(name, "equals", found[name]) for name in ("fence", "attempt", "state"))
        answer = self.store.write(Write(key_of(period), (seen,), changes, adds, removes))
        return run_of(period, answer.item or {}) if answer.won else None
