"""The explorer finds what is broken, and the product survives it; in bounded effort, the same each time."""

import pytest

from tests.explorer.month import Month
from tests.explorer.search import first_broken, shrunk
from tests.explorer.variants import VARIANTS
from tests.stateful.mutants import Mutant

SCHEDULES = 100
"""On the product as it is."""
AT_MOST = 150
"""Until a broken variant is found; it takes some 25."""


def test_every_promise_is_kept() -> None:
    verdict = first_broken(1, SCHEDULES)
    assert verdict is None, (
        f"python -m tests.explorer --seed 1 --run {verdict.seed.partition('.')[2]}: {verdict.broken}"
    )


@pytest.mark.parametrize("seed", [1, 4, 6])
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_broken_variant_is_found(variant: Mutant, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    variant.patch(monkeypatch)
    verdict = first_broken(seed, AT_MOST)
    assert verdict is not None
    assert str(verdict.broken).startswith("I1")


def test_a_schedule_is_the_same_each_time_and_shrinks_to_what_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    VARIANTS[0].patch(monkeypatch)
    verdict = first_broken(2, AT_MOST)
    assert verdict is not None
    again = Month(verdict.seed).run()
    assert [str(event) for event in again.story.events] == [str(event) for event in verdict.story.events]
    smallest = shrunk(verdict, seconds=60.0)
    assert str(smallest.broken) == str(verdict.broken)
    assert 0 < len(smallest.troubles) <= len(verdict.troubles) // 2
