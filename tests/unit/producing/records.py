"""What the tests of run records share."""

from datetime import UTC, datetime
from typing import Any

from shared.periods import Period
from shared.producing.run_records import RunRecords

OCTOBER = Period.parse("2026-10")
NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
PROGRESS: dict[str, Any] = {
    "phase": "write", "query_id": "q-1", "page_token": "t-7", "row": 7000, "last_user": "user-7000", "produced": 6990,
    "rejected": 10, "fresh": 6000, "differing": 3, "checks": {"rows": 10_000},
}  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def record(runs: RunRecords) -> dict[str, Any]:
    item = runs.get(OCTOBER)
    assert item is not None
    return item
