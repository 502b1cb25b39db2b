"""I4 as a whole: whatever comes when, no window exceeds a limit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.pacing import late
from bench.pacing.model import Model
from bench.pacing.modelled_stack import HEADROOM, START, Platform
from bench.pacing.windows import busiest, refused
from shared.pacing.control_item import KEY
from shared.store import Write

DAY = 86_400.0
MODELS = st.builds(
    Model,
    late_share=st.sampled_from([0.0, 0.01, 0.3]),
    cold=st.sampled_from([(100, 0.1), (1_400, 0.3), (5_000, 0.5)]),
    killed_share=st.sampled_from([0.0, 0.0, 0.002, 0.02]),
)


def times_of(platform: Platform) -> list[float]:
    return sorted(at for at, _ in platform.ses.accepted)


def lost_and_doubled(platform: Platform, messages: int) -> tuple[int, int]:
    mails = [to for _, to in platform.ses.accepted]
    return messages - len(set(mails)), len(mails) - len(set(mails))


@settings(max_examples=25, deadline=None)
@given(
    rate=st.sampled_from([1.0, 5.0, 14.0, 200.0]),
    daily=st.sampled_from([-1.0, 50.0, 120.0]),
    batch=st.sampled_from([0, 1, 7]),
    messages=st.integers(1, 150),
    model=MODELS,
    seed=st.integers(0, 1000),
)
def test_no_second_and_no_day_is_overdrawn(
    rate: float, daily: float, batch: int, messages: int, model: Model, seed: int
) -> None:
    """Arrivals, batches, cold and late starts and deaths as they come. SES tolerates a second's worth at once."""
    platform = Platform(rate, daily, batch, seed, model)
    platform.run(messages, lambda _: None)
    times = times_of(platform)
    assert busiest(times, 1.0) <= 2 * rate + 1
    if daily >= 0:
        assert busiest(times, DAY) <= int(daily * (1 - HEADROOM))
    lost, doubled = lost_and_doubled(platform, messages)
    assert doubled == 0
    assert lost == 0 or model.killed_share or _left_for_later(platform) == lost


def _left_for_later(platform: Platform) -> int:
    """Beyond the days that are planned."""
    return sum(1 for item in platform.outbox.items() if item["status"] == "PENDING")


@settings(max_examples=15, deadline=None)
@given(
    change=st.sampled_from([(5.0, 60.0), (20.0, 30.0), (2.0, -1.0), (40.0, 200.0)]),
    after=st.floats(0.0, 20.0),
    batch=st.sampled_from([0, 1]),
    seed=st.integers(0, 1000),
)
def test_a_changed_quota_holds_from_then_on(change: tuple[float, float], after: float, batch: int, seed: int) -> None:
    """Also for those that wait for a slot already. What begins a moment before the change does not see it: for two seconds a
    look at the campaign is believed, and in this model an invocation runs as a whole at the time of its start.
    """
    platform = Platform(20.0, 100.0, batch, seed, Model())
    rate, daily = change

    def changed() -> None:
        platform.ses.rate, platform.ses.daily = rate, daily
        platform._campaign().refresh_quota()

    platform.at(START + timedelta(seconds=after), changed)
    platform.run(150, lambda _: None)
    times = times_of(platform)
    unseen = 6 if batch == 1 else 30
    later = [at for at in times if at > START.timestamp() + after + unseen]
    assert busiest(later, 1.0) <= 2 * rate + 1
    if daily >= 0:
        assert all(_in_the_day_before(times, at) <= daily for at in later)
    assert lost_and_doubled(platform, 150)[1] == 0


@pytest.mark.parametrize("batch", [1, 25, 0])
@pytest.mark.parametrize("rate", [14.0, 50.0])
def test_nothing_is_made_up_for_in_a_burst(rate: float, batch: int) -> None:
    """SES takes two seconds for each answer, for 40 seconds, and then is quick again."""
    platform = Platform(rate, -1.0, batch, 1, Model(answers_slowly_s=40.0))
    platform.run(600, lambda _: None)
    times = times_of(platform)
    assert lost_and_doubled(platform, 600) == (0, 0)
    assert busiest(times, 1.0) <= 2 * rate
    assert platform.ses.refused <= 3


def test_what_was_late_before_a_break_moves_nothing_after_it() -> None:
    """A line ends while some are late; an hour later the next one begins on cold functions."""
    platform = Platform(50.0, -1.0, 1, 1, Model(warm_functions=400, late_share=0.0))
    platform.run(50, lambda _: None)
    platform.control.write(Write(KEY, sets={"late_run": 3, "late_first": 40}))
    platform.time.now += timedelta(hours=1)
    platform.model = replace(platform.model, delay_ms=6_000)
    platform.transitions = 0
    platform.run(600, lambda _: None)
    times = times_of(platform)[50:]
    assert times[-1] - times[0] <= 600 / (50.0 * (1 - HEADROOM)) + 12
    assert platform.ses.refused == 0
    assert platform.transitions <= 2.2 * 600
    assert platform.telemetry.events.count("late") <= 150, "those that show that all are late"


@pytest.mark.parametrize("messages", [late.FEW, late.MANY])
@pytest.mark.parametrize("rate", late.RATES)
@pytest.mark.parametrize("batch", [1, 25, 0])
def test_what_wakes_up_late_goes_out_soon(
    messages: int, rate: float, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The benchmark's bars, with fewer messages that are sent before the many that wait, but so many that the end, where a late
    batch goes at the lane's pace, is a small part of all.
    """
    monkeypatch.setattr(late, "SENT_OF_MANY", {2.0: 400, 14.0: 1_000, 200.0: 3_000})
    found = [late.measure(late.Case(lateness, rate, batch, messages)) for lateness in late.LATENESSES]
    assert late.missed(found) == []


def _in_the_day_before(times: Sequence[float], at: float) -> int:
    return sum(1 for other in times if at - DAY < other <= at)


@settings(max_examples=10, deadline=None)
@given(batch=st.sampled_from([0, 1]), seed=st.integers(0, 1000))
def test_clocks_that_go_wrong_break_nothing(batch: int, seed: int) -> None:
    """By two seconds, on each sandbox another way: SES may refuse some, as many as its own burst does not cover."""
    platform = Platform(20.0, 100.0, batch, seed, Model(skew_ms=2_000))
    platform.run(150, lambda _: None)
    times = times_of(platform)
    assert lost_and_doubled(platform, 150) == (0, 0)
    assert busiest(times, DAY) <= 90
    assert refused(times, 20.0) <= 0.1 * len(times)
