"""A stored result that somebody has looked at and hands to the run, which takes it instead of asking Athena (ADR 37). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import UnfitResultError
from shared.periods import Period
from shared.times import to_text

RESULTS_KEPT = timedelta(days=14)
"""Of the usage bucket's lifecycle, from when a result is written on."""
OWN_CATALOG = "awsdatacatalog"
"""The one that the producer asks, as PyAthena names it."""


@dataclass(frozen=True)
class Execution:
    """A query as Athena remembers it."""

    query_id: str
    state: str
    """QUEUED, RUNNING, SUCCEEDED, FAILED or CANCELLED."""
    sql: str
    submitted_at: datetime
    work_group: str
    database: str
    catalog: str
    """"" where Athena names none."""
    reused: bool
    """Athena gave an older query's result for it (source: athena-reuse)."""
    scanned_bytes: int | None
    """None: Athena does not say."""


@dataclass(frozen=True)
class Wanted:
    """What the run itself would ask, and where."""

    period: Period
    sql: str
    """Filled in."""
    work_group: str
    database: str

    def objections(self, found: Execution, now: datetime) -> Iterator[str]:
        """Why the query's result is not what the run would get from Athena now."""
        yield from self.differences(found)
        yield from self.untimely(found, now)

    def differences(self, found: Execution) -> Iterator[str]:
        """From the run's own question."""
        if found.state != "SUCCEEDED":
            yield f"it is {found.state}, not SUCCEEDED"
        if found.sql.strip() != self.sql.strip():
            yield f"its SQL is not the deployed query for {self.period}"
        if (found.work_group, found.database.casefold()) != (self.work_group, self.database.casefold()):
            yield f"it asked {found.database} in {found.work_group}, not {self.database} in {self.work_group}"
        if found.catalog.casefold() not in ("", OWN_CATALOG):
            yield f"it asked the catalog {found.catalog}"
        if found.reused:
            yield "Athena gave it the result of an older query"

    def untimely(self, found: Execution, now: datetime) -> Iterator[str]:
        """Asked too early, or too long ago."""
        expires_at = found.submitted_at + RESULTS_KEPT
        if found.submitted_at < self.period.ends_at:
            yield f"it was asked at {to_text(found.submitted_at)}, before {self.period} was over in UTC"
        if now >= expires_at:
            yield f"results are kept for {RESULTS_KEPT.days} days, until {to_text(expires_at)} for this one"

    def check(self, found: Execution, now: datetime) -> None:
        """Raises UnfitResultError with all that is wrong."""
        if wrong := "; ".join(self.objections(found, now)):
            raise UnfitResultError(f"the result {found.query_id} can't be taken for {self.period}: {wrong}")
