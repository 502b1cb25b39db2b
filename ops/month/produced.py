"""Which months there are: those that have a run of the producer."""

from ops.errors import UnavailableError
from ops.session import Session
from shared.periods import Period

MONTHS_BACK = 14
"""So long messages are kept by default."""


def produced(session: Session) -> list[Period]:
    """Of the last months, the latest first."""
    month, found = Period(session.clock().date().replace(day=1)), []
    for _ in range(MONTHS_BACK + 1):
        found += [month] if session.runs.get(month) else []
        month = month.previous
    return found


def check_produced(session: Session, period: Period, found: str = "") -> None:
    """Raises UnavailableError for a month that was never produced, with what was found instead."""
    if session.runs.get(period) is None:
        there = ", ".join(map(str, produced(session))) or "none yet"
        before = f"{found}: " if found else ""
        raise UnavailableError(f"{before}{period} was never produced. Months that were: {there}")
