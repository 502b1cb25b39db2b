"""The pages of a stored result: from where a run stands to the last, while there is time."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event

import pytest

from shared.errors import AthenaUnavailableError, OutOfTimeError
from shared.producing.pages import MARGIN_MS, Ahead, Pages, ResultPage, in_a_thread
from shared.producing.run import Place, Run
from shared.producing.run_records import RunRecords
from simulation.fakes.producing import at_once, when_asked_for
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


class Slow(Results):
    """Gives no page but the first until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.goes_on = Event(), Event()

    def page(self, query_id: str, token: str) -> ResultPage:
        if token:
            self.asked.set()
            assert self.goes_on.wait(10)
        return super().page(query_id, token)


class Breaking(Results):
    """Gives no page but the first."""

    def page(self, query_id: str, token: str) -> ResultPage:
        if token:
            raise AthenaUnavailableError(f"after {token} rows")
        return super().page(query_id, token)


@pytest.fixture
def results() -> Results:
    return Results()


@pytest.fixture
def run(runs: RunRecords) -> Run:
    return replace(runs.begin(OCTOBER, "a"), query_id="q-1")


AHEAD = [in_a_thread, at_once, when_asked_for]


@pytest.fixture(params=AHEAD, ids=lambda ahead: ahead.__name__)
def ahead(request: pytest.FixtureRequest) -> Ahead:
    made: Ahead = request.param
    return made


def numbers(results: Results, run: Run, ahead: Ahead) -> list[list[int]]:
    pages = Pages(results, lambda: ENOUGH_MS, ahead).rest(run)
    return [[number for number, _ in page.numbered()] for page in pages]


def test_a_run_that_has_just_begun_reads_every_page(results: Results, run: Run, ahead: Ahead) -> None:
    assert numbers(results, run, ahead) == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]
    assert results.read == [("q-1", ""), ("q-1", "4"), ("q-1", "8")]


def test_a_run_goes_on_where_its_record_stands(results: Results, run: Run, ahead: Ahead) -> None:
    assert numbers(results, replace(run, place=Place("4", 4)), ahead) == [[5, 6, 7, 8], [9, 10]]
    assert results.read == [("q-1", "4"), ("q-1", "8")]


def test_a_page_knows_its_place_and_the_next_ones(results: Results, run: Run, ahead: Ahead) -> None:
    pages = list(Pages(results, lambda: ENOUGH_MS, ahead).rest(run))
    assert [page.place for page in pages] == [Place(), Place("4", 4), Place("8", 8)]
    assert [page.next for page in pages] == [Place("4", 4), Place("8", 8), None]


@pytest.mark.parametrize(("left_ms", "begun"), [(MARGIN_MS, 3), (MARGIN_MS - 1, 2)])
def test_no_page_is_begun_without_the_time_for_it(
    results: Results, run: Run, ahead: Ahead, left_ms: int, begun: int
) -> None:
    answers: Iterator[int] = iter([MARGIN_MS, ENOUGH_MS])
    pages = Pages(results, lambda: next(answers, left_ms), ahead).rest(run)
    next(pages)
    next(pages)
    if begun == 3:
        next(pages)
    else:
        with pytest.raises(OutOfTimeError, match=r"^8 rows of this pass are done$"):
            next(pages)


def test_without_the_time_for_a_page_nobody_waits_for_it(run: Run) -> None:
    """Athena may take longer to give it than is left."""
    results = Slow()
    answers: Iterator[int] = iter([ENOUGH_MS])
    pages = Pages(results, lambda: next(answers, 0)).rest(run)
    next(pages)
    with pytest.raises(OutOfTimeError):
        next(pages)
    results.goes_on.set()


def test_a_page_is_read_while_the_one_before_it_is_worked_on(run: Run) -> None:
    results = Slow()
    pages = Pages(results, lambda: ENOUGH_MS).rest(run)
    first = next(pages)
    assert results.asked.wait(10), "nobody has asked for the second page yet, but it is being read"
    results.goes_on.set()
    assert (first.place.row, next(pages).place.row) == (0, 4)


@pytest.mark.parametrize(
    ("ahead", "read"), [(at_once, [2, 3, 3]), (when_asked_for, [1, 2, 3])], ids=["at_once", "when_asked_for"]
)
def test_one_page_is_read_ahead_and_no_more(results: Results, run: Run, ahead: Ahead, read: list[int]) -> None:
    pages = Pages(results, lambda: ENOUGH_MS, ahead).rest(run)
    assert [len(results.read) for _ in pages] == read


def test_a_page_that_can_not_be_read_fails_when_it_is_asked_for(run: Run, ahead: Ahead) -> None:
    """Until then the page before it is worked on, and noted."""
    pages = Pages(Breaking(), lambda: ENOUGH_MS, ahead).rest(run)
    assert next(pages).next == Place("4", 4)
    with pytest.raises(AthenaUnavailableError, match="after 4 rows"):
        next(pages)


def test_all_pages_are_read_however_little_time_is_left(results: Results, run: Run, ahead: Ahead) -> None:
    pages = Pages(results, lambda: 0, ahead).all(replace(run, place=Place("8", 8)))
    assert [row["user_id"] for page in pages for row in page.rows] == [f"u{number}" for number in range(10)]
