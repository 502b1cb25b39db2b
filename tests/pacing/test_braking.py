"""The brake in virtual time: a bad month stops early, a clean one never."""

import math
import random
from collections.abc import Iterator

import pytest

from shared.pacing import reputation
from shared.pacing.reputation import BUCKETS, WIDTHS, Harm, Share
from simulation.stack import LIMITS
from tests.pacing.braking import BAD, CLEAN, Month, Sending

AT_MOST = {
    "a tenth bounces, 200 a second": 10_000,  # in a minute, which an event may take, 12,000 go out
    "a tenth bounces, 14 a second": 1_000,
    "a tenth bounces, 1 a second": 300,
    "1 % are complained about, 200 a second": 12_000,
}


@pytest.mark.parametrize("name", AT_MOST)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_bad_month_stops_long_before_its_end(name: str, seed: int) -> None:
    sending = Sending(BAD[name], seed)
    assert sending.braked is not None
    assert sending.sent <= AT_MOST[name]


def test_a_month_of_a_few_hundred_stops_before_its_end_too() -> None:
    sending = Sending(Month(users=1000, rate=5, bounced=0.1, lag_s=(1, 5)), seed=1)
    assert sending.braked is not None
    assert sending.sent <= 250


@pytest.mark.parametrize("seed", range(3))
def test_a_clean_month_is_sent_to_its_end(seed: int) -> None:
    sending = Sending(CLEAN, seed)
    assert (sending.braked, sending.sent) == (None, CLEAN.users)


def test_a_month_without_deviations_would_brake_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain share above the limit is chance, sooner or later."""
    monkeypatch.setattr(reputation, "DEVIATIONS", 0)
    monkeypatch.setattr(reputation, "AT_LEAST", 5)
    assert sum(brakes(Harm.COMPLAINED, CLEAN.complained, seed) for seed in range(100)) > 20


@pytest.mark.parametrize(("harm", "share"), [(Harm.BOUNCED, CLEAN.bounced), (Harm.COMPLAINED, CLEAN.complained)])
def test_of_many_clean_months_none_brakes(harm: Harm, share: float) -> None:
    assert [seed for seed in range(1000) if brakes(harm, share, seed)] == []


@pytest.mark.parametrize(("harm", "share"), [(Harm.BOUNCED, 0.04), (Harm.COMPLAINED, 0.0016)])
def test_of_many_months_at_twice_the_limit_all_brake(harm: Harm, share: float) -> None:
    assert [seed for seed in range(100) if not brakes(harm, share, seed, users=300_000)] == []


def brakes(harm: Harm, share: float, seed: int, users: int = 100_000) -> bool:
    """Whether a month whose events come at once ever has a share above its limit."""
    width, counts = WIDTHS[harm], [0] * (users // WIDTHS[harm] + 1)
    for ticket in _tickets(share, users, random.Random(seed)):
        bucket = ticket // width
        counts[bucket] += 1
        first = max(0, bucket + 1 - BUCKETS)
        if Share(sum(counts[first : bucket + 1]), ticket + 1 - first * width).above(LIMITS[harm]):
            return True
    return False


def _tickets(share: float, users: int, rng: random.Random) -> Iterator[int]:
    """Those whose mails do harm: from one to the next as many as chance leaves between."""
    ticket = -1
    while (ticket := ticket + 1 + int(math.log(1 - rng.random()) / math.log(1 - share))) < users:
        yield ticket
