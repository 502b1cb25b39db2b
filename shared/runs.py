"""The run record of a period: who produces it, how far she came, what became of its rows. It never expires."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import RunTakenOverError
from shared.message import RETENTION
from shared.periods import Period
from shared.times import Clock, from_text, to_text
from shared.writes import Item, Store, Term, Write

PREFIX = "run#"


@dataclass(frozen=True)
class Run:
    """One invocation's hold on a period."""

    period: Period
    fence: int
    attempt: int
    """Which query of this period it is: a reopened period asks Athena again."""
    completed: bool
    produced: int
    rejected: int


class Runs:
    """Run records in the control table. Taking a run over needs no permission: `produce` doubles nothing, and the
    fence stops the other.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def begin(self, period: Period, by: str) -> Run:
        """Opens the period's run or takes over the one that is there. A completed run stays completed."""
        now = to_text(self._clock())
        opened = Write(
            _key(period),
            ((Term("fence", "absent"),),),
            {
                "fence": 1,
                "attempt": 1,
                "state": "RUNNING",
                "produced": 0,
                "rejected": 0,
                "started_at": now,
                "started_by": by,
            },
        )
        answer = self._store.write(opened)
        if not answer.won:
            running = Write(
                _key(period),
                ((Term("state", "equals", "RUNNING"),),),
                {"taken_over_at": now, "taken_over_by": by},
                adds={"fence": 1},
            )
            answer = self._store.write(running)
        return _run(period, answer.item or {})

    def note(self, run: Run, **facts: str | int) -> None:
        """Records progress. Raises RunTakenOverError when a later invocation holds the run."""
        answer = self._store.write(self._noting(run, facts))
        if not answer.won:
            raise RunTakenOverError(f"the run of {run.period} was taken over; this invocation stops")

    def ask_anew(self, run: Run) -> None:
        """The query has failed, and under its token Athena would give that failure for ever: the next run asks anew."""
        held = Term("fence", "equals", run.fence)
        self._store.write(Write(_key(run.period), ((held,),), {"attempt": run.attempt + 1}))

    def complete(self, run: Run, produced: int, rejected: int) -> None:
        """Closes the period to `produce`. Completing it twice is success: the SDK repeats a call whose answer was lost."""
        facts: dict[str, str | int] = {
            "produced": produced,
            "rejected": rejected,
            "completed_at": to_text(self._clock()),
        }
        answer = self._store.write(self._noting(run, {**facts, "state": "COMPLETED"}))
        found = answer.item or {}
        if not answer.won and (found.get("state"), found.get("fence")) != ("COMPLETED", run.fence):
            raise RunTakenOverError(f"the run of {run.period} was taken over; this invocation stops")

    def _noting(self, run: Run, facts: Mapping[str, str | int]) -> Write:
        held = (Term("fence", "equals", run.fence), Term("state", "equals", "RUNNING"))
        return Write(_key(run.period), (held,), {**facts, "noted_at": to_text(self._clock())})

    def open(self) -> list[Run]:
        """The runs whose accounts are not settled, and whose messages have not begun to expire."""
        runs: list[Run] = []
        page = self._store.scan(None)
        while True:
            runs += [_run(_period(item), item) for item in page.items if self._is_open(item)]
            if page.next is None:
                return runs
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


def _key(period: Period) -> dict[str, str]:
    return {"name": f"{PREFIX}{period}"}


def _period(item: Item) -> Period:
    return Period.parse(item["name"].removeprefix(PREFIX))


def _run(period: Period, item: Item) -> Run:
    return Run(
        period=period,
        fence=item["fence"],
        attempt=item["attempt"],
        completed=item["state"] == "COMPLETED",
        produced=item["produced"],
        rejected=item["rejected"],
    )
