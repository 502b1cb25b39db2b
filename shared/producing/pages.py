"""A run's way through the stored result of its query, page by page, from where its record says that it stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shared.errors import OutOfTimeError
from shared.producing.run import Run
from shared.producing.run_records import RunRecords
from shared.rendering.mail_kind import Row
from shared.store import Item

MARGIN_MS = 60_000
"""With less than this left, no page is begun: another invocation goes on."""


@dataclass(frozen=True)
class ResultPage:
    """Some rows of a stored result, and the token of the page after them; "" if these were the last."""

    columns: tuple[str, ...]
    rows: Sequence[Row]
    next_token: str


class Results(Protocol):
    """The stored results of usage queries. Raises UsageQueryError, AthenaUnavailableError."""

    def page(self, query_id: str, token: str) -> ResultPage:
        """One page of the result; "" for the first."""


class Reader:
    """Reads for one invocation, while there is time."""

    def __init__(self, results: Results, runs: RunRecords, remaining_ms: Callable[[], int]) -> None:
        self._results = results
        self._runs = runs
        self._remaining_ms = remaining_ms

    def each_page(self, run: Run, work: Callable[[Run, ResultPage], dict[str, Any]]) -> tuple[Run, dict[str, Any]]:
        """Goes through the result from where the run stands, and notes after each page what `work` says has changed.

        What the last page changed is not noted but returned: the caller writes it together with what follows. Raises
        OutOfTimeError between two pages.
        """
        while True:
            self.check_time(f"{run.row:,} rows of this pass are done", MARGIN_MS)
            page = self._results.page(run.query_id, run.page_token)
            facts = work(run, page)
            run = replace(run, **facts)
            if not page.next_token:
                return run, facts
            place: dict[str, Any] = {"page_token": page.next_token, "row": run.row + len(page.rows)}
            run = replace(run, **place)
            self._runs.note(run, **facts, **place)

    def first(self, run: Run, message: Callable[[Row], Item | Exception]) -> Item | None:
        """The message of the first row of all that can become one."""
        token = ""
        while True:
            page = self._results.page(run.query_id, token)
            found = next((item for item in map(message, page.rows) if isinstance(item, dict)), None)
            if found is not None or not page.next_token:
                return found
            self._runs.note(run)
            token = page.next_token

    def check_time(self, said: str, needed_ms: float) -> None:
        """Raises OutOfTimeError with these words if less is left."""
        if self._remaining_ms() < needed_ms:
            raise OutOfTimeError(said)
