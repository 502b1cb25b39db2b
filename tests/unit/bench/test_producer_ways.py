"""The ways that are compared with the producer do what they are compared for."""

import pytest

from bench.producer import ways
from bench.producer.standin import OUTBOX, StandIn
from shared import wiring


def test_the_batches_are_put_as_many_at_a_time_as_the_producers(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[object, ...]] = []
    monkeypatch.setattr(wiring, "table", lambda *given: made.append(given))
    monkeypatch.setattr(ways, "_athena", lambda: None)
    ways.batches(StandIn(1))
    assert made == [(OUTBOX, ways.WRITERS)]
