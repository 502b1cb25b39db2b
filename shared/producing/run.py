"""One run of the producer, as its record in the control table has it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import InvalidPeriodError
from shared.periods import Period
from shared.store import Item
from shared.times import from_text

PREFIX = "run#"
FROM_THE_START: Mapping[str, Any] = {
    "state": "RUNNING", "phase": "check", "query_id": "", "page_token": "", "row": 0, "checks": {}, "stopped_for": {},
    "template": "", "last_user": "", "produced": 0, "rejected": 0, "fresh": 0, "differing": 0, "accepted": [],
}  # fmt: skip
"""What belongs to one query of the period, before it is asked."""
FROM_THE_FIRST_PASS = {
    name: value for name, value in FROM_THE_START.items() if name not in ("state", "query_id", "accepted")
}
HALTED = "halted"
"""What a run has stopped for that a person has stopped."""


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
    """Users of this query who have a message of the producer's, be it of an earlier query."""
    rejected: int
    fresh: int
    """Messages that this run has put there."""
    differing: int
    """Messages that were there with other contents, and stay so (I5)."""
    checks: Mapping[str, Any] = field(default_factory=dict)
    accepted: Collection[str] = ()
    stopped_for: Mapping[str, str] = field(default_factory=dict)
    template: str = ""
    """With which the first pass has found nothing wrong."""
    produced_before: int = 0
    """The most that any earlier query of this period has produced."""

    @property
    def completed(self) -> bool:
        return self.state == "COMPLETED"

    @property
    def expected(self) -> int:
        """Messages that must be in the outbox, at least: where several queries gave different users, there are more."""
        return max(self.produced, self.produced_before)


def period_of(item: Item) -> Period:
    return Period.parse(item["name"].removeprefix(PREFIX))


def run_of(period: Period, item: Item) -> Run:
    names = set(Run.__dataclass_fields__) - {"period"}
    return Run(period=period, **{name: item[name] for name in names if name in item})


def leases(items: list[Item]) -> list[tuple[Period, str]]:
    """Of those that are being produced."""
    running = [item for item in items if readable(item) and item["state"] == "RUNNING"]
    return [(period_of(item), item["lease_expires_at"]) for item in running]


def readable(item: Item) -> bool:
    """Whether a record is one: somebody may have edited it."""
    try:
        from_text(item["started_at"])
        if item["lease_expires_at"] != "":
            from_text(item["lease_expires_at"])
        run = run_of(period_of(item), item)
        counts = (run.fence, run.attempt, run.row, run.produced, run.rejected, run.fresh, run.differing)
        return (
            run.state in ("RUNNING", "STOPPED", "COMPLETED")
            and all(type(count) is int for count in (*counts, run.produced_before))
            and isinstance(run.checks, Mapping)
            and isinstance(run.stopped_for, Mapping)
            and isinstance(run.accepted, list)
        )
    except (InvalidPeriodError, KeyError, TypeError, ValueError):
        return False
