"""Sends messages that a task was given: what DynamoDB's stream, claim and Step Functions do on AWS, in one process.

It reads the messages, hands those that are PENDING to `claim` as the stream would, and runs the executions that claim starts.
All writes, and the order of them, are claim's and send's own.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from dags.executions import ExecutionsHere, Stopping
from handlers import claim
from shared.aws.step_functions import Executions
from shared.aws.stream_records import StreamRecord
from shared.errors import InvalidMessageError, NewerFormatError
from shared.keys import SHARDS, Key, execution_name
from shared.outbox.message import Message, from_item
from shared.outbox.outbox import Outbox
from shared.outbox.states import Status
from shared.pacing.campaign_state import CampaignState
from shared.periods import Period
from shared.sending.claims import MAY_SEND_NOTHING
from shared.store import Item
from shared.sweeping.sweep import EVER
from shared.times import from_micros

AHEAD = timedelta(seconds=8)
"""While slots are planned so far ahead, no more messages are claimed: all tasks together keep the line that long."""
TURNS, TURN = 4, timedelta(seconds=0.75)
"""Of tasks side by side each waits until the line is so much shorter than for the one before. So one of them keeps the line, and
the others help where it can't; and they end one after the other: where all ended at once, those that follow would leave a gap.
"""
FED_S = 1.0
"""Seconds' worth of messages that are claimed together: the tasks take turns, so that none of them has to send at the full
pace alone.
"""
FED_AT_MOST = 100
SOON = timedelta(minutes=1)
"""A slot that is further away is not waited for in a worker."""
LOOK_S = 0.5
"""Between two looks at the line while others fill it."""
AGAIN = timedelta(minutes=1)
TAKEN_WITHIN = timedelta(minutes=1)
"""A message that is PENDING for longer is not about to be claimed by somebody else."""
AT_A_TIME = 20_000
"""Messages that were left behind, in memory."""
ENOUGH_MS = 900_000


@dataclass(frozen=True)
class Later:
    """Messages wait for something that is not near."""

    at: datetime
    why: str


@dataclass(frozen=True)
class Done:
    """This task has nothing left to do. What others hold, or an operator, is not its own."""

    statuses: Counter[str]
    missing: int
    """Keys without a message."""


class StoppedError(Exception):
    """Airflow has asked this task to end: what it has claimed waits for its next try."""


class Sending:
    """The messages of one task. `owner` names the task, and stays the same when it is tried again: so it finds its claims."""

    def __init__(
        self,
        deps: claim.Deps,
        here: ExecutionsHere,
        owner: str,
        say: Callable[[str], None],
        stopping: Stopping,
        again: timedelta = AGAIN,
        turn: int = 0,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """`again`: when to look again, where nothing tells when it goes on. `turn`: a number of the task's."""
        client: Any = here
        self._deps = replace(deps, executions=Executions(client, "here"))
        self._here = here
        self._owner = owner
        self._say = say
        self._again = again
        self._ahead = ahead(turn)
        self._stopping = stopping
        self._sleep = sleep or stopping.sleep
        self._open: set[tuple[Key, int]] = set()
        """Claims of an earlier try that were taken up again."""

    def send(self, keys: Sequence[Key]) -> Done | Later:
        """Sends those of the messages that are PENDING, and those that an earlier try of this task has claimed.

        Raises ForeignTableError before anything is written; StoppedError when no mail is on its way any more;
        StoreUnavailableError.
        """
        self._deps.pin.hold()
        left: Sequence[Key] = keys
        while True:
            later = self._feed(left)
            far = self._here.wait(self._deps.clock() + SOON)
            if self._stopping.asked:
                raise StoppedError
            if later is not None or far is not None:
                return _earlier(later, Later(far - AHEAD, "their slots come later") if far else None)
            statuses, mine, missing = self._look(keys)
            self._say(", ".join(f"{number:,} {status}" for status, number in sorted(statuses.items())))
            if not mine:
                return Done(statuses, missing)
            if len(mine) == len(left):
                return Later(self._deps.clock() + self._again, f"{len(mine):,} messages could not be claimed or sent")
            left = mine

    def _feed(self, keys: Sequence[Key]) -> Later | None:
        """Has the messages claimed, as fast as the line takes them; what keeps them from it, if anything does."""
        fresh: list[Item] = []
        for item, message in self._messages(keys):
            if message.status is Status.PENDING:
                fresh.append(item)
            else:
                self._take_up(message)
            if len(fresh) >= self._portion():
                if later := self._claim(fresh):
                    return later
                fresh = []
        return self._claim(fresh) if fresh else None

    def _claim(self, items: Iterable[Item]) -> Later | None:
        if later := self._room():
            return later
        now = self._deps.clock()
        records = [StreamRecord(self._owner, from_item(item).streamed_at or now, item) for item in items]
        claim.take(records, self._deps, lambda: ENOUGH_MS)  # what it leaves is PENDING, and looked at again
        return None

    def _room(self) -> Later | None:
        """Waits until the line needs more messages. Gives what it would wait for that is not near."""
        while not self._stopping.asked:
            state, now = self._deps.campaign.state(), self._deps.clock()
            if later := _halt(state, now, self._again):
                return later
            next_at = from_micros(state.timetable.slot(state.issued))
            if next_at > now + SOON:
                return Later(next_at - AHEAD, "the next slot is free only then: a day's quota is spent")
            if next_at < now + self._ahead:
                return None
            self._sleep(LOOK_S)
        return Later(self._deps.clock(), "stopped")

    def _portion(self) -> int:
        rate = self._deps.campaign.recent_state().pace.rate
        return max(1, min(FED_AT_MOST, int(rate * FED_S)))

    def _take_up(self, message: Message) -> None:
        """A claim of an earlier try goes on in an execution of its own, once."""
        if (message.key, message.fence) not in self._open:
            self._open.add((message.key, message.fence))
            self._deps.executions.start(execution_name([(message.key, message.fence)]), [message])

    def _messages(self, keys: Sequence[Key]) -> Iterator[tuple[Item, Message]]:
        """Those that are for this task to send, as they were a moment ago."""
        for item in self._deps.outbox.read(keys):
            message = self._readable(item)
            if message is not None and self._is_mine(message):
                yield item, message

    def _readable(self, item: Item) -> Message | None:
        try:
            return from_item(item)
        except (InvalidMessageError, NewerFormatError) as error:
            self._deps.telemetry.refuse("claim_refused", error)
            return None

    def _is_mine(self, message: Message) -> bool:
        claimed_here = message.status is Status.CLAIMED and message.owner == self._owner
        return message.status is Status.PENDING or (claimed_here and (message.key, message.fence) not in self._open)

    def _look(self, keys: Sequence[Key]) -> tuple[Counter[str], list[Key], int]:
        """How many are in which status, which are left for this task, and how many there are not."""
        statuses, mine, found = Counter[str](), [], set()
        for item in self._deps.outbox.read(keys):
            key = Key(item["user_id"], item["period"])
            found.add(key)
            statuses[str(item.get("status"))] += 1
            message = self._readable(item)
            if message is not None and self._is_mine(message):
                mine.append(key)
        missing = [key for key in keys if key not in found and self._deps.outbox.get(key) is None]
        return statuses, mine, len(missing)


def ahead(turn: int) -> timedelta:
    """How long the line is while a task of that number waits. It is longer than claim's own lead, also for the last of them, by
    what a look and a portion take: else the line would have gaps.
    """
    return AHEAD - turn % TURNS * TURN


def _halt(state: CampaignState, now: datetime, again: timedelta) -> Later | None:
    if (why := state.halted(now)) is not None:
        paused = state.paused is not None or state.backs_off_until is None
        return Later(now + again if paused else state.backs_off_until or now, why)
    return Later(now + again, MAY_SEND_NOTHING) if state.pace.stands_still else None


def _earlier(one: Later | None, other: Later | None) -> Later:
    return min((later for later in (one, other) if later is not None), key=lambda later: later.at)


def left_behind(outbox: Outbox, period: Period, now: datetime) -> list[Key]:
    """Messages of the month that are PENDING for longer than it takes to be claimed; some of them, where there are many."""
    items = (item for shard in range(SHARDS) for page in outbox.due_pages(shard, EVER) for item in page)
    waiting = (item for item in items if item["period"] == str(period) and item.get("status") == Status.PENDING)
    return [message.key for message in islice(_readable(waiting), AT_A_TIME) if _is_left(message, now)]


def _readable(items: Iterable[Item]) -> Iterator[Message]:
    """The others are the sweeper's to tell of."""
    for item in items:
        with suppress(InvalidMessageError, NewerFormatError):
            yield from_item(item)


def _is_left(message: Message, now: datetime) -> bool:
    """By its last change of status: that the sweeper nudges it moves nothing here."""
    return message.changed_at is None or message.changed_at < now - TAKEN_WITHIN
