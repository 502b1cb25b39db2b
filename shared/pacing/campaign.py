"""The campaign's one control item: how fast it may go, what is planned, whether it runs."""

import math
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import StoreUnavailableError
from shared.pacing import lateness
from shared.pacing.campaign_state import CampaignState, campaign_state, quota_attributes, timetable_attributes
from shared.pacing.pace import LOWEST_SHARE, SECOND_US, Pace, Quota
from shared.pacing.timetable import Timetable
from shared.store import Item, Store, Term, Write
from shared.times import Clock, from_micros, to_micros, to_text

KEY = {"name": "campaign"}
CACHE_FOR = timedelta(seconds=2)
HORIZON = timedelta(days=3)
"""How far ahead slots are planned. What finds none stays PENDING and is nudged later."""
OPEN_ORDERS = 500_000
"""Executions to have open at once: half of what an account may (source: Step Functions quotas)."""
LEAD_US = 4 * SECOND_US
"""From the plan to the first slot: time to claim, to start an execution, and to wake up a function."""
BACK_OFF = timedelta(minutes=15)
"""How long to plan nothing after SES said that the day's quota is spent (others use the account as well), or took
nothing.
"""
REJECTED_AT_LEAST = 50
REJECTED_SHARE = 0.2
REJECTED_WITHIN_US = 1800 * SECOND_US
"""Rejections within half an hour, and their share of the slots in it, from which on the campaign pauses itself."""
ONE_REFUSAL_BELOW, ONE_REFUSAL_US = 20.0, 5 * SECOND_US
"""Below so many mails a second one refusal slows nothing down, unless another came not longer ago than this. A mail that is tried
again comes on top as well, some seconds later, and may be the cause of the next refusal.
"""
MICROSECOND = timedelta(microseconds=1)
_TRIES = 12


@dataclass(frozen=True)
class Plan:
    """Tickets that follow on each other, and their slots as they are planned now; none if none may be given out."""

    first_ticket: int
    slots: tuple[datetime, ...]
    leads: tuple[timedelta, ...]
    """So much before each slot an order wakes up, because wake-ups come late."""

    @property
    def tickets(self) -> range:
        return range(self.first_ticket, self.first_ticket + len(self.slots))


class Campaign:
    """Tickets are given out by adding to a counter. Every other change is conditional on the revision that it was
    computed from, and computed again if that is gone.
    """

    def __init__(self, store: Store, clock: Clock, read_quota: Callable[[], Quota], headroom: float) -> None:
        self._store = store
        self._clock = clock
        self._read_quota = read_quota
        self._headroom = headroom
        self._cached: tuple[datetime, CampaignState] | None = None

    def state(self) -> CampaignState:
        """As it stands now. The first to ask on a new stack writes the item, from the account's quota."""
        state = self.begun()
        if state is None:
            self._create(self._read_quota())
            state = self.begun()
        if state is None:
            raise StoreUnavailableError("the campaign's control item was written and can't be read")
        return state

    def begun(self) -> CampaignState | None:
        """As it stands now; None on a new stack, while nobody has asked for its state."""
        item = self._store.get(KEY)
        if item is None:
            return None
        state = campaign_state(item)
        self._cached = (self._clock(), state)
        return state

    def recent_state(self) -> CampaignState:
        """As it stood at most two seconds ago: for a check before each of many sends."""
        if self._cached and abs(self._clock() - self._cached[0]) < CACHE_FOR:
            return self._cached[1]
        return self.state()

    def reserve(
        self,
        count: int,
        *,
        streamed_up_to: datetime | None = None,
        waiting_at_most: float = math.inf,
        lead_us: int = LEAD_US,
    ) -> Plan:
        """Gives out `count` tickets to the caller alone, or none: while the campaign is halted, when slots are three days
        ahead, when `waiting_at_most` tickets wait for theirs.

        An addition to a counter, so that any number may plan at once. A plan whose taker dies costs only its own slots.
        """
        for attempt in range(_TRIES):
            state, now_us = self.state(), to_micros(self._clock())
            sets = _newer(state, streamed_up_to)
            if state.halted(self._clock()) is not None or not _room(state, count, now_us, waiting_at_most):
                self._store.write(Write(KEY, sets=sets)) if sets else None
                return Plan(0, (), ())
            if state.timetable.slot(state.issued) < now_us + lead_us:
                restarted = state.timetable.restarted(state.issued, now_us + lead_us)
                sets = {**sets, **timetable_attributes(restarted), "late_run": 0, "revision": state.revision + 1}
            unchanged = Term("revision", "equals", state.revision)
            answer = self._store.write(Write(KEY, ((unchanged,),), sets, adds={"issued": count}))
            if answer.won and answer.item is not None:
                state = campaign_state(answer.item)
                self._cached = (self._clock(), state)
                first = state.issued - count
                slots = [state.timetable.slot(first + number) for number in range(count)]
                leads = tuple(lateness.lead_us(state, slot) * MICROSECOND for slot in slots)
                return Plan(first, tuple(map(from_micros, slots)), leads)
            _give_way(attempt)
        raise StoreUnavailableError(f"{_TRIES} other changes of the campaign came between; too many plan at once")

    def catch_up(self, ticket: int, wake_late_us: int) -> lateness.Place | None:
        """When a mail that comes too late for its ticket's slot may ask SES. None: not soon.

        A place in the lane is an addition to a counter, as a ticket is.
        """
        for attempt in range(_TRIES):
            state, now_us = self.state(), to_micros(self._clock())
            place = lateness.place(state, ticket, wake_late_us, now_us)
            if place is None or place.taken:
                return place
            unchanged = Term("revision", "equals", state.revision)
            sets = {**place.sets, **({"revision": state.revision + 1} if place.moves else {})}
            answer = self._store.write(Write(KEY, ((unchanged,),), sets, adds=place.adds))
            if answer.won and answer.item is not None:
                state = campaign_state(answer.item)
                self._cached = (self._clock(), state)
                if place.in_lane:  # others may have taken places since it was looked for
                    place = replace(place, at_us=max(now_us, lateness.lane_us(state, state.lane.issued - 1, now_us)))
                return place
            _give_way(attempt)
        raise StoreUnavailableError(f"{_TRIES} other changes of the campaign came between; too many are late at once")

    def came_in_time(self, ticket: int, asked_us: int, wake_late_us: int) -> None:
        """SES was asked for this ticket's mail. A few of those that were asked for in their own slot tell it each second, for
        the late ones to know that not everybody is late; nothing is written where nobody was.
        """
        state = self._cached[1] if self._cached else self.state()
        if state.pace.rate < lateness.FEW:
            state = self.state()
        if not lateness.gives_sign(state.pace, ticket) or state.timetable.slot(ticket) != asked_us:
            return
        told = lateness.sign(state, wake_late_us)
        if told:
            self._store.write(Write(KEY, ((Term("revision", "exists"),),), told))

    def forecast(self) -> Callable[[int], datetime]:
        """When the n-th message from now on will be sent, as things are now; as late as can be planned at the latest."""
        state, now_us = self.state(), to_micros(self._clock())
        timetable, latest_us = state.timetable, now_us + HORIZON // MICROSECOND
        if timetable.slot(state.issued) < now_us:
            timetable = timetable.restarted(state.issued, now_us)
        return lambda number: from_micros(min(timetable.slot(state.issued + number), latest_us))

    def slow_down(self) -> None:
        """SES refused for its rate: everybody goes slower for a while, also those who hold a ticket.

        Where few mails go out, a late one that comes on top is enough for one refusal: there it takes two.
        """

        def slowed(state: CampaignState, now: datetime) -> Item:
            if state.pace.rate < ONE_REFUSAL_BELOW and to_micros(now) - state.refused_at_us > ONE_REFUSAL_US:
                return {"refused_at_us": to_micros(now)}
            pace = state.pace.slower(to_micros(now))
            if pace is state.pace:
                return {}
            slower = state.timetable.slowed(state.issued, to_micros(now), pace)
            return {**timetable_attributes(slower), "refused_at_us": to_micros(now)}

        self._change(slowed)

    def refresh_quota(self) -> Quota:
        """Takes up the account's quota as it is now. A lower one holds for all; a higher one for those without a ticket."""
        quota = self._read_quota()

        def refreshed(state: CampaignState, now: datetime) -> Item:
            rate, daily = self._limits(quota)
            pace = replace(state.pace, rate=rate, daily=daily)
            if quota == state.quota and pace == state.pace:
                return {}
            lower = pace.rate < state.pace.rate or _a_day(pace) < _a_day(state.pace)
            change = state.timetable.slowed if lower else state.timetable.sped_up
            timetable = change(state.issued, to_micros(now), pace)
            return {**timetable_attributes(timetable), **quota_attributes(quota)}

        self._change(refreshed)
        return quota

    def pause(self, reason: str) -> None:
        """Nothing is claimed or sent until `resume`. Nothing is lost: messages stay, or become, PENDING."""

        def paused(state: CampaignState, now: datetime) -> Item:
            return {} if state.paused else {"paused": reason, "paused_at": to_text(now)}

        self._change(paused)

    def resume(self) -> None:
        """Goes on. Slots that are over are lost, those ahead are kept; the sweeper brings the waiting messages back."""

        def resumed(state: CampaignState, now: datetime) -> Item:
            return {"paused": "", "rejected": 0, "resumed_at": to_text(now)} if state.paused else {}

        self._change(resumed)

    def fed(self, halt_ended_at: datetime) -> None:
        """No message waits any more because of the halt that ended then."""
        self._store.write(Write(KEY, ((Term("revision", "exists"),),), {"fed_for": to_text(halt_ended_at)}))

    def back_off(self, reason: str) -> None:
        """Plans and sends nothing for a while. Goes on by itself."""

        def backed_off(state: CampaignState, now: datetime) -> Item:
            if state.halted(now) is not None:
                return {}
            return {"backs_off_until": to_text(now + BACK_OFF), "back_off_reason": reason}

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
        now_us = to_micros(self._clock())
        window = now_us // REJECTED_WITHIN_US
        counting = Write(KEY, ((Term("rejected_in", "equals", window),),), adds={"rejected": 1})
        answer = self._store.write(counting)
        if not answer.won:
            fresh = (Term("rejected_in", "differs", window), Term("revision", "exists"))
            answer = self._store.write(Write(KEY, (fresh,), {"rejected_in": window, "rejected": 1}))
        if not answer.won or answer.item is None:
            return  # another one began the window at the same time: this one is not counted
        state, rejected = campaign_state(answer.item), answer.item["rejected"]
        planned = state.timetable.count(state.issued, window * REJECTED_WITHIN_US, now_us)
        if rejected >= REJECTED_AT_LEAST and rejected > planned * REJECTED_SHARE:
            self.pause(f"{rejected} of some {planned} messages were rejected within half an hour; the last: {reason}")

    def probe(self, after: timedelta) -> bool:
        """Whether the caller is to nudge one message, to learn how far the stream is: for so long nobody has."""
        now, probe = self._clock(), secrets.token_hex(8)
        never = (Term("revision", "exists"), Term("probed_at", "absent"))
        long_ago = (Term("probed_at", "before", to_text(now - after)),)
        answer = self._store.write(Write(KEY, (never, long_ago), {"probed_at": to_text(now), "probe": probe}))
        return answer.won or (answer.item or {}).get("probe") == probe  # won, and the SDK has repeated the write

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
            _give_way(attempt)
        raise StoreUnavailableError(f"{_TRIES} other changes of the campaign came between")

    def _create(self, quota: Quota) -> None:
        rate, daily = self._limits(quota)
        timetable = Timetable(Pace(rate, daily))
        attributes = {
            **timetable_attributes(timetable),
            **quota_attributes(quota),
            "issued": 0,
            "revision": 1,
            "paused": "",
        }
        self._store.write(Write(KEY, ((Term("revision", "absent"),),), attributes))

    def _limits(self, quota: Quota) -> tuple[float, int | None]:
        """Rate and day's quota, less the share that is left to the account's other senders."""
        share = 1 - self._headroom
        return quota.max_send_rate * share, None if quota.max_24_hour_send < 0 else int(quota.max_24_hour_send * share)


def _room(state: CampaignState, count: int, now_us: int, waiting_at_most: float) -> bool:
    if state.timetable.slot(state.issued + count - 1) > now_us + HORIZON // MICROSECOND:
        return False
    return state.timetable.count(state.issued, now_us) + count <= waiting_at_most


def _a_day(pace: Pace) -> float:
    return math.inf if pace.daily is None else pace.daily


def _newer(state: CampaignState, streamed_up_to: datetime | None) -> Item:
    if streamed_up_to is None or (state.streamed_up_to is not None and streamed_up_to <= state.streamed_up_to):
        return {}
    return {"streamed_up_to": to_text(streamed_up_to)}


def _give_way(attempt: int) -> None:
    """With full jitter: the others have just lost as well."""
    time.sleep(random.uniform(0, 0.01 * 2 ** min(attempt, 6)))
