"""The pace: slower after a refusal, and the way back to the full rate."""

import pytest

from shared.pacing.pace import LOWEST_SHARE, SLOW_DOWN_GAP_US, STEP_US, Pace
from tests.unit.pacing.tables import T0


def test_the_way_back_to_the_full_rate() -> None:
    pace = Pace(10, None).slower(T0)
    shares = [pace.share_at(T0 + n * STEP_US) for n in range(5)]
    assert shares == pytest.approx([0.7, 0.8, 0.9, 1, 1])
    assert pace.next_step(T0) == T0 + STEP_US
    assert pace.next_step(T0 + 3 * STEP_US) is None


def test_an_echo_changes_nothing() -> None:
    pace = Pace(10, None).slower(T0)
    assert pace.slower(T0 + SLOW_DOWN_GAP_US - 1) is pace
    assert pace.slower(T0 + SLOW_DOWN_GAP_US).share == pytest.approx(0.49)


def test_the_pace_has_a_floor() -> None:
    pace = Pace(10, None)
    for number in range(100):
        pace = pace.slower(T0 + number * SLOW_DOWN_GAP_US)
    assert pace.share == LOWEST_SHARE
