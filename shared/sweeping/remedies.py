"""What an unfinished message needs of the sweeper. Pure: a message and the time in, a remedy out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.outbox import transitions
from shared.outbox.message import Message
from shared.outbox.states import Status
from shared.outbox.transitions import Transition
from shared.pacing.campaign_state import CampaignState
from shared.sweeping.intervals import (
    LONGEST_GAP,
    LOOK_AGAIN,
    SKEW,
    STRANDED_AFTER,
    answered_within,
    next_sweep,
)


@dataclass(frozen=True)
class Remedy:
    """The write that a message needs; `due_at` is when to look again (postpone and nudge)."""

    transition: Transition
    due_at: datetime | None = None
    probes: bool = False
    """A nudge that is to show how far the stream is: one message does that for all."""
    feeds: bool = False
    """A nudge of a message that a halt has left behind. Nothing was wrong with it: it is not counted as a nudge."""


@dataclass(frozen=True)
class Standing:
    """How the campaign stands when a sweep begins."""

    running: bool
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
            return cls(running=False)
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


def brought_forward(now: datetime, stranded_after: timedelta = STRANDED_AFTER) -> Remedy:
    """For a message that a halt has left behind, at once and not when it is due."""
    return Remedy(transitions.NUDGE, now + stranded_after, feeds=True)


def remedy_for(
    message: Message,
    now: datetime,
    standing: Standing,
    cap: int,
    stranded_after: timedelta = STRANDED_AFTER,
) -> Remedy | None:
    """What the message needs now, or None when it is finished."""
    match message.status:
        case Status.PENDING:
            return _for_pending(message, now, standing, stranded_after)
        case Status.CLAIMED | Status.SENDING if message.lease_expires_at is not None:
            return _for_leased(message, message.lease_expires_at, now, cap, stranded_after)
    return None


def _for_leased(
    message: Message, lease_expires_at: datetime, now: datetime, cap: int, stranded_after: timedelta
) -> Remedy:
    """A send that fell silent is uncertain at once. A claim that died comes back after growing gaps: what killed it may
    last for hours (a bad deployment, used-up concurrency), and its attempts must last longer.
    """
    over = lease_expires_at + SKEW
    if message.status is Status.CLAIMED and message.attempt < cap:
        over += min(stranded_after * (2 ** min(max(message.attempt - 1, 0), 6) - 1), LONGEST_GAP)
    if over >= now:
        slot = max(message.send_at or now, now)
        return Remedy(transitions.POSTPONE, min(over + timedelta(seconds=1), slot + LOOK_AGAIN))
    if message.status is Status.SENDING:
        return Remedy(transitions.EXPIRE_SEND)
    return Remedy(transitions.EXHAUST if message.attempt >= cap else transitions.EXPIRE_CLAIM)


def _for_pending(message: Message, now: datetime, standing: Standing, stranded_after: timedelta) -> Remedy:
    """Nudges at growing gaps, and only where it can help: the campaign runs, and the stream is past this message.

    Where the stream was last seen before this message, it is behind or the record is lost. A probe tells: it comes
    through at once, and then every older message is known to be lost; or it does not, and the stream is behind.
    """
    streamed_at = message.streamed_at or now
    stranded_at = streamed_at + stranded_after
    if now < stranded_at:
        return Remedy(transitions.POSTPONE, stranded_at)
    if not standing.running:
        return Remedy(transitions.POSTPONE, now + stranded_after)
    gap = min(stranded_after * 2 ** min(max(message.nudges, 0), 6), LONGEST_GAP)
    if standing.past(streamed_at):
        return Remedy(transitions.NUDGE, now + gap)
    if standing.probed_at is None or now - standing.probed_at > stranded_after:
        return Remedy(transitions.NUDGE, now + gap, probes=True)
    if now - standing.probed_at < answered_within(stranded_after):
        return Remedy(transitions.POSTPONE, now + next_sweep(stranded_after))
    return Remedy(transitions.POSTPONE, now + stranded_after)
