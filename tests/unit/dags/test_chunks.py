"""A month's result in chunks: each user in one of them, however the pages lie."""

import pytest

from dags.chunks import AT_MOST, Chunk, keys, of_result
from mail.usage.variables import KIND
from shared.keys import Key
from shared.periods import Period
from shared.producing.composer import Composer
from simulation.fakes.producing import FakeAthena
from simulation.fakes.wire import Wire
from simulation.stack import MAIL_TEMPLATE, PERIOD, SENDER, usage_row
from simulation.world import World

OCTOBER = Period.parse(PERIOD)


@pytest.fixture
def composer() -> Composer:
    return Composer(KIND, MAIL_TEMPLATE, SENDER, World(0).clock)


def athena(users: int, page_rows: int) -> FakeAthena:
    found = FakeAthena([usage_row(number) for number in range(users)], Wire(), page_rows=page_rows)
    found.ask("SELECT", "q")
    return found


@pytest.mark.parametrize("page_rows", [1, 7, 10, 25, 1000])
@pytest.mark.parametrize("size", [1, 10, 25, 1000])
@pytest.mark.parametrize("users", [1, 24, 25, 26, 61])
def test_each_user_is_in_one_chunk(users: int, size: int, page_rows: int, composer: Composer) -> None:
    results = athena(users, page_rows)
    found = of_result(results, "q", users, size)
    assert all(chunk.rows <= size and chunk.of == len(found) for chunk in found)
    named = [key for chunk in found for key in keys(results, chunk, OCTOBER, composer, ())]
    assert named == [Key(f"user-{number:05}", PERIOD) for number in range(users)]


def test_an_empty_month_has_none() -> None:
    assert of_result(athena(0, 10), "q", 0, 10) == []


def test_a_large_month_has_larger_ones_and_no_more_of_them() -> None:
    results = athena(2_000, 1000)
    found = of_result(results, "q", 2_000, 1)
    assert len(found) == AT_MOST
    assert {chunk.rows for chunk in found} == {4}


def test_who_can_get_no_mail_is_in_none(composer: Composer) -> None:
    """Rejected rows, the second row of somebody, and who has left."""
    results = athena(4, 10)
    results.results["q"] = [
        usage_row(0), usage_row(0), {**usage_row(1), "email": "nowhere"}, usage_row(2), usage_row(3),
    ]  # fmt: skip
    chunk = Chunk("q", "", 0, 5, 1)
    assert keys(results, chunk, OCTOBER, composer, {"user-00002"}) == [
        Key("user-00000", PERIOD), Key("user-00003", PERIOD),
    ]  # fmt: skip
