"""The campaign's control item, as attributes and read: pace, timetable, quota, whether it runs."""

import math
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from shared.pacing.pace import Pace, Quota
from shared.pacing.timetable import Leg, Timetable
from shared.store import Item
from shared.times import from_text, to_micros

LINE = timedelta(minutes=15)
"""What the sweeper brings back after a halt: messages for so long at the pace, which is longer than to its next sweeps."""
LINE_AT_FIRST = timedelta(minutes=1)


@dataclass(frozen=True)
class Lane:
    """The slots that are kept for mails that came too late, a line of their own: the place of number `cut` in it is at
    `cut_us`, and one lane interval lies between two (`lateness`).
    """

    issued: int = 0
    """Places given out so far."""
    cut: int = 0
    cut_us: int = 0


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
    resumed_at: datetime | None
    """When an operator last resumed it."""
    raised_at: datetime | None
    """When the account's quota last rose."""
    counted_from: int
    """The first ticket since then: whose mails the reputation's counts are about."""
    fed_for: datetime | None
    """The end of the last halt of which every message is brought back."""
    lane: Lane
    late_run: int
    """Mails that came too late since the last one that is known to have come in time."""
    late_first: int
    """The first ticket of these, as far as is known."""
    gave_way: int
    """How often the timetable gave way to a single late mail since `gave_way_since_us`."""
    gave_way_since_us: int
    refused: int
    """How often SES has refused for its rate since `refused_at_us`."""
    refused_at_us: int
    wake_late_us: int
    """How late the last wake-up came of which a send told: so much earlier new orders wake up."""

    @property
    def pace(self) -> Pace:
        return self.timetable.pace

    def halted(self, now: datetime) -> str | None:
        """Why nothing is claimed or sent now; None: the campaign runs."""
        if self.paused is not None:
            return self.paused
        return self.back_off_reason if self.backs_off_until and now < self.backs_off_until else None

    def halt_to_feed(self, now: datetime) -> datetime | None:
        """When the last halt ended, if messages that it left PENDING may still wait; None while a halt lasts. A quota that
        rises ends one, too: what waits for its turn may have it sooner.
        """
        ends = (self.resumed_at, self.backs_off_until, self.raised_at)
        ended_at = max((at for at in ends if at is not None), default=None)
        return None if self.halted(now) is not None or ended_at == self.fed_for else ended_at

    def slots_over(self, now: datetime) -> int:
        """Tickets whose slot is over, which is the number of the first one that is not."""
        return self.issued - self.timetable.count(self.issued, to_micros(now))

    def room(self, now: datetime) -> int:
        """How many more messages the line needs, for the campaign to go at its full pace for a while.

        After a back-off the line grows with the time that it has gone well: it is not known yet whether SES takes mails again.
        After a pause, the person who resumes does.
        """
        if self.pace.stands_still:
            return 0
        now_us, ahead = to_micros(now), LINE
        ended_at = self.halt_to_feed(now)
        if ended_at is not None and ended_at == self.backs_off_until:
            ahead = min(LINE, LINE_AT_FIRST + max(timedelta(), now - ended_at))
        until_us, timetable = to_micros(now + ahead), self.timetable
        if timetable.slot(self.issued) < now_us:
            timetable = timetable.restarted(self.issued, now_us)
        more = self.issued + math.ceil(self.pace.rate * ahead.total_seconds())
        return timetable.count(more, now_us, until_us) - timetable.count(self.issued, now_us, until_us)


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
        resumed_at=_instant(item, "resumed_at"),
        raised_at=_instant(item, "raised_at"),
        counted_from=item.get("counted_from", 0),
        fed_for=_instant(item, "fed_for"),
        lane=Lane(item.get("late", 0), item.get("lane_cut", 0), item.get("lane_cut_us", 0)),
        late_run=item.get("late_run", 0),
        gave_way=item.get("gave_way", 0),
        gave_way_since_us=item.get("gave_way_since_us", 0),
        refused=item.get("refused", 0),
        refused_at_us=item.get("refused_at_us", 0),
        late_first=item.get("late_first", 0),
        wake_late_us=item.get("wake_late_us", 0),
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
