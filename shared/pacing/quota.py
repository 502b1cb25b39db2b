"""What the campaign makes of the account's quota: its own share of it, and a timetable that keeps to it. Pure."""

import math
from dataclasses import replace

from shared.pacing.campaign_state import CampaignState
from shared.pacing.pace import Pace, Quota
from shared.pacing.timetable import Timetable


def share_of(quota: Quota, headroom: float) -> tuple[float, int | None]:
    """Rate and day's quota, less the share that is left to the account's other senders."""
    share = 1 - headroom
    return quota.max_send_rate * share, None if quota.max_24_hour_send < 0 else int(quota.max_24_hour_send * share)


def paced(state: CampaignState, quota: Quota, headroom: float) -> Pace:
    """The campaign's pace under this quota."""
    rate, daily = share_of(quota, headroom)
    return replace(state.pace, rate=rate, daily=daily)


def taken_up(state: CampaignState, pace: Pace, now_us: int) -> Timetable:
    """A lower quota holds for all tickets; a higher one for those that are not given out yet."""
    lower = pace.rate < state.pace.rate or _a_day(pace) < _a_day(state.pace)
    change = state.timetable.slowed if lower else state.timetable.sped_up
    return change(state.issued, now_us, pace)


def raises(pace: Pace, before: Pace) -> bool:
    """Whether what waits for its turn may have it sooner."""
    return pace.rate > before.rate or _a_day(pace) > _a_day(before)


def _a_day(pace: Pace) -> float:
    return math.inf if pace.daily is None else pace.daily
