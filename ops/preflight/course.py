"""When a month would be sent: the campaign's own timetable, asked for the slots of messages that are not there yet. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.pacing.campaign_state import CampaignState
from shared.pacing.pace import Pace, Quota
from shared.pacing.plan import LEAD_US
from shared.pacing.quota import paced, share_of, taken_up
from shared.pacing.timetable import DAY_US, NEVER_US, Leg, Timetable
from shared.times import from_micros, to_micros


@dataclass(frozen=True)
class Course:
    """From the first message's slot to the last one's."""

    start: datetime
    """Of the production."""
    done: datetime | None
    """None: the pace stands still."""

    @property
    def takes(self) -> timedelta | None:
        return None if self.done is None else self.done - self.start


@dataclass(frozen=True)
class Line:
    """The line that new messages would join, and the tickets in it."""

    timetable: Timetable
    issued: int

    def course(self, messages: int, start: datetime) -> Course:
        """So many messages, produced from `start` on."""
        if messages < 1:
            return Course(start, start)
        start_us, at = to_micros(start) + LEAD_US, self.timetable
        line = replace(at, cut=self.issued, cut_us=max(start_us, at.cut_us))
        last_us = line.slot(self.issued + messages - 1)
        return Course(start, None if last_us >= NEVER_US else from_micros(last_us))


def line_now(state: CampaignState | None, quota: Quota, headroom: float, sent: float, now: datetime) -> Line:
    """As the run would find it: at the account's quota of now, behind the tickets that are given out. `sent`: by the whole
    account in the last 24 hours. What others have sent of it beyond their share is taken as sent just now: nobody tells when.
    """
    now_us = to_micros(now)
    if state is None:
        pace, timetable, issued = Pace(*share_of(quota, headroom)), Timetable(Pace(*share_of(quota, headroom))), 0
    else:
        pace, issued = paced(state, quota, headroom), state.issued
        timetable = taken_up(state, pace, now_us)
    if pace.stands_still:
        return Line(timetable, issued)
    ours = timetable.count(issued, now_us - DAY_US, now_us)
    others = 0 if pace.daily is None else max(0, int(sent - ours - quota.max_24_hour_send * headroom))
    frozen = timetable.sped_up(issued, now_us, pace)
    fixed = (*frozen.fixed, *((Leg(issued, now_us, 0, others),) if others else ()))
    return Line(Timetable(pace, issued + others, frozen.cut_us, fixed), issued + others)
