"""What is left of an invocation's time, and what that is enough for."""

import pytest

from shared.errors import StoreUnavailableError
from shared.sending.time_left import LAST_TRY_MS, RECORD_AGAIN_S, TimeLeft


class Invocation:
    """Its time goes by only while it sleeps."""

    def __init__(self, remaining_ms: int) -> None:
        self.remaining_ms = remaining_ms
        self.left = TimeLeft(lambda: self.remaining_ms, needed_ms=30_000, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.remaining_ms -= int(1000 * seconds)


@pytest.mark.parametrize(("in_us", "enough"), [(0, True), (2_000_000, True), (2_001_000, False)])
def test_an_ask_must_leave_time_for_its_answer(in_us: int, enough: bool) -> None:
    assert Invocation(32_000).left.for_an_ask(in_us) is enough


def test_a_write_is_tried_until_the_store_answers() -> None:
    invocation, answers = Invocation(60_000), [StoreUnavailableError(), StoreUnavailableError(), None]

    def write() -> None:
        if error := answers.pop(0):
            raise error

    invocation.left.record(write)
    assert (answers, invocation.remaining_ms) == ([], 60_000 - 2_000 * RECORD_AGAIN_S)


def test_a_write_is_left_to_the_sweeper_where_the_time_is_over() -> None:
    invocation, tries = Invocation(LAST_TRY_MS + 1_500), list[int]()

    def write() -> None:
        tries.append(invocation.remaining_ms)
        raise StoreUnavailableError

    with pytest.raises(StoreUnavailableError):
        invocation.left.record(write)
    assert tries == [LAST_TRY_MS + 1_500, LAST_TRY_MS + 500, LAST_TRY_MS - 500]
