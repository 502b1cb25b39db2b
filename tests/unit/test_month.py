"""Watching a month to its end: not before what SES still has to say."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from local import month as months
from local.month import Month, MonthError
from local.outbox_view import Statuses
from shared.periods import Period
from shared.states import FINAL, Status

OUTPUTS = {"OutboxTableName": "outbox", "ControlTableName": "control"}
LOOK_S = 1.0


class Told(Month):
    """A month that is looked at once a second: it has so many messages in these statuses, and stays as it was last."""

    def __init__(self, clock: SimpleNamespace, *story: Statuses) -> None:
        deployment: Any = SimpleNamespace(url="", outputs=lambda: OUTPUTS, client=lambda *_, **__: None)
        super().__init__(deployment, Period.parse("2026-10"), lambda _: None)
        self.outbox.stuck = lambda: "two messages"  # type: ignore[method-assign]
        self._clock, self._story = clock, list(story)

    def look(self) -> Statuses:
        self._clock.now += LOOK_S
        return self._story.pop(0) if len(self._story) > 1 else self._story[0]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(months, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.mark.parametrize("early", [Status.SENT, Status.UNCERTAIN])
def test_what_an_event_may_still_move_is_waited_for(clock: SimpleNamespace, early: Status) -> None:
    """A lost answer makes a message UNCERTAIN at once, and SES's event comes a moment later."""
    before: list[Statuses] = [Counter({early: 1})] * 5
    assert Told(clock, *before, Counter({Status.DELIVERED: 1})).finish() == {Status.DELIVERED: 1}


@pytest.mark.parametrize("status", [Status.SENT, Status.UNCERTAIN])
def test_an_event_that_never_comes_is_not_waited_for_for_ever(clock: SimpleNamespace, status: Status) -> None:
    assert Told(clock, Counter({status: 1})).finish() == {status: 1}
    assert clock.now < 20


@pytest.mark.parametrize("status", [*sorted(FINAL - {Status.SENT}), Status.FAILED])
def test_the_rest_ends_a_month_at_once(clock: SimpleNamespace, status: Status) -> None:
    Told(clock, Counter({status: 1})).finish()
    assert clock.now == 2 * LOOK_S


def test_a_month_that_stands_still_says_what_stands_in_the_way(clock: SimpleNamespace) -> None:
    with pytest.raises(MonthError, match="nothing moved for 120 s:\ntwo messages"):
        Told(clock, Counter({Status.PENDING: 2, Status.UNCERTAIN: 1})).finish()
