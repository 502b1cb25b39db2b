"""The campaign's one control item: how fast it may go, what is planned, whether it runs. Every plan names its
`epoch`.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.campaign_state import CampaignState, campaign_state, limited, pace_attributes, quota_attributes
from shared.errors import StoreUnavailableError
from shared.pacing import BUCKET_US, LOWEST_SHARE, Pace, Quota, plan, restart, slow_down
from shared.times import Clock, from_micros, to_micros, to_text
from shared.writes import Item, Store, Term, Write

KEY = {"name": "campaign"}
CACHE_FOR = timedelta(seconds=2)
HORIZON = timedelta(days=2)
"""How far ahead slots are planned. What finds none stays PENDING and is nudged later."""
BACK_OFF = timedelta(minutes=15)
"""How long to plan nothing after SES said that the day's quota is spent (others use the account as well), or took
nothing.
"""
REJECTED_AT_LEAST = 50
REJECTED_SHARE = 0.2
"""Rejections within half an hour, and their share of the slots in it, from which on the campaign pauses itself."""
MICROSECOND = timedelta(microseconds=1)
_TRIES = 12


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
        state = campaign_state(item)
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
            if state.halted(now) is None:
                slots, pace = plan(state.pace, count, to_micros(now), HORIZON // MICROSECOND)
                changes = pace_attributes(pace)
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
            return {} if pace == state.pace else {**pace_attributes(pace), "epoch": state.epoch + 1}

        self._change(slowed)

    def refresh_quota(self) -> Quota:
        """Takes up the account's quota as it is now. A change reaches also those who hold a slot."""
        quota = self._read_quota()

        def refreshed(state: CampaignState, now: datetime) -> Item:
            pace = limited(state.pace, quota, self._headroom)
            if quota == state.quota and pace == state.pace:
                return {}
            pace = restart(pace, to_micros(now))
            return {**pace_attributes(pace), **quota_attributes(quota), "epoch": state.epoch + 1}

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
            pace = pace_attributes(restart(state.pace, to_micros(now)))
            return {**pace, "paused": "", "rejected": 0, "epoch": state.epoch + 1}

        self._change(resumed)

    def back_off(self, reason: str) -> None:
        """Plans nothing for a while, and gives the slots that are planned back. Goes on by itself."""

        def backed_off(state: CampaignState, now: datetime) -> Item:
            if state.halted(now) is not None:
                return {}
            pace = restart(state.pace, to_micros(now))
            until = {"backs_off_until": to_text(now + BACK_OFF), "back_off_reason": reason}
            return {**pace_attributes(pace), **until, "epoch": state.epoch + 1}

        self._change(backed_off)

    def back_off_if_slowest(self, reason: str) -> None:
        """A message was refused until its retries were used up. That is its own bad luck, unless everybody goes as
        slowly as can be: then SES takes nothing at all.
        """
        pace = self.state().pace
        if pace.share_at(to_micros(self._clock())) < 2 * LOWEST_SHARE:
            self.back_off(reason)

    def count_rejection(self, reason: str) -> None:
        """SES refused a message for good. Where it refuses many of all, something is wrong with all: pauses."""
        bucket = to_micros(self._clock()) // BUCKET_US
        counting = Write(KEY, ((Term("rejected_in", "equals", bucket),),), adds={"rejected": 1})
        answer = self._store.write(counting)
        if not answer.won:
            first = {"rejected_in": bucket, "rejected": 1}
            fresh = (Term("rejected_in", "differs", bucket), Term("revision", "exists"))
            answer = self._store.write(Write(KEY, (fresh,), first))
        item = answer.item or {}
        rejected, planned = item.get("rejected", 0), item.get("planned", {}).get(str(bucket), 0)
        if rejected >= REJECTED_AT_LEAST and rejected > planned * REJECTED_SHARE:
            self.pause(f"{rejected} of some {planned} messages were rejected within half an hour; the last: {reason}")

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
        pace = limited(Pace(rate=1.0, daily=None), quota, self._headroom)
        attributes = {**pace_attributes(pace), **quota_attributes(quota), "epoch": 1, "revision": 1, "paused": ""}
        self._store.write(Write(KEY, ((Term("revision", "absent"),),), attributes))
