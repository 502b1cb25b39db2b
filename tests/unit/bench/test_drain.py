"""The figures of a drain, from times that can be counted by hand."""

import pytest

from bench.pacing.drain import Drain


def drain(accepted_at: list[float], refused_at: list[float] | None = None, rate: float = 2.0) -> Drain:
    return Drain(accepted_at, refused_at or [], rate, len(accepted_at))


def test_the_full_speed_is_one_interval_short_of_the_ideal() -> None:
    """Between n mails there are n - 1 intervals."""
    assert drain([100 + 0.5 * number for number in range(100)]).ratio == pytest.approx(0.99)


def test_a_pause_counts() -> None:
    paused = drain([0.0, 0.5, 1.0, 5.0])
    assert (paused.seconds, paused.ratio) == (5.0, 2.5)


def test_messages_that_were_not_accepted_count_for_the_ideal() -> None:
    assert Drain([0.0, 1.0], [], rate=2.0, messages=4).ratio == 0.5


def test_the_busiest_second_begins_anywhere() -> None:
    assert drain([0.0, 0.9, 1.1, 1.2, 1.8, 1.95, 3.0]).most_in_any_second == 4
    assert drain([0.0, 1.0, 2.0]).most_in_any_second == 1


def test_seconds_are_counted_from_the_first_acceptance() -> None:
    counted = drain([10.5, 11.4, 11.5, 13.5], [10.6, 12.6])
    assert counted.accepted_per_second == [2, 1, 0, 1]
    assert counted.refused_per_second == [1, 0, 1]
    assert counted.refused_fraction == 0.5


def test_nothing_was_accepted() -> None:
    nothing = drain([], [1.0])
    assert (nothing.seconds, nothing.most_in_any_second, nothing.accepted_per_second) == (0.0, 0, [])
