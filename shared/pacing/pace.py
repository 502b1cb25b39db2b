"""How fast the campaign may go: the account's quota, and what is left of the rate after a refusal. Pure arithmetic in
whole microseconds.
"""

import math
from dataclasses import dataclass, replace
from datetime import timedelta

SECOND_US = 1_000_000
MICROSECOND = timedelta(microseconds=1)
SLOW_DOWN = 0.7
"""Share of the rate that is left after a refusal (multiplicative decrease)."""
SLOW_DOWN_GAP_US = 5 * SECOND_US
"""Refusals within this time of a slow-down are its echo and change nothing."""
STEP = 0.1
STEP_US = 30 * SECOND_US
"""A tenth of the full rate comes back every 30 seconds (additive increase)."""
LOWEST_SHARE = 0.05


@dataclass(frozen=True)
class Quota:
    """What SES allows the account (source: ses-get-account)."""

    max_send_rate: float
    max_24_hour_send: float
    """-1: unlimited."""


@dataclass(frozen=True)
class Pace:
    """How fast the campaign may go from now on. The way back to the full rate is part of it and needs no write."""

    rate: float
    """Mails a second that may be planned, headroom taken off. 0: none."""
    daily: int | None
    """Mails in any 24 hours that may be planned, headroom taken off. None: unlimited."""
    share: float = 1.0
    """Share of the rate right after the last slow-down."""
    slowed_at_us: int = 0

    @property
    def stands_still(self) -> bool:
        return self.rate <= 0 or self.daily == 0

    def share_at(self, at_us: int) -> float:
        """Rises in steps, so that it is constant in between."""
        return min(1.0, self.share + max(0, at_us - self.slowed_at_us) // STEP_US * STEP)

    def rate_at(self, at_us: int) -> float:
        """Mails a second."""
        return self.rate * self.share_at(at_us)

    def interval_at(self, at_us: int) -> int:
        """Microseconds from one slot to the next."""
        return math.ceil(SECOND_US / self.rate_at(at_us))

    def next_step(self, at_us: int) -> int | None:
        """When the share rises next; None: the rate is whole again."""
        if self.share_at(at_us) >= 1.0:
            return None
        return self.slowed_at_us + (max(0, at_us - self.slowed_at_us) // STEP_US + 1) * STEP_US

    def slower(self, now_us: int) -> "Pace":
        """The pace after SES refused for its rate; the same one if that refusal is an echo."""
        if now_us - self.slowed_at_us < SLOW_DOWN_GAP_US:
            return self
        return replace(self, share=max(LOWEST_SHARE, self.share_at(now_us) * SLOW_DOWN), slowed_at_us=now_us)
