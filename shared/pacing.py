"""Send slots under a per-second rate and a rolling 24-hour quota. Pure arithmetic in whole microseconds: no clock, no
I/O.

The rate is kept by GCRA without burst: `tat` (theoretical arrival time) is when the next slot is free, and each slot
moves it by one `emission_interval`. The quota is kept by counting planned slots in buckets: GCRA with a day's burst
would let nearly twice the quota through. A bucket counts until its youngest slot is 24 hours old, so the count errs
on the safe side.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
BUCKET_US = 1_800 * SECOND_US
SLOW_DOWN = 0.7
"""Share of the rate that is left after a refusal (multiplicative decrease)."""
SLOW_DOWN_GAP_US = 5 * SECOND_US
"""Refusals within this time of a slow-down are its echo and change nothing."""
RECOVERY_PER_US = 0.1 / (30 * SECOND_US)
"""A tenth of the full rate comes back every 30 seconds (additive increase)."""
LOWEST_SHARE = 0.05


@dataclass(frozen=True)
class Quota:
    """What SES allows the account (source: SES v2 GetAccount)."""

    max_send_rate: float
    max_24_hour_send: float
    """-1: unlimited."""


@dataclass(frozen=True)
class Pace:
    """How fast the campaign may go, and what is planned already."""

    rate: float
    """Mails a second that may be planned, headroom taken off. 0: none."""
    daily: int | None
    """Mails in any 24 hours that may be planned, headroom taken off. None: unlimited."""
    tat_us: int = 0
    share: float = 1.0
    """Share of the rate right after the last slow-down."""
    slowed_at_us: int = 0
    buckets: Mapping[int, int] = field(default_factory=dict)
    """Slots planned, by number of the half hour since the epoch."""

    def share_at(self, now_us: int) -> float:
        return min(1.0, self.share + max(0, now_us - self.slowed_at_us) * RECOVERY_PER_US)


def plan(pace: Pace, count: int, now_us: int, horizon_us: int) -> tuple[list[int], Pace]:
    """Up to `count` slots in rising order, none before now nor later than the horizon, and the pace after taking
    them.
    """
    if pace.rate <= 0 or pace.daily == 0:
        return [], pace
    interval_us = math.ceil(SECOND_US / (pace.rate * pace.share_at(now_us)))
    buckets = {number: taken for number, taken in pace.buckets.items() if (number + 1) * BUCKET_US > now_us - DAY_US}
    slots: list[int] = []
    tat_us = max(pace.tat_us, now_us)
    while len(slots) < count:
        slot_us = tat_us if pace.daily is None else _within_day(tat_us, pace.daily, buckets)
        if slot_us > now_us + horizon_us:
            break
        slots.append(slot_us)
        buckets[slot_us // BUCKET_US] = buckets.get(slot_us // BUCKET_US, 0) + 1
        tat_us = slot_us + interval_us
    return slots, replace(pace, tat_us=tat_us if slots else pace.tat_us, buckets=buckets)


def _within_day(slot_us: int, daily: int, buckets: Mapping[int, int]) -> int:
    """The earliest time from `slot_us` on at which the 24 hours before it leave room for one more."""
    while True:
        counting = sorted(
            number for number, taken in buckets.items() if taken and (number + 1) * BUCKET_US > slot_us - DAY_US
        )
        if sum(buckets[number] for number in counting) < daily:
            return slot_us
        slot_us = (counting[0] + 1) * BUCKET_US + DAY_US


def slow_down(pace: Pace, now_us: int) -> Pace:
    """The pace after SES refused for its rate; the same pace if that refusal is an echo."""
    if now_us - pace.slowed_at_us < SLOW_DOWN_GAP_US:
        return pace
    share = max(LOWEST_SHARE, pace.share_at(now_us) * SLOW_DOWN)
    return replace(restart(pace, now_us), share=share, slowed_at_us=now_us)


def restart(pace: Pace, now_us: int) -> Pace:
    """The pace with every slot still ahead given back: whoever holds one asks for another (its epoch is over)."""
    this_bucket = now_us // BUCKET_US
    past = {number: taken for number, taken in pace.buckets.items() if number <= this_bucket}
    return replace(pace, tat_us=min(pace.tat_us, now_us + SECOND_US), buckets=past)
