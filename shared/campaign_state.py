"""The campaign's control item, as attributes and read: pace, timetable, quota, whether it runs."""

from dataclasses import astuple, dataclass
from datetime import datetime

from shared.pacing import Pace, Quota
from shared.times import from_text
from shared.timetable import Leg, Timetable
from shared.writes import Item


@dataclass(frozen=True)
class CampaignState:
    """The control item, read."""

    timetable: Timetable
    issued: int
    """Tickets given out so far, which is the next ticket's number."""
    revision: int
    """Grows with each change but the giving out of tickets."""
    quota: Quota
    paused: str | None
    """Why it is paused; None: it is not. Only an operator resumes it."""
    backs_off_until: datetime | None
    back_off_reason: str
    streamed_up_to: datetime | None
    """Creation time of the newest stream record that `claim` has seen."""
    probed_at: datetime | None
    """When the sweeper last nudged a message to learn how far the stream is."""

    @property
    def pace(self) -> Pace:
        return self.timetable.pace

    def halted(self, now: datetime) -> str | None:
        """Why nothing is claimed or sent now; None: the campaign runs."""
        if self.paused is not None:
            return self.paused
        return self.back_off_reason if self.backs_off_until and now < self.backs_off_until else None


def campaign_state(item: Item) -> CampaignState:
    pace = Pace(
        rate=item["rate"],
        daily=None if item["daily"] < 0 else item["daily"],
        share=item["share"],
        slowed_at_us=item["slowed_at_us"],
    )
    return CampaignState(
        timetable=Timetable(pace, item["cut"], item["cut_us"], tuple(Leg(*leg) for leg in item["legs"])),
        issued=item["issued"],
        revision=item["revision"],
        quota=Quota(item["max_send_rate"], item["max_24_hour_send"]),
        paused=item["paused"] or None,
        backs_off_until=_instant(item, "backs_off_until"),
        back_off_reason=item.get("back_off_reason", ""),
        streamed_up_to=_instant(item, "streamed_up_to"),
        probed_at=_instant(item, "probed_at"),
    )


def timetable_attributes(timetable: Timetable) -> Item:
    """All but `issued`, which is only ever added to."""
    pace = timetable.pace
    return {
        "rate": pace.rate,
        "daily": -1 if pace.daily is None else pace.daily,
        "share": pace.share,
        "slowed_at_us": pace.slowed_at_us,
        "cut": timetable.cut,
        "cut_us": timetable.cut_us,
        "legs": [list(astuple(leg)) for leg in timetable.fixed],
    }


def quota_attributes(quota: Quota) -> Item:
    return {"max_send_rate": quota.max_send_rate, "max_24_hour_send": quota.max_24_hour_send}


def _instant(item: Item, name: str) -> datetime | None:
    return from_text(item[name]) if name in item else None
