"""Workers that die while they send: the month takes hardly longer, and nobody is asked for twice."""

from datetime import timedelta

import pytest

from bench.pacing.model import Model
from bench.pacing.modelled_stack import START, Platform
from bench.pacing.windows import busiest
from bench.shootout.fault import BY_NAME

USERS, RATE = 500, 25.0
IDEAL_S = USERS / RATE
BEGINS_S = 8.0
"""About when SES is asked for the first time."""
QUICK = Model(
    calls=(("ses.", 12, 0.3), ("states.", 5, 0.4), ("", 5, 0.4)), warm=(5, 0.3), cold=(700, 0.3), wake=(20, 0.5),
    late_share=0.0, skew_ms=0,
)  # fmt: skip
"""A platform whose functions start in two thirds of a second, as the embedded AWS's do."""


def month(fault: str, batch: int, seed: int, model: Model = QUICK) -> Platform:
    """One in which all senders are killed as in that fault of the shoot-out."""
    platform = Platform(RATE, 50_000.0, batch, seed, model, headroom=0.0)
    for after_s in BY_NAME[fault].moments(IDEAL_S, seed):
        platform.kill_senders(START + timedelta(seconds=BEGINS_S + after_s))
    platform.run(USERS, lambda _: None)
    return platform


def drain(platform: Platform) -> float:
    """From the first mail to the last, to the ideal."""
    times = [at for at, _ in platform.ses.accepted]
    return (max(times) - min(times)) / IDEAL_S


@pytest.mark.parametrize("batch", [0, 1])
@pytest.mark.parametrize(("fault", "at_most"), [("none", 1.01), ("one_kill", 1.1), ("kill_storm", 1.25)])
def test_a_killed_month_takes_hardly_longer(fault: str, at_most: float, batch: int) -> None:
    drains = {seed: drain(month(fault, batch, seed)) for seed in range(1, 11)}
    assert {seed: ratio for seed, ratio in drains.items() if ratio > at_most} == {}


@pytest.mark.parametrize("batch", [0, 1])
@pytest.mark.parametrize("model", [QUICK, Model(late_share=0.0)], ids=["quick", "slow"])
def test_what_comes_back_keeps_to_the_rate(model: Model, batch: int) -> None:
    """Without headroom, and with every slot taken. Who was SENDING when it died is left to SES's events, and to a person."""
    for seed in range(1, 11):
        platform = month("kill_storm", batch, seed, model)
        mails = [to for _, to in platform.ses.accepted]
        unsent = {item["status"] for item in platform.outbox.items()}
        assert len(set(mails)) == len(mails)
        assert unsent <= {"SENDING"}
        assert busiest(sorted(at for at, _ in platform.ses.accepted), 1.0) <= 2 * RATE
        assert platform.ses.refused <= 0.01 * USERS
