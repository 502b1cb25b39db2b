"""The stored result of a run's query, page by page, while the invocation has time for another one."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from shared.errors import OutOfTimeError
from shared.producing.run import BEGINNING, Place, Run
from shared.rendering.mail_kind import Row

RemainingMs = Callable[[], int]
"""Milliseconds until Lambda ends the invocation."""
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


@dataclass(frozen=True)
class PlacedPage:
    """A page and its place in the result."""

    place: Place
    columns: tuple[str, ...]
    rows: Sequence[Row]
    next: Place | None
    """Of the page after it; None if this is the last."""

    def numbered(self) -> Iterator[tuple[int, Row]]:
        """Each row with its number in the whole result, from 1."""
        return enumerate(self.rows, start=self.place.row + 1)


Reading = Callable[[], PlacedPage]
"""Waits for a page that is being read, or raises what its reading has raised."""
Ahead = Callable[[Reading], Reading]
"""Begins to read a page."""


def in_a_thread(read: Reading) -> Reading:
    """Reads in a thread of its own. A page that nobody asks for any more is waited for by nobody."""
    pool = ThreadPoolExecutor(1)
    page = pool.submit(read)
    pool.shutdown(wait=False)
    return page.result


class Pages:
    """Reads for one invocation, one page ahead: the next is read while the last is worked on. Raises UsageQueryError,
    AthenaUnavailableError when the page that could not be read is asked for, and not before.
    """

    def __init__(self, results: Results, remaining_ms: RemainingMs, ahead: Ahead = in_a_thread) -> None:
        self._results = results
        self._remaining_ms = remaining_ms
        self._ahead = ahead

    def rest(self, run: Run) -> Iterator[PlacedPage]:
        """The pages from where the run stands. Raises OutOfTimeError before a page for which too little time is left."""

        def check(place: Place) -> None:
            check_time(self._remaining_ms, MARGIN_MS, f"{place.row:,} rows of this pass are done")

        return self._from(run.place, run.query_id, check)

    def all(self, run: Run) -> Iterator[PlacedPage]:
        """The pages from the first, however little time is left."""
        return self._from(BEGINNING, run.query_id, lambda _: None)

    def _from(self, first: Place, query_id: str, check: Callable[[Place], None]) -> Iterator[PlacedPage]:
        check(first)
        page = self._at(query_id, first)
        while page.next is not None:
            reading = self._ahead(partial(self._at, query_id, page.next))
            yield page
            check(page.next)
            page = reading()
        yield page

    def _at(self, query_id: str, place: Place) -> PlacedPage:
        page = self._results.page(query_id, place.page_token)
        following = Place(page.next_token, place.row + len(page.rows)) if page.next_token else None
        return PlacedPage(place, page.columns, page.rows, following)


def check_time(remaining_ms: RemainingMs, needed_ms: float, said: str) -> None:
    """Raises OutOfTimeError, in these words, if less time is left."""
    if remaining_ms() < needed_ms:
        raise OutOfTimeError(said)
