"""Chunks: parts of a month's stored result, each small enough for one task and large enough that there are few of them."""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from shared.keys import Key
from shared.periods import Period
from shared.producing.composer import Composer, Draft
from shared.producing.pages import Results
from shared.producing.run import BEGINNING, Place

ROWS = 2_000
"""Of a chunk at least: some minutes of sending, for a task that takes seconds to start."""
AT_MOST = 500
"""Chunks of a month: Airflow maps a task a thousand times at most by default (core.max_map_length)."""


@dataclass(frozen=True)
class Chunk:
    """Some rows of a query's result, and the page that the first of them is on."""

    query_id: str
    page_token: str
    skip: int
    """Rows of that page before the first."""
    rows: int
    of: int
    """How many chunks the month has."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def of_result(results: Results, query_id: str, rows: int, size: int) -> list[Chunk]:
    """The result of so many rows, cut up. Walks through all of its pages. Raises UsageQueryError, AthenaUnavailableError."""
    size = max(size, -(-rows // AT_MOST))
    starts, places = range(0, rows, size), list(_places(results, query_id))
    rows_before = [place.row for place in places]
    found = []
    for start in starts:
        page = places[bisect_right(rows_before, start) - 1]
        found.append(Chunk(query_id, page.page_token, start - page.row, min(size, rows - start), len(starts)))
    return found


def _places(results: Results, query_id: str) -> Iterator[Place]:
    place = BEGINNING
    while True:
        yield place
        page = results.page(query_id, place.page_token)
        if not page.next_token:
            return
        place = Place(page.next_token, place.row + len(page.rows))


def keys(
    results: Results, chunk: Chunk, period: Period, composer: Composer, unsubscribed: Collection[str]
) -> list[Key]:
    """Of the messages that the chunk's rows have become. Raises UsageQueryError, AthenaUnavailableError."""
    found: dict[Key, None] = {}  # of who comes twice the first row counts
    left, skip, token = chunk.rows, chunk.skip, chunk.page_token
    while left:
        page = results.page(chunk.query_id, token)
        rows = page.rows[skip : skip + left]
        for row in rows:
            draft = composer.draft(row, period)
            if isinstance(draft, Draft) and draft.key.user_id not in unsubscribed:
                found[draft.key] = None
        left, skip, token = left - len(rows), 0, page.next_token
        if not token:
            break
    return list(found)
