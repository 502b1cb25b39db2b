"""The campaign's control item, as attributes and read: pace, quota, whether it runs."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.pacing import Pace, Quota
from shared.times import from_text
from shared.writes import Item


@dataclass(frozen=True)
class CampaignState:
    """The control item, read."""

    pace: Pace
    epoch: int
    """Grows with each change that slots planned before must not outlive."""
    revision: int
    """Grows with each change that was computed from what was there before."""
    quota: Quota
    paused: str | None
    """Why it is paused; None: it is not. Only an operator resumes it."""
    backs_off_until: datetime | None
    back_off_reason: str
    streamed_up_to: datetime | None
    """Creation time of the newest stream record that `claim` has seen."""

    def halted(self, now: datetime) -> str | None:
        """Why nothing is claimed or sent now; None: the campaign runs."""
        if self.paused is not None:
            return self.paused
        return self.back_off_reason if self.backs_off_until and now < self.backs_off_until else None


def campaign_state(item: Item) -> CampaignState:
    pace = Pace(
        rate=item["rate"],
        daily=None if item["daily"] < 0 else item["daily"],
        tat_us=item["tat_us"],
        share=item["share"],
        slowed_at_us=item["slowed_at_us"],
        buckets={int(number): taken for number, taken in item["planned"].items()},
    )
    return CampaignState(
        pace=pace,
        epoch=item["epoch"],
        revision=item["revision"],
        quota=Quota(item["max_send_rate"], item["max_24_hour_send"]),
        paused=item["paused"] or None,
        backs_off_until=_instant(item, "backs_off_until"),
        back_off_reason=item.get("back_off_reason", ""),
        streamed_up_to=_instant(item, "streamed_up_to"),
    )


def limited(pace: Pace, quota: Quota, headroom: float) -> Pace:
    """The pace under this quota, less the share that is left to the account's other senders."""
    daily = None if quota.max_24_hour_send < 0 else int(quota.max_24_hour_send * (1 - headroom))
    return replace(pace, rate=quota.max_send_rate * (1 - headroom), daily=daily)


def pace_attributes(pace: Pace) -> Item:
    return {
        "rate": pace.rate,
        "daily": -1 if pace.daily is None else pace.daily,
        "tat_us": pace.tat_us,
        "share": pace.share,
        "slowed_at_us": pace.slowed_at_us,
        "planned": {str(number): taken for number, taken in pace.buckets.items()},
    }


def quota_attributes(quota: Quota) -> Item:
    return {"max_send_rate": quota.max_send_rate, "max_24_hour_send": quota.max_24_hour_send}


def _instant(item: Item, name: str) -> datetime | None:
    return from_text(item[name]) if name in item else None
