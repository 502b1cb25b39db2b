"""What the sweeper does with one unfinished message. Pure: a message and the time in, a decision out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.message import Message
from shared.states import Status

STRANDED_AFTER = timedelta(minutes=10)
"""A PENDING message that is this old and still not claimed may have lost its stream record. It is looked at again after
as long.
"""
BEHIND_FOR_AT_MOST = timedelta(hours=24)
"""Longer than this the stream does not keep a record: it is lost, not late (source: DynamoDB Streams developer
guide).
"""
LONGEST_GAP = timedelta(hours=6)
LOOK_AGAIN = timedelta(minutes=5)
"""After its slot a message is looked at this often, until it is sent or its lease is over."""
SKEW = timedelta(seconds=5)
"""Clocks of two Lambdas differ by at most this much; a lease is over only after it."""


@dataclass(frozen=True)
class Decision:
    """`action` names a method of the outbox; `due_at` is when to look again (postpone and nudge)."""

    action: str
    due_at: datetime | None = None


def decide(
    message: Message,
    now: datetime,
    runs: bool,
    streamed_up_to: datetime | None,
    cap: int,
    stranded_after: timedelta = STRANDED_AFTER,
) -> Decision | None:
    """The decision, or None when the message needs nothing and is finished."""
    match message.status:
        case Status.PENDING:
            return _decide_pending(message, now, runs, streamed_up_to, stranded_after)
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


def _decide_pending(
    message: Message, now: datetime, runs: bool, streamed_up_to: datetime | None, stranded_after: timedelta
) -> Decision:
    """Nudges at growing gaps, and only where it can help: the campaign runs, and the stream is past this message."""
    since = message.changed_at or now
    stranded_at = since + stranded_after
    if now < stranded_at:
        return Decision("postpone", stranded_at)
    behind = streamed_up_to is not None and streamed_up_to + SKEW < since and now - since < BEHIND_FOR_AT_MOST
    if not runs or behind:
        return Decision("postpone", now + stranded_after)
    return Decision("nudge", now + min(stranded_after * 2 ** min(max(message.nudges, 0), 6), LONGEST_GAP))
