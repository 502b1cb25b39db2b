"""The months that are played: how many users, and what their account allows."""

from dataclasses import dataclass

from bench.scale import declared
from ops.bill.units import Sending

HEADROOM = 0.1


@dataclass(frozen=True)
class Scenario:
    users: int
    rate: int
    """Mails a second that SES allows the account."""
    daily: int
    """Mails a day that it allows."""
    start_s: float = declared.START_S
    """What the start of a function's process takes."""

    @property
    def sending(self) -> Sending:
        """What the bill's expectation rests on."""
        return Sending(self.rate * (1 - HEADROOM), int(self.daily * (1 - HEADROOM)))

    @property
    def name(self) -> str:
        return f"{self.users:,}"


SIZES = (
    Scenario(1_000, 14, 50_000),
    Scenario(10_000, 14, 50_000),
    Scenario(100_000, 200, 1_000_000),
    Scenario(1_000_000, 200, 2_000_000),
    Scenario(10_000_000, 200, 20_000_000),
)
"""Each with an account into whose day its month fits. Ten million take the producer several invocations."""
