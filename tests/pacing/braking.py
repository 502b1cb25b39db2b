"""Months whose mails bounce or are complained about, in virtual time: the real campaign and the real counts, and events that lag.

`python -m tests.pacing.braking` writes what ADR 32 quotes.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.pacing.campaign import Campaign
from shared.pacing.control_item import CACHE_FOR
from shared.pacing.pace import Quota
from shared.pacing.reputation import Harm, Reputation
from simulation.fakes.table import FakeTable
from simulation.fakes.wire import Wire
from simulation.stack import LIMITS

BATCH = 1000
"""Messages that are claimed together."""


@dataclass(frozen=True)
class Month:
    """Which share of the mails does harm, and how long after its mail an event comes."""

    users: int = 100_000
    rate: float = 200
    bounced: float = 0.0
    complained: float = 0.0
    lag_s: tuple[float, float] = (5, 60)


class Sending:
    """One month as it is sent. `sent`: mails that are out when it is done, or when everybody has heard of the pause."""

    def __init__(self, month: Month, seed: int) -> None:
        self.now = datetime(2026, 11, 1, 6, tzinfo=UTC)
        table = FakeTable("control", ("name",), lambda: self.now, Wire())
        self._campaign = Campaign(table, lambda: self.now, lambda: Quota(month.rate, -1), headroom=0.0)
        self._reputation = Reputation(table, self._campaign, lambda: self.now, LIMITS)
        self.braked: str | None = None
        self._run(month, random.Random(seed))

    @property
    def sent(self) -> int:
        state = self._campaign.state()
        return state.slots_over(self.now + CACHE_FOR) if self.braked else state.issued

    def _run(self, month: Month, rng: random.Random) -> None:
        slots = [slot for _ in range(0, month.users, BATCH) for slot in self._campaign.reserve(BATCH).slots]
        events = [
            *_events(Harm.BOUNCED, month.bounced, month, rng),
            *_events(Harm.COMPLAINED, month.complained, month, rng),
        ]
        for at, harm, ticket in sorted((slots[ticket] + lag, harm, ticket) for harm, ticket, lag in events):
            self.now = at
            self.braked = self._reputation.count(harm, ticket, f"{ticket}")
            if self.braked:
                return


def _events(harm: Harm, share: float, month: Month, rng: random.Random) -> Iterator[tuple[Harm, int, timedelta]]:
    """Which tickets' mails do this harm, and how much later SES tells of it."""
    for ticket in range(month.users):
        if rng.random() < share:
            yield harm, ticket, timedelta(seconds=rng.uniform(*month.lag_s))


BAD = {
    "a tenth bounces, 200 a second": Month(bounced=0.1),
    "a tenth bounces, 14 a second": Month(bounced=0.1, rate=14),
    "a tenth bounces, 1 a second": Month(users=5_000, bounced=0.1, rate=1),
    "3 % bounce, 200 a second": Month(bounced=0.03),
    "1 % are complained about, 200 a second": Month(complained=0.01),
    "0.2 % are complained about, 200 a second": Month(users=300_000, complained=0.002),
}
CLEAN = Month(bounced=0.005, complained=0.0005)

if __name__ == "__main__":
    for name, month in BAD.items():
        sent = sorted(Sending(month, seed).sent for seed in range(20))
        print(f"{name}: stops after {sent[0]:,} to {sent[-1]:,} mails, {sent[10]:,} in the middle")
    braked = sum(Sending(CLEAN, seed).braked is not None for seed in range(500))
    print(f"0.5 % bounce, 0.05 % are complained about: {braked} of 500 months brake")
