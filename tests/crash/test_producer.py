"""A month of many pages, its producer killed wherever it speaks to AWS: everybody has one message, and the sums are right."""

import random
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import pytest

from shared.producing import composer
from shared.producing.pages import Ahead
from shared.rendering.addresses import usable_email
from simulation.fakes.producing import at_once, when_asked_for
from simulation.fakes.wire import Wire
from simulation.world import ProcessKilled
from tests.crash.disturbances import DisturbingWire
from tests.crash.months import PAGES, faults, kills, month, produced

T = TypeVar("T")


class RecklessWire(Wire):
    """Kills at every third call or so, before or after it."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self.kills = 0

    def call(self, operation: str, carry_out: Callable[[], T]) -> T:
        before, after = self._rng.random() < 0.15, self._rng.random() < 0.15
        self.kills += before or after
        if before:
            raise ProcessKilled(f"before {operation}")
        answer = carry_out()
        if after:
            raise ProcessKilled(f"after {operation}")
        return answer


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same addresses are judged in hundreds of months."""
    monkeypatch.setattr(composer, "usable_email", lru_cache(None)(usable_email))


@pytest.fixture(params=[at_once, when_asked_for], ids=lambda ahead: ahead.__name__)
def ahead(request: pytest.FixtureRequest) -> Ahead:
    """A page is read while the one before it is written: the two orders between which all others lie."""
    made: Ahead = request.param
    return made


def test_undisturbed(ahead: Ahead) -> None:
    """And every page is read twice, and put in several batches: the boundaries at which the next test kills."""
    wire = DisturbingWire()
    world = month(wire, 5, ahead)
    assert produced(world) == 1
    assert faults(world) == []
    assert wire.calls.count("athena.GetQueryResults") == 2 * PAGES
    assert wire.calls.count("outbox.BatchExecuteStatement") > 1.5 * PAGES


def test_killed_at_any_one_call(ahead: Ahead, record_property: Callable[[str, object], None]) -> None:
    found = list(kills(5, ahead))
    record_property("producer_kills", len(found))
    assert len(found) > 8 * PAGES
    assert [fault for one in found for fault in one] == []


def test_killed_while_it_takes_a_result_that_was_looked_at(ahead: Ahead) -> None:
    """It is in the record with the run's first write, so what goes on has it, and Athena is never asked again."""
    found = list(kills(5, ahead, handed=True, calls=16))  # from then on it is a run like any other
    assert len(found) == 32
    assert [fault for one in found for fault in one] == []


@pytest.mark.parametrize("seed", range(3))
def test_killed_again_and_again(ahead: Ahead, seed: int) -> None:
    wire = RecklessWire(seed)
    world = month(wire, 100, ahead)
    assert produced(world) > 50
    assert wire.kills > 50
    assert faults(world) == []
