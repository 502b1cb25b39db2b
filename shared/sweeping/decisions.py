"""What the sweeper does with one unfinished message. Pure: a message and the time in, a decision out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.outbox.message import Message
from shared.outbox.states import Status
from shared.pacing.campaign_state import CampaignState

SWEEP_EVERY = timedelta(minutes=4)
"""As it is deployed where nobody says otherwise (`sweepMinutes`)."""
BACK_WITHIN = timedelta(minutes=20)
"""A message whose stream record is lost is claimed after so long: stranded, the next sweep asks the stream, the one after it
knows.
"""
STRANDED_AFTER = timedelta(minutes=10)
"""A PENDING message that is this old and still not claimed may have lost its stream record. It is looked at again after
as long.
"""
FED_AFTER = timedelta(minutes=1)
"""From the end of a halt until nobody is at work any more who saw it last."""
LONGEST_GAP = timedelta(hours=6)
LOOK_AGAIN = timedelta(minutes=5)
"""After its slot a message is looked at this often, until it is sent or its lease is over."""
SKEW = timedelta(seconds=5)
"""Clocks of two Lambdas differ by at most this much; a lease is over only after it."""


def answered_within(stranded_after: timedelta) -> timedelta:
    """What a probe takes at most through a stream that is not behind: seconds. Less than from one sweep to the next."""
    return stranded_after / 5


def next_sweep(stranded_after: timedelta) -> timedelta:
    """A message that is postponed by this much is due when the next sweep comes."""
    return stranded_after / 10


@dataclass(frozen=True)
class Decision:
    """`action` names a method of the outbox; `due_at` is when to look again (postpone and nudge)."""

    action: str
    due_at: datetime | None = None
    probes: bool = False
    """A nudge that is to show how far the stream is: one message does that for all."""
    feeds: bool = False
    """A nudge of a message that a halt has left behind. Nothing was wrong with it: it is not counted as a nudge."""


@dataclass(frozen=True)
class Standing:
    """How the campaign stands when a sweep begins."""

    runs: bool
    streamed_up_to: datetime | None = None
    """Creation time of the newest stream record that `claim` has seen; None: it has never seen one."""
    probed_at: datetime | None = None
    """When a message was last nudged to show how far the stream is."""
    halt_ended_at: datetime | None = None
    """When the halt ended whose messages are not all brought back yet; None: there is none, or a halt lasts."""
    room: int = 0
    """How many of these the line needs now."""

    @classmethod
    def of(cls, state: CampaignState | None, now: datetime) -> "Standing":
        """None: there is no campaign yet, so that nothing can be claimed."""
        if state is None:
            return cls(runs=False)
        halt_ended_at = state.halt_to_feed(now)
        room = 0 if halt_ended_at is None else state.room(now)
        return cls(state.halted(now) is None, state.streamed_up_to, state.probed_at, halt_ended_at, room)

    def past(self, at: datetime) -> bool:
        """Whether the stream has come to what was written at that time. Until it has shown anything, it is taken to be."""
        return self.streamed_up_to is None or at <= self.streamed_up_to + SKEW

    def left_by_halt(self, message: Message) -> bool:
        """Whether the stream has shown it to `claim` while a halt lasted that is over, and never since."""
        at = message.streamed_at
        if message.status is not Status.PENDING or at is None or self.halt_ended_at is None:
            return False
        return self.streamed_up_to is not None and at < self.halt_ended_at and self.past(at)


def brought_forward(now: datetime, stranded_after: timedelta = STRANDED_AFTER) -> Decision:
    """For a message that a halt has left behind, at once and not when it is due."""
    return Decision("nudge", now + stranded_after, feeds=True)


def decide(
    message: Message,
    now: datetime,
    standing: Standing,
    cap: int,
    stranded_after: timedelta = STRANDED_AFTER,
) -> Decision | None:
    """The decision, or None when the message needs nothing and is finished."""
    match message.status:
        case Status.PENDING:
            return _decide_pending(message, now, standing, stranded_after)
        case Status.CLAIMED | Status.SENDING if message.lease_expires_at is not None:
            return _decide_held(message, message.lease_expires_at, now, cap, stranded_after)
    return None


def _decide_held(
    message: Message, lease_expires_at: datetime, now: datetime, cap: int, stranded_after: timedelta
) -> Decision:
    """A send that fell silent is uncertain at once. A claim that died comes back after growing gaps: what killed it may
    last for hours (a bad deployment, used-up concurrency), and its attempts must last longer.
    """
    over = lease_expires_at + SKEW
    if message.status is Status.CLAIMED and message.attempt < cap:
        over += min(stranded_after * (2 ** min(max(message.attempt - 1, 0), 6) - 1), LONGEST_GAP)
    if over >= now:
        slot = max(message.send_at or now, now)
        return Decision("postpone", min(over + timedelta(seconds=1), slot + LOOK_AGAIN))
    if message.status is Status.SENDING:
        return Decision("expire_send")
    return Decision("exhaust" if message.attempt >= cap else "expire_claim")


def _decide_pending(message: Message, now: datetime, standing: Standing, stranded_after: timedelta) -> Decision:
    """Nudges at growing gaps, and only where it can help: the campaign runs, and the stream is past this message.

    Where the stream was last seen before this message, it is behind or the record is lost. A probe tells: it comes
    through at once, and then every older message is known to be lost; or it does not, and the stream is behind.
    """
    streamed_at = message.streamed_at or now
    stranded_at = streamed_at + stranded_after
    if now < stranded_at:
        return Decision("postpone", stranded_at)
    if not standing.runs:
        return Decision("postpone", now + stranded_after)
    gap = min(stranded_after * 2 ** min(max(message.nudges, 0), 6), LONGEST_GAP)
    if standing.past(streamed_at):
        return Decision("nudge", now + gap)
    if standing.probed_at is None or now - standing.probed_at > stranded_after:
        return Decision("nudge", now + gap, probes=True)
    if now - standing.probed_at < answered_within(stranded_after):
        return Decision("postpone", now + next_sweep(stranded_after))
    return Decision("postpone", now + stranded_after)
