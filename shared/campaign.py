"""The campaign's one control item: how fast it may go, what is planned, whether it runs. Every plan names its
`epoch`.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import StoreUnavailableError
from shared.pacing import Pace, Quota, plan, restart, slow_down
from shared.times import Clock, from_micros, from_text, to_micros, to_text
from shared.writes import Item, Store, Term, Write

KEY = {"name": "campaign"}
CACHE_FOR = timedelta(seconds=2)
HORIZON = timedelta(days=2)
"""How far ahead slots are planned. What finds none stays PENDING and is nudged later."""
DAY_SPENT_PAUSE = timedelta(minutes=15)
"""How long to plan nothing after SES said that the day's quota is spent: others use the account as well."""
MICROSECOND = timedelta(microseconds=1)
_TRIES = 12


@dataclass(frozen=True)
class CampaignState:
    """The control item, read."""

    pace: Pace
    epoch: int
    revision: int
    quota: Quota
    paused: str | None
    """Why it is paused; None: it runs."""
    day_spent_until: datetime | None
    streamed_up_to: datetime | None
    """Creation time of the newest stream record that `claim` has seen."""

    def runs(self, now: datetime) -> bool:
        return self.paused is None and not (self.day_spent_until and now < self.day_spent_until)


@dataclass(frozen=True)
class Plan:
    """Slots in rising order, possibly fewer than asked for, and the epoch that they belong to."""

    slots: tuple[datetime, ...]
    epoch: int


class Campaign:
    """Optimistic: every change is conditional on the revision that it was computed from, and computed again if that
    is gone.
    """

    def __init__(self, store: Store, clock: Clock, read_quota: Callable[[], Quota], headroom: float) -> None:
        self._store = store
        self._clock = clock
        self._read_quota = read_quota
        self._headroom = headroom
        self._cached: tuple[datetime, CampaignState] | None = None

    def state(self) -> CampaignState:
        """As it stands now. The first to ask on a new stack writes the item, from the account's quota."""
        item = self._store.get(KEY)
        if item is None:
            self._create(self._read_quota())
            item = self._store.get(KEY)
        if item is None:
            raise StoreUnavailableError("the campaign's control item was written and can't be read")
        state = _from_item(item)
        self._cached = (self._clock(), state)
        return state

    def recent_state(self) -> CampaignState:
        """As it stood at most two seconds ago: for a check before each of many sends."""
        if self._cached and abs(self._clock() - self._cached[0]) < CACHE_FOR:
            return self._cached[1]
        return self.state()

    def reserve(self, count: int, streamed_up_to: datetime | None = None) -> Plan:
        """Takes up to `count` slots for the caller alone. None while the campaign is paused or the day is spent.

        Raises StoreUnavailableError when too many others plan at once. A plan whose taker dies costs only its own
        slots.
        """
        reserved = Plan((), 0)

        def take(state: CampaignState, now: datetime) -> Item:
            nonlocal reserved
            changes: Item = {}
            slots: list[int] = []
            if state.runs(now):
                slots, pace = plan(state.pace, count, to_micros(now), HORIZON // MICROSECOND)
                changes = _pace_attributes(pace)
            reserved = Plan(tuple(from_micros(slot) for slot in slots), state.epoch)
            if streamed_up_to and (state.streamed_up_to is None or streamed_up_to > state.streamed_up_to):
                changes["streamed_up_to"] = to_text(streamed_up_to)
            return changes

        self._change(take)
        return reserved

    def slow_down(self) -> None:
        """SES refused for its rate: everybody goes slower for a while, also those who hold a slot."""

        def slowed(state: CampaignState, now: datetime) -> Item:
            pace = slow_down(state.pace, to_micros(now))
            return {} if pace == state.pace else {**_pace_attributes(pace), "epoch": state.epoch + 1}

        self._change(slowed)

    def refresh_quota(self) -> Quota:
        """Takes up the account's quota as it is now. A change reaches also those who hold a slot."""
        quota = self._read_quota()

        def refreshed(state: CampaignState, now: datetime) -> Item:
            limited = _limited(state.pace, quota, self._headroom)
            if quota == state.quota and limited == state.pace:
                return {}
            pace = restart(limited, to_micros(now))
            return {**_pace_attributes(pace), **_quota_attributes(quota), "epoch": state.epoch + 1}

        self._change(refreshed)
        return quota

    def pause(self, reason: str) -> None:
        """Nothing is claimed or sent until `resume`. Nothing is lost: messages stay, or become, PENDING."""

        def paused(state: CampaignState, now: datetime) -> Item:
            return {} if state.paused else {"paused": reason, "paused_at": to_text(now), "epoch": state.epoch + 1}

        self._change(paused)

    def resume(self) -> None:
        """Goes on. The sweeper brings the waiting messages back."""

        def resumed(state: CampaignState, now: datetime) -> Item:
            if not state.paused:
                return {}
            return {**_pace_attributes(restart(state.pace, to_micros(now))), "paused": "", "epoch": state.epoch + 1}

        self._change(resumed)

    def day_spent(self) -> None:
        """SES refused for the 24-hour quota: plan nothing for a while, and give the slots that are planned back."""

        def spent(state: CampaignState, now: datetime) -> Item:
            if not state.runs(now):
                return {}
            pace = restart(state.pace, to_micros(now))
            until = to_text(now + DAY_SPENT_PAUSE)
            return {**_pace_attributes(pace), "day_spent_until": until, "epoch": state.epoch + 1}

        self._change(spent)

    def _change(self, compute: Callable[[CampaignState, datetime], Item]) -> None:
        """Writes what `compute` makes of the present state (nothing, if it makes nothing), until no other change came
        between.
        """
        for attempt in range(_TRIES):
            state = self.state()
            changes = compute(state, self._clock())
            if not changes:
                return
            unchanged = Term("revision", "equals", state.revision)
            if self._store.write(Write(KEY, ((unchanged,),), {**changes, "revision": state.revision + 1})).won:
                return
            time.sleep(random.uniform(0, 0.01 * 2 ** min(attempt, 6)))  # full jitter: the others have just lost as well
        raise StoreUnavailableError(f"{_TRIES} other changes of the campaign came between; too many plan at once")

    def _create(self, quota: Quota) -> None:
        pace = _limited(Pace(rate=1.0, daily=None), quota, self._headroom)
        attributes = {**_pace_attributes(pace), **_quota_attributes(quota), "epoch": 1, "revision": 1, "paused": ""}
        self._store.write(Write(KEY, ((Term("revision", "absent"),),), attributes))


def _limited(pace: Pace, quota: Quota, headroom: float) -> Pace:
    daily = None if quota.max_24_hour_send < 0 else int(quota.max_24_hour_send * (1 - headroom))
    return replace(pace, rate=quota.max_send_rate * (1 - headroom), daily=daily)


def _pace_attributes(pace: Pace) -> Item:
    return {
        "rate": pace.rate,
        "daily": -1 if pace.daily is None else pace.daily,
        "tat_us": pace.tat_us,
        "share": pace.share,
        "slowed_at_us": pace.slowed_at_us,
        "planned": {str(number): taken for number, taken in pace.buckets.items()},
    }


def _quota_attributes(quota: Quota) -> Item:
    return {"max_send_rate": quota.max_send_rate, "max_24_hour_send": quota.max_24_hour_send}


def _from_item(item: Item) -> CampaignState:
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
        day_spent_until=_instant(item, "day_spent_until"),
        streamed_up_to=_instant(item, "streamed_up_to"),
    )


def _instant(item: Item, name: str) -> datetime | None:
    return from_text(item[name]) if name in item else None
