"""The campaign: how fast it may go, what is planned, whether it runs."""

import math
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from shared.pacing import lateness
from shared.pacing.campaign_state import CampaignState, campaign_state, quota_attributes, timetable_attributes
from shared.pacing.control_item import EXISTS, ControlItem
from shared.pacing.pace import LOWEST_SHARE, MICROSECOND, SECOND_US, Pace, Quota
from shared.pacing.plan import HORIZON, LEAD_US, NOTHING, Plan, room_for
from shared.pacing.quota import paced, raises, share_of, taken_up
from shared.pacing.timetable import Leg, Timetable
from shared.store import Item, Store, Term
from shared.times import Clock, from_micros, to_micros, to_text

A_YEAR = timedelta(days=365)
BACK_OFF = timedelta(minutes=15)
"""How long to plan nothing after SES said that the day's quota is spent (others use the account as well), or took
nothing.
"""
REJECTED_AT_LEAST = 50
REJECTED_SHARE = 0.2
REJECTED_WITHIN_US = 1800 * SECOND_US
"""Rejections within half an hour, and their share of the slots in it, from which on the campaign pauses itself."""
REFUSED_S, REFUSED_AT_LEAST, REFUSED_AT_MOST = 0.1, 2, 5
REFUSED_WITHIN_US = 5 * SECOND_US
"""From so many refusals within five seconds on, all go slower: a tenth of a second's worth, two at least and five at most. Fewer
are mails that came late, as where all workers died, and found the burst used up that SES tolerates: they alone came too soon.
"""


class Campaign:
    """What the functions and the operator do with the campaign. Every method may raise StoreUnavailableError."""

    def __init__(self, store: Store, clock: Clock, read_quota: Callable[[], Quota], headroom: float) -> None:
        self._clock = clock
        self._read_quota = read_quota
        self._headroom = headroom
        self._item = ControlItem(store, clock, self._first)

    def state(self) -> CampaignState:
        """As it stands now. The first to ask on a new stack begins the campaign, with the account's quota."""
        return self._item.state()

    def begun(self) -> CampaignState | None:
        """As it stands now; None on a new stack, until its state is asked for."""
        return self._item.begun()

    def recent_state(self) -> CampaignState:
        """As it stood at most two seconds ago: for a check before each of many sends."""
        return self._item.recent_state()

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
        for state in self._item.tries("too many plan at once"):
            now_us, sets = to_micros(self._clock()), _newer(state, streamed_up_to)
            if state.halted(self._clock()) is not None or not room_for(count, state, now_us, waiting_at_most):
                self._item.write(sets) if sets else None
                break
            if state.timetable.slot(state.issued) < now_us + lead_us:
                restarted = state.timetable.restarted(state.issued, now_us + lead_us)
                sets = {**sets, **timetable_attributes(restarted), "late_run": 0, "revision": state.revision + 1}
            if taken := self._item.take({"issued": count}, sets, state):
                return Plan.of_last(count, taken)
        return NOTHING

    def catch_up(self, ticket: int, wake_late_us: int | None) -> lateness.Place | None:
        """When a mail that comes too late for its ticket's slot may ask SES. None: not soon. `wake_late_us`: as `lateness.place`.

        A place in the lane is an addition to a counter, as a ticket is.
        """
        for state in self._item.tries("too many are late at once"):
            now_us = to_micros(self._clock())
            place = lateness.place(state, ticket, wake_late_us, now_us)
            if place is None or place.taken:
                break
            sets = {**place.sets, **({"revision": state.revision + 1} if place.moves else {})}
            if taken := self._item.take(place.adds, sets, state):
                if place.in_lane:  # others may have taken places since it was looked for
                    place = replace(place, at_us=max(now_us, lateness.lane_us(taken, taken.lane.issued - 1, now_us)))
                break
        return place

    def came_in_time(self, ticket: int, asked_us: int, wake_late_us: int) -> None:
        """SES was asked for this ticket's mail. A few of those that were asked for in their own slot tell it each second, for
        the late ones to know that not all are late; nothing is written where none was.
        """
        state = self._item.last_state()
        if state.pace.rate < lateness.FEW:
            state = self.state()
        if not lateness.gives_sign(state.pace, ticket) or state.timetable.slot(ticket) != asked_us:
            return
        told = lateness.sign(state, wake_late_us)
        if told:
            self._item.write(told, (EXISTS,))

    def forecast(self, first_ticket: int | None = None) -> Callable[[int], datetime]:
        """When the n-th message from that ticket on, or from now on, will be sent, which has no ticket yet: as things are now;
        within a year. While the account may send nothing: beyond what can be planned. It is asked for many in a row, which mostly
        have their slots on one leg.
        """
        state, now_us = self.state(), to_micros(self._clock())
        timetable, latest_us = state.timetable, now_us + A_YEAR // MICROSECOND
        beyond_us = now_us + HORIZON // MICROSECOND
        if timetable.slot(state.issued) < now_us:
            timetable = timetable.restarted(state.issued, now_us)
        first = state.issued if first_ticket is None else first_ticket
        leg: Leg | None = None

        def sent_at(number: int) -> datetime:
            nonlocal leg
            ticket = max(first + number, state.issued)
            if leg is None or not leg.first <= ticket < leg.end:
                leg = timetable.leg(ticket)
            return from_micros(min(leg.slot(ticket), latest_us) if leg else beyond_us)

        return sent_at

    def slow_down(self, *, kept_refusing: bool = False) -> None:
        """SES refused for its rate. If it does so more than a few times: all sends go slower for a while, also those that have a
        ticket. `kept_refusing`: it has refused the same mail again and again.
        """

        def slowed(state: CampaignState, now: datetime) -> Item:
            now_us = to_micros(now)
            pace = state.pace.slower(now_us)
            if pace is state.pace:
                return {}
            again = now_us - state.refused_at_us <= REFUSED_WITHIN_US
            refused = state.refused + 1 if again else 1
            if refused < _slowing(state.pace) and not kept_refusing:
                return {"refused": refused, "refused_at_us": state.refused_at_us if again else now_us}
            slower = state.timetable.slowed(state.issued, now_us, pace)
            return {**timetable_attributes(slower), "refused": refused, "refused_at_us": now_us}

        self._item.change(slowed)

    def refresh_quota(self) -> Quota:
        """Takes up the account's quota as it is now. A lower one holds for all; a higher one for those without a ticket."""
        quota = self._read_quota()

        def refreshed(state: CampaignState, now: datetime) -> Item:
            pace = paced(state, quota, self._headroom)
            if quota == state.quota and pace == state.pace:
                return {}
            timetable = taken_up(state, pace, to_micros(now))
            raised = {"raised_at": to_text(now)} if raises(pace, state.pace) else {}
            return {**timetable_attributes(timetable), **quota_attributes(quota), **raised}

        self._item.change(refreshed)
        return quota

    def pause(self, reason: str) -> None:
        """Nothing is claimed or sent until `resume`. Nothing is lost: messages stay, or become, PENDING."""

        def paused(state: CampaignState, now: datetime) -> Item:
            return {} if state.paused else {"paused": reason, "paused_at": to_text(now)}

        self._item.change(paused)

    def brake(self, reason: str, counted_from: int) -> bool:
        """Pauses for what was counted from that ticket on, unless somebody has resumed since; whether it was this that paused."""

        def braked(state: CampaignState, now: datetime) -> Item:
            counts = state.paused is None and state.counted_from == counted_from
            return {"paused": reason, "paused_at": to_text(now)} if counts else {}

        return self._item.change(braked)

    def resume(self) -> None:
        """Goes on. Slots that are over are lost, those ahead are kept; the sweeper brings the waiting messages back. What harmed
        the account's reputation before is known, and counts no more.
        """

        def resumed(state: CampaignState, now: datetime) -> Item:
            begun = {"rejected": 0, "counted_from": state.slots_over(now), "resumed_at": to_text(now)}
            return {"paused": "", **begun} if state.paused else {}

        self._item.change(resumed)

    def fed(self, halt_ended_at: datetime) -> None:
        """No message waits any more because of the halt that ended then."""
        self._item.write({"fed_for": to_text(halt_ended_at)}, (EXISTS,))

    def back_off(self, reason: str) -> None:
        """Plans and sends nothing for a while. Goes on by itself."""

        def backed_off(state: CampaignState, now: datetime) -> Item:
            if state.halted(now) is not None:
                return {}
            return {"backs_off_until": to_text(now + BACK_OFF), "back_off_reason": reason}

        self._item.change(backed_off)

    def back_off_if_slowest(self, reason: str) -> None:
        """A message was refused until its retries were used up. That is its own bad luck, unless all go as
        slowly as can be: then SES takes nothing at all.
        """
        pace = self.state().pace
        if pace.share_at(to_micros(self._clock())) < 2 * LOWEST_SHARE:
            self.back_off(reason)

    def count_rejection(self, reason: str) -> None:
        """SES refused a message for good. Where it refuses many of all, something is wrong with all: pauses."""
        now_us = to_micros(self._clock())
        window = now_us // REJECTED_WITHIN_US
        answer = self._item.write({}, (Term("rejected_in", "equals", window),), adds={"rejected": 1})
        if not answer.won:
            fresh = (Term("rejected_in", "differs", window), EXISTS)
            answer = self._item.write({"rejected_in": window, "rejected": 1}, fresh)
        if not answer.won or answer.item is None:
            return  # another one began the window at the same time: this one is not counted
        state, rejected = campaign_state(answer.item), answer.item["rejected"]
        planned = state.timetable.count(state.issued, window * REJECTED_WITHIN_US, now_us)
        if rejected >= REJECTED_AT_LEAST and rejected > planned * REJECTED_SHARE:
            self.pause(f"{rejected} of some {planned} messages were rejected within half an hour; the last: {reason}")

    def probe(self, after: timedelta) -> bool:
        """Whether the caller is to nudge one message, to learn how far the stream is: for so long no sweep has."""
        now, probe = self._clock(), secrets.token_hex(8)
        never = (EXISTS, Term("probed_at", "absent"))
        long_ago = (Term("probed_at", "before", to_text(now - after)),)
        answer = self._item.write({"probed_at": to_text(now), "probe": probe}, never, long_ago)
        return answer.won or (answer.item or {}).get("probe") == probe  # won, and the SDK has repeated the write

    def _first(self) -> Item:
        """The control item of a new stack, from the account's quota."""
        quota = self._read_quota()
        timetable = Timetable(Pace(*share_of(quota, self._headroom)))
        begun = {"issued": 0, "revision": 1, "paused": ""}
        return {**timetable_attributes(timetable), **quota_attributes(quota), **begun}


def _slowing(pace: Pace) -> int:
    """From so many refusals on."""
    return min(REFUSED_AT_MOST, max(REFUSED_AT_LEAST, math.ceil(pace.rate * REFUSED_S)))


def _newer(state: CampaignState, streamed_up_to: datetime | None) -> Item:
    if streamed_up_to is None or (state.streamed_up_to is not None and streamed_up_to <= state.streamed_up_to):
        return {}
    return {"streamed_up_to": to_text(streamed_up_to)}
