"""One sweep through the shards of the index `unfinished`: each message that is due gets what it needs. Several shards at
a time, each in a thread of its own.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

from shared.errors import LeaseLostError, NewerFormatError, StoreUnavailableError
from shared.keys import SHARDS, Key
from shared.outbox import transitions
from shared.outbox.message import Message, from_item
from shared.outbox.outbox import Outbox
from shared.pacing.campaign import Campaign
from shared.store import Item
from shared.sweeping.intervals import next_sweep
from shared.sweeping.remedies import Remedy, Standing, brought_forward, remedy_for
from shared.telemetry import Telemetry
from shared.times import Clock, to_text

EVER = datetime(9999, 12, 31, tzinfo=UTC)
IN_VAIN = 3
"""A message that was nudged this often, over an hour and more, will not be claimed by nudging alone."""


@dataclass
class Swept:
    """What became of one shard."""

    done: Counter[str] = field(default_factory=Counter)
    """How often what was done."""
    whole: bool = True
    """There was time for all that was due."""
    newer: Counter[int] = field(default_factory=Counter)
    """How many messages are in which format of a later release. They were left as they are."""
    fed: bool = False
    """All messages that a halt may have left behind were looked at, and the line has room for more."""


class Sweep:
    """How the campaign stood when it began, and what its shards share."""

    def __init__(
        self,
        outbox: Outbox,
        campaign: Campaign,
        telemetry: Telemetry,
        clock: Clock,
        standing: Standing,
        attempts: int,
        stranded_after: timedelta,
        in_time: Callable[[], bool],
    ) -> None:
        self._outbox = outbox
        self._campaign = campaign
        self._telemetry = telemetry
        self._clock = clock
        self._standing = standing
        self._attempts = attempts
        self._stranded_after = stranded_after
        self._in_time = in_time
        self._began_at = clock()
        self._lock = Lock()
        self._may: bool | None = None
        """Whether the next message that would probe may do so; None: not asked yet."""

    def through(self, shard: int) -> Swept:
        """Looks at the shard's messages that are due, and after a halt at the others, in order, for as long as the line
        needs more. Raises StoreUnavailableError.
        """
        swept, room = Swept(), -(-self._standing.room // SHARDS)
        feeds = room > 0
        for page in self._outbox.due_pages(shard, EVER if feeds else self._began_at):
            for item in page:
                if not self._in_time():
                    swept.whole = False
                    return swept
                if feeds and room == 0 and item.get("due_at", "") > to_text(self._began_at):
                    return swept
                try:
                    remedy = self._look(item, feeds=room > 0)
                except NewerFormatError as error:
                    swept.newer[error.version] += 1
                    continue
                if remedy is not None:
                    swept.done[remedy.transition.name] += 1
                    room -= remedy.feeds
        swept.fed = room > 0
        return swept

    def _look(self, item: Item, *, feeds: bool) -> Remedy | None:
        """Does what one message needs; returns what was done. Raises StoreUnavailableError, NewerFormatError."""
        key = Key(item["user_id"], item["period"])
        try:
            message = from_item(item)
            remedy = self._remedy_for(message, feeds=feeds)
            if remedy is None:
                return None
            self._carry_out(remedy, message)
        except LeaseLostError as lost:
            self._telemetry.debug("sweep_lost", message_id=key.message_id, reason=str(lost))
            return None
        except (StoreUnavailableError, NewerFormatError):
            raise
        except Exception as error:  # whatever was edited into this item: the others must not wait behind it
            self._telemetry.refuse("sweep_refused", error, message_id=key.message_id)
            return None
        if remedy.transition is not transitions.POSTPONE:
            facts = {"message_id": key.message_id, "fence": message.fence, "attempt": message.attempt}
            self._telemetry.count(remedy.transition.name, **facts)
        return remedy

    def _remedy_for(self, message: Message, *, feeds: bool) -> Remedy | None:
        now = self._clock()
        if feeds and self._standing.left_by_halt(message):
            return brought_forward(now, self._stranded_after)
        if message.due_at is not None and message.due_at > self._began_at:
            return None
        remedy = remedy_for(message, now, self._standing, self._attempts, self._stranded_after)
        if remedy is not None and remedy.probes and not self._may_probe():
            return Remedy(transitions.POSTPONE, now + next_sweep(self._stranded_after))
        return remedy

    def _may_probe(self) -> bool:
        """Once in a sweep, and not if another sweep has just done so."""
        with self._lock:
            may = self._campaign.probe(self._stranded_after) if self._may is None else self._may
            self._may = False
            return may

    def _nudge(self, message: Message, nudges: int, due_at: datetime, *, probes: bool) -> None:
        """Raises LeaseLostError if it was not needed any more: if it was to probe, the next one does."""
        try:
            self._outbox.nudge(message, nudges, due_at)
        except LeaseLostError:
            if probes:
                with self._lock:
                    self._may = True
            raise

    def _carry_out(self, remedy: Remedy, message: Message) -> None:
        key, due_at = message.key, remedy.due_at or self._clock()
        match remedy.transition:
            case transitions.EXPIRE_CLAIM:
                self._outbox.expire_claim(key, message.fence, self._attempts)
            case transitions.EXHAUST:
                self._outbox.exhaust(key, message.fence, self._attempts)
            case transitions.EXPIRE_SEND:
                self._outbox.expire_send(key, message.fence)
            case transitions.NUDGE:
                self._nudge(message, message.nudges + (not remedy.feeds), due_at, probes=remedy.probes)
                if message.nudges >= IN_VAIN and not remedy.feeds:
                    self._telemetry.count("nudged_in_vain", message_id=key.message_id, nudges=message.nudges)
            case transitions.POSTPONE:
                self._outbox.postpone(key, message.fence, due_at)
            case other:
                raise ValueError(f"the sweeper has no write for {other.name}")
