"""The run record of a period: which invocation produces it, how far it came, what became of its rows. It never expires."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from shared.errors import InvalidPeriodError, InvalidRunError, RunTakenOverError, UnfitResultError
from shared.outbox.new_message import RETENTION
from shared.periods import Period
from shared.producing.checks import Checks, Findings
from shared.producing.run import (
    BEGINNING,
    FIRST_PASS_AGAIN,
    FROM_THE_START,
    HALTED,
    PREFIX,
    RESTORED,
    SETTLED,
    Place,
    Run,
    RunState,
    Written,
    expires_from,
    key_of,
    readable,
    run_of,
)
from shared.store import Item, Store, Term, Write
from shared.times import Clock, to_text

LEASE = timedelta(minutes=5)
"""At most, from one sign of life of the producing invocation to the next; after that the sweeper starts another."""
REOPENED_BEFORE = timedelta(days=1)
"""The first message may expire. Later, one that is put anew may be somebody's second."""


class RunRecords:
    """Run records in the control table. An invocation takes a run over without asking: `produce` is safe to repeat, and
    the fence stops the other one. Raises StoreUnavailableError.
    """

    def __init__(self, store: Store, clock: Clock, retention: timedelta = RETENTION) -> None:
        """`retention`: of the messages that a run puts from now on."""
        self._store = store
        self._clock = clock
        self._retention = retention

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
        now = to_text(self._clock())
        held = {"lease_expires_at": to_text(self._clock() + LEASE)}
        begun = {"fence": 1, "attempt": 1, "started_at": now, "started_by": by, "expires_from": self._expires_from()}
        handed = {"query_id": result, "handed_by": by} if result else {}
        first = {**FROM_THE_START, **begun, **held, **handed}
        answer = self._store.write(Write(key_of(period), ((Term("fence", "absent"),),), first))
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
        if result and (self.get(period) or {}).get("query_id") != result:  # read again: the answer may have been lost
            raise UnfitResultError(
                f"the run of {period} has begun with another query, and keeps it unless it is run `again`"
            )
        running = Term("state", "equals", RunState.RUNNING)
        return run_of(period, self._store.write(Write(key_of(period), ((running,),), taken, {"fence": 1})).item or {})

    def _expires_from(self) -> str:
        return to_text(self._clock() + self._retention)

    def _sooner(self, found: Item) -> Item:
        """With another retention deployed, what is put now may expire before what is there; the record keeps the earliest."""
        return {"expires_from": self._expires_from()} if self._expires_from() < to_text(expires_from(found)) else {}

    def _check_age(self, period: Period, found: Item) -> None:
        """A run that goes on may put messages anew. What is deployed by now says nothing of when those that are there expire."""
        if self._clock() > expires_from(found) - REOPENED_BEFORE:
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
        answer = self._store.write(Write(key_of(period), (seen,), changes, adds, removes))
        return run_of(period, answer.item or {}) if answer.won else None

    def renew(self, run: Run) -> None:
        """A sign of life: the lease begins anew, as with each write below. They all raise RunTakenOverError when a later
        invocation holds the run, or a person has stopped it.
        """
        self._note(run, {})

    def let_go(self, run: Run) -> None:
        """Ends the lease: another invocation may go on at once."""
        self._note(run, {"lease_expires_at": to_text(self._clock())})

    def note_query(self, run: Run, query_id: str) -> Run:
        """Athena was asked."""
        self._note(run, {"query_id": query_id})
        return replace(run, query_id=query_id)

    def note(self, run: Run, counted: Checks | Written, place: Place) -> None:
        """A page is done: what its pass has counted, and where it goes on."""
        self._note(run, {**counted.stored(), **asdict(place)})

    def begin_second_pass(self, run: Run, template: str) -> Run:
        """The first pass is done, and has found nothing wrong with this template."""
        self._note(run, {**run.checks.stored(), "phase": "write", "template": template, **asdict(BEGINNING)})
        return replace(run, phase="write", template=template, place=BEGINNING)

    def look_again(self, run: Run) -> Run:
        """Back to the first pass over the same result: what it found may no longer hold."""
        facts = {
            **FIRST_PASS_AGAIN,
            "accepted": sorted({*run.accepted} - {"template"}),
            "produced_before": run.expected,
        }
        return run_of(run.period, self._note(run, facts))

    def ask_anew(self, run: Run) -> None:
        """The query has failed, and under its token Athena would give that failure for ever: the next run asks anew.

        It has no lease, so the sweeper leaves it alone: Lambda starts it again, or somebody who has mended the query.
        """
        found = self.get(run.period)
        if found is None:
            raise _taken_over(run)
        noted = run_of(run.period, found)
        again = {
            **FROM_THE_START,
            "attempt": run.attempt + 1,
            "lease_expires_at": "",
            "produced_before": noted.expected,
        }
        if not self._store.write(Write(key_of(run.period), ((Term("fence", "equals", run.fence),),), again)).won:
            raise _taken_over(run)

    def stop(self, run: Run, findings: Findings) -> Run:
        """The run waits until somebody accepts the findings; then it looks at its last page once more."""
        facts = {"stopped_for": dict(findings), "stopped_at": to_text(self._clock()), "rejected": run.rejected}
        self._end(run, RunState.STOPPED, facts)
        return replace(run, state=RunState.STOPPED, stopped_for=findings)

    def complete(self, run: Run, written: Written) -> Run:
        """Closes the period to `produce`. Completing it twice is success: the SDK repeats a call whose answer was lost."""
        ended = {"completed_rows": run.checks.rows, "completed_at": to_text(self._clock())}
        self._end(run, RunState.COMPLETED, {**written.stored(), **ended})
        return replace(run, state=RunState.COMPLETED, written=written)

    def halt(self, period: Period, by: str, reason: str) -> bool:
        """A person's stop: the producing invocation finds itself taken over at its next page. The run goes on when this is
        accepted, each time anew. False if the period is not being produced.
        """
        facts = {
            "state": RunState.STOPPED,
            "stopped_for": {HALTED: f"{by}: {reason}"},
            "stopped_at": to_text(self._clock()),
        }
        running = Term("state", "equals", RunState.RUNNING)
        return self._did(Write(key_of(period), ((running,),), facts, {"fence": 1}))

    def close(self, period: Period, by: str, reason: str) -> bool:
        """A person's end of a stopped run: what was produced is all. False if it is not stopped."""
        facts = {
            "state": RunState.COMPLETED,
            "stopped_for": {},
            "closed_for": f"{by}: {reason}",
            "completed_at": to_text(self._clock()),
        }
        stopped = Term("state", "equals", RunState.STOPPED)
        return self._did(Write(key_of(period), ((stopped,),), facts, {"fence": 1}))

    def _did(self, write: Write) -> bool:
        """Whether the write was won, be it by an earlier try whose answer was lost."""
        answer = self._store.write(write)
        return answer.won or all((answer.item or {}).get(name) == value for name, value in write.sets.items())

    def _end(self, run: Run, state: RunState, facts: Mapping[str, Any]) -> None:
        answer = self._store.write(self._noting(run, {**facts, "state": state}))
        found = answer.item or {}
        if not answer.won and (found.get("state"), found.get("fence")) != (state, run.fence):
            raise _taken_over(run)

    def _note(self, run: Run, facts: Mapping[str, Any]) -> Item:
        """The record with these facts in it."""
        answer = self._store.write(self._noting(run, facts))
        if not answer.won:
            raise _taken_over(run)
        return answer.item or {}

    def _noting(self, run: Run, facts: Mapping[str, Any]) -> Write:
        held = (Term("fence", "equals", run.fence), Term("state", "equals", RunState.RUNNING))
        now = self._clock()
        return Write(
            key_of(run.period), (held,), {"noted_at": to_text(now), "lease_expires_at": to_text(now + LEASE), **facts}
        )

    def get(self, period: Period) -> Item | None:
        return self._store.get(key_of(period))

    def unsubscribed_of(self, period: Period) -> int:
        """How many users were skipped when the period was last produced."""
        skipped: int = (self.get(period) or {}).get("unsubscribed", 0)
        return skipped

    def rows_of(self, period: Period) -> int | None:
        """How many rows the period had when it was last completed; None if it never was."""
        rows: int | None = (self.get(period) or {}).get("completed_rows")
        return rows


def _taken_over(run: Run) -> RunTakenOverError:
    return RunTakenOverError(f"the run of {run.period} was taken over; this invocation stops")
