"""The run record of a period: who produces it, how far she came, what became of its rows. It never expires."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.errors import RunTakenOverError
from shared.message import RETENTION
from shared.periods import Period
from shared.times import Clock, from_text, to_text
from shared.writes import Item, Store, Term, Write

PREFIX = "run#"
LEASE = timedelta(minutes=5)
"""From one sign of life of the producing invocation to the next at most; the sweeper resumes a run that is silent."""
FROM_THE_START: Mapping[str, Any] = {
    "state": "RUNNING", "phase": "check", "query_id": "", "page_token": "", "row": 0, "checks": {}, "stopped_for": {},
    "last_user": "", "produced": 0, "rejected": 0, "fresh": 0, "differing": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One invocation's hold on a period."""

    period: Period
    fence: int
    attempt: int
    """Which query of this period it is: a reopened period asks Athena again."""
    state: str
    """RUNNING; STOPPED, for a reason that somebody must accept; COMPLETED."""
    phase: str
    """check: nothing is written yet. write."""
    query_id: str
    page_token: str
    """Where in the stored result to go on; "" for its beginning."""
    row: int
    """Rows before that page."""
    last_user: str
    """Whose row was the last that the second pass has seen."""
    produced: int
    """Users who have a message of this run."""
    rejected: int
    fresh: int
    """Messages that this run has put there."""
    differing: int
    """Messages that were there with other contents, and stay so (I5)."""
    checks: Mapping[str, Any] = field(default_factory=dict)
    accepted: Collection[str] = ()
    stopped_for: Mapping[str, str] = field(default_factory=dict)

    @property
    def completed(self) -> bool:
        return self.state == "COMPLETED"


class Runs:
    """Run records in the control table. Taking a run over needs no permission: `produce` doubles nothing, and the
    fence stops the other.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def begin(self, period: Period, by: str, accept: Collection[str] = (), *, again: bool = False) -> Run:
        """Opens the period's run or takes over the one that is there.

        A stopped run goes on when something is accepted. `again` asks Athena anew, also for a completed period.
        """
        now = to_text(self._clock())
        held = {"lease_expires_at": to_text(self._clock() + LEASE)}
        first = {
            **FROM_THE_START,
            "fence": 1,
            "attempt": 1,
            "started_at": now,
            "started_by": by,
            "accepted": sorted(accept),
        }
        answer = self._store.write(Write(_key(period), ((Term("fence", "absent"),),), {**first, **held}))
        if answer.won:
            return _run(period, answer.item or {})
        taken = {"taken_over_at": now, "taken_over_by": by, **held}
        if again:
            adds = {"fence": 1, "attempt": 1}
            there = (Term("fence", "exists"),)
            changes = {**FROM_THE_START, **taken, "accepted": sorted(accept)}
            return _run(
                period, self._store.write(Write(_key(period), (there,), changes, adds, ("settled_at",))).item or {}
            )
        open_states = ("RUNNING", "STOPPED") if accept else ("RUNNING",)
        changes = {**taken, "state": "RUNNING", "stopped_for": {}, **({"accepted": sorted(accept)} if accept else {})}
        running = (Term("state", "in", open_states),)
        return _run(period, self._store.write(Write(_key(period), (running,), changes, {"fence": 1})).item or {})

    def note(self, run: Run, **facts: Any) -> None:
        """Records progress and lives on. Raises RunTakenOverError when a later invocation holds the run."""
        if not self._store.write(self._noting(run, facts)).won:
            raise RunTakenOverError(f"the run of {run.period} was taken over; this invocation stops")

    def let_go(self, run: Run) -> None:
        """Its lease is over from now on: whoever sees it may go on with it."""
        self.note(run, lease_expires_at=to_text(self._clock()))

    def ask_anew(self, run: Run) -> None:
        """The query has failed, and under its token Athena would give that failure for ever: the next run asks anew.

        Without a lease: who starts it again is Lambda's own retry, or somebody who has mended the query; not the sweeper.
        """
        held = Term("fence", "equals", run.fence)
        again = {**FROM_THE_START, "attempt": run.attempt + 1, "lease_expires_at": ""}
        self._store.write(Write(_key(run.period), ((held,),), again))

    def stop(self, run: Run, findings: Mapping[str, str]) -> None:
        """Nothing is written until somebody accepts the findings; then the run looks at its last page once more."""
        facts = {"stopped_for": dict(findings), "stopped_at": to_text(self._clock()), "rejected": run.rejected}
        self._end(run, "STOPPED", facts)

    def complete(self, run: Run, facts: Mapping[str, Any]) -> None:
        """Closes the period to `produce`. Completing it twice is success: the SDK repeats a call whose answer was lost."""
        self._end(run, "COMPLETED", {**facts, "completed_at": to_text(self._clock())})

    def _end(self, run: Run, state: str, facts: Mapping[str, Any]) -> None:
        answer = self._store.write(self._noting(run, {**facts, "state": state}))
        found = answer.item or {}
        if not answer.won and (found.get("state"), found.get("fence")) != (state, run.fence):
            raise RunTakenOverError(f"the run of {run.period} was taken over; this invocation stops")

    def _noting(self, run: Run, facts: Mapping[str, Any]) -> Write:
        held = (Term("fence", "equals", run.fence), Term("state", "equals", "RUNNING"))
        now = self._clock()
        return Write(
            _key(run.period), (held,), {"noted_at": to_text(now), "lease_expires_at": to_text(now + LEASE), **facts}
        )

    def open(self) -> list[Run]:
        """The runs whose accounts are not settled, and whose messages have not begun to expire."""
        return [_run(_period(item), item) for item in self._unsettled()]

    def silent(self) -> list[Period]:
        """Periods whose producer has died, or was not started again."""
        now = to_text(self._clock())
        return [
            _period(item)
            for item in self._unsettled()
            if item["state"] == "RUNNING" and "" < item.get("lease_expires_at", "") < now
        ]

    def _unsettled(self) -> list[Item]:
        items: list[Item] = []
        page = self._store.scan(None)
        while True:
            items += [item for item in page.items if self._is_open(item)]
            if page.next is None:
                return items
            page = self._store.scan(page.next)

    def _is_open(self, item: Item) -> bool:
        if not item["name"].startswith(PREFIX) or "settled_at" in item:
            return False
        return self._clock() < from_text(item["started_at"]) + RETENTION

    def settle(self, run: Run, **books: int) -> None:
        """All messages of a completed run were found, and none of them waits."""
        completed = (Term("fence", "equals", run.fence), Term("state", "equals", "COMPLETED"))
        facts = {f"settled_{name}": count for name, count in books.items()}
        self._store.write(Write(_key(run.period), (completed,), {"settled_at": to_text(self._clock()), **facts}))

    def get(self, period: Period) -> Item | None:
        return self._store.get(_key(period))

    def rows_of(self, period: Period) -> int | None:
        """How many rows a completed period had; None if it is not completed."""
        item = self.get(period) or {}
        return item["checks"].get("rows") if item.get("state") == "COMPLETED" and item.get("checks") else None


def _key(period: Period) -> dict[str, str]:
    return {"name": f"{PREFIX}{period}"}


def _period(item: Item) -> Period:
    return Period.parse(item["name"].removeprefix(PREFIX))


def _run(period: Period, item: Item) -> Run:
    names = set(Run.__dataclass_fields__) - {"period"}
    return Run(period=period, **{name: item[name] for name in names if name in item})
