"""The shards of the index `unfinished`, swept: each message that is due gets what it needs. Several shards at a time,
each in a thread of its own.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from shared.campaign import Campaign
from shared.errors import LeaseLostError, StoreUnavailableError
from shared.keys import Key
from shared.message import Message, from_item
from shared.outbox import Outbox
from shared.sweeping import NEXT_SWEEP, Decision, Standing, decide
from shared.telemetry import Telemetry
from shared.times import Clock
from shared.writes import Item

IN_VAIN = 3
"""A message that was nudged this often, over an hour and more, will not be claimed by nudging alone."""


@dataclass
class Swept:
    """What became of one shard: how often what was done, and whether there was time for all."""

    done: Counter[str] = field(default_factory=Counter)
    whole: bool = True


class Shards:
    """One sweep: how the campaign stood when it began, and what its shards share."""

    def __init__(
        self,
        outbox: Outbox,
        campaign: Campaign,
        telemetry: Telemetry,
        clock: Clock,
        standing: Standing,
        attempts: int,
        stranded_after: timedelta,
    ) -> None:
        self._outbox = outbox
        self._campaign = campaign
        self._telemetry = telemetry
        self._clock = clock
        self._standing = standing
        self._attempts = attempts
        self._stranded_after = stranded_after
        self._lock = Lock()
        self._probed = False

    def sweep(self, shard: int, up_to: datetime, in_time: Callable[[], bool]) -> Swept:
        """Looks at the shard's messages that were due by then. Raises StoreUnavailableError."""
        swept = Swept()
        for page in self._outbox.due_pages(shard, up_to):
            for item in page:
                if not in_time():
                    swept.whole = False
                    return swept
                action = self._look(item)
                if action is not None:
                    swept.done[action] += 1
        return swept

    def _look(self, item: Item) -> str | None:
        """Does what one message needs; returns what was done."""
        key = Key(item["user_id"], item["period"])
        try:
            message = from_item(item)
            decision = self._decide(message)
            if decision is None:
                return None
            self._carry_out(decision, message)
        except LeaseLostError as lost:
            self._telemetry.debug("sweep_lost", message_id=key.message_id, reason=str(lost))
            return None
        except StoreUnavailableError:
            raise
        except Exception as error:  # whatever was edited into this item: the others must not wait behind it
            self._telemetry.refuse("sweep_refused", error, message_id=key.message_id)
            return None
        if decision.action != "postpone":
            facts = {"message_id": key.message_id, "fence": message.fence, "attempt": message.attempt}
            self._telemetry.count(decision.action, **facts)
        return decision.action

    def _decide(self, message: Message) -> Decision | None:
        now = self._clock()
        decision = decide(message, now, self._standing, self._attempts, self._stranded_after)
        if decision is not None and decision.probes and not self._may_probe():
            return Decision("postpone", now + NEXT_SWEEP)
        return decision

    def _may_probe(self) -> bool:
        """Once in a sweep, and not if another sweep has just done so."""
        with self._lock:
            if self._probed:
                return False
            self._probed = True
            return self._campaign.probe(self._stranded_after)

    def _carry_out(self, decision: Decision, message: Message) -> None:
        key, due_at = message.key, decision.due_at or self._clock()
        match decision.action:
            case "expire_claim":
                self._outbox.expire_claim(key, message.fence, self._attempts)
            case "exhaust":
                self._outbox.exhaust(key, message.fence, self._attempts)
            case "expire_send":
                self._outbox.expire_send(key, message.fence)
            case "nudge":
                self._outbox.nudge(message, message.nudges + 1, due_at)
                if message.nudges >= IN_VAIN:
                    self._telemetry.count("nudged_in_vain", message_id=key.message_id, nudges=message.nudges)
            case "postpone":
                self._outbox.postpone(key, message.fence, due_at)
