"""The pages of a stored result: from where a run stands to the last, while there is time."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.errors import OutOfTimeError
from shared.producing.pages import MARGIN_MS, Pages, ResultPage
from shared.producing.run import Place, Run
from shared.producing.run_records import RunRecords
from tests.unit.producing.records import OCTOBER

ENOUGH_MS = 10 * MARGIN_MS


class Results:
    """Ten rows on pages of four, and what was read of them."""

    def __init__(self) -> None:
        self.read: list[tuple[str, str]] = []

    def page(self, query_id: str, token: str) -> ResultPage:
        self.read.append((query_id, token))
        first = int(token or 0)
        rows: list[dict[str, str | None]] = [{"user_id": f"u{number}"} for number in range(first, min(first + 4, 10))]
        return ResultPage(("user_id",), rows, str(first + 4) if first + 4 < 10 else "")


@pytest.fixture
def results() -> Results:
    return Results()


@pytest.fixture
def run(runs: RunRecords) -> Run:
    return replace(runs.begin(OCTOBER, "a"), query_id="q-1")


def numbers(results: Results, run: Run) -> list[list[int]]:
    pages = Pages(results, lambda: ENOUGH_MS).rest(run)
    return [[number for number, _ in page.numbered()] for page in pages]


def test_a_run_that_has_just_begun_reads_every_page(results: Results, run: Run) -> None:
    assert numbers(results, run) == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]
    assert results.read == [("q-1", ""), ("q-1", "4"), ("q-1", "8")]


def test_a_run_goes_on_where_its_record_stands(results: Results, run: Run) -> None:
    assert numbers(results, replace(run, place=Place("4", 4))) == [[5, 6, 7, 8], [9, 10]]
    assert results.read == [("q-1", "4"), ("q-1", "8")]


def test_a_page_knows_its_place_and_the_next_ones(results: Results, run: Run) -> None:
    pages = list(Pages(results, lambda: ENOUGH_MS).rest(run))
    assert [page.place for page in pages] == [Place(), Place("4", 4), Place("8", 8)]
    assert [page.next for page in pages] == [Place("4", 4), Place("8", 8), None]


@pytest.mark.parametrize(("left_ms", "begun"), [(MARGIN_MS, 3), (MARGIN_MS - 1, 2)])
def test_no_page_is_begun_without_the_time_for_it(results: Results, run: Run, left_ms: int, begun: int) -> None:
    answers: Iterator[int] = iter([MARGIN_MS, ENOUGH_MS])
    pages = Pages(results, lambda: next(answers, left_ms)).rest(run)
    next(pages)
    assert len(results.read) == 1, "the next is read when it is asked for"
    next(pages)
    if begun == 3:
        next(pages)
    else:
        with pytest.raises(OutOfTimeError, match=r"^8 rows of this pass are done$"):
            next(pages)
    assert len(results.read) == begun


def test_all_pages_are_read_however_little_time_is_left(results: Results, run: Run) -> None:
    pages = Pages(results, lambda: 0).all(replace(run, place=Place("8", 8)))
    assert [row["user_id"] for page in pages for row in page.rows] == [f"u{number}" for number in range(10)]
