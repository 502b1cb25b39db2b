"""The run record of a period: which invocation produces it, how far it came, what became of its rows. It never expires."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from shared.errors import RunTakenOverError
from shared.outbox.new_message import RETENTION
from shared.periods import Period
from shared.producing.checks import Checks, Findings
from shared.producing.run import (
    BEGINNING,
    FIRST_PASS_AGAIN,
    FROM_THE_START,
    HALTED,
    LEASE,
    Place,
    Run,
    RunState,
    Written,
    key_of,
    run_of,
)
from shared.producing.run_start import RunStart
from shared.store import Item, Store, Term, Write
from shared.times import Clock, to_text


class RunRecords:
    """Run records in the control table. An invocation takes a run over without asking: `produce` is safe to repeat, and
    the fence stops the other one. Raises StoreUnavailableError.
    """

    def __init__(self, store: Store, clock: Clock, retention: timedelta = RETENTION) -> None:
        """`retention`: of the messages that a run puts from now on."""
        self._store = store
        self._clock = clock
        self.begin = RunStart(store, clock, retention).begin

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

    def note_first_ticket(self, run: Run, ticket: int) -> Run:
        """The second pass begins."""
        self._note(run, {"first_ticket": ticket})
        return replace(run, first_ticket=ticket)

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
