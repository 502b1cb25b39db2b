"""The outbox: each transition of the protocol as a method. Every one is a single conditional write that wins or
raises LeaseLostError.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol

from shared.errors import LeaseLostError
from shared.keys import SHARDS, Key
from shared.outbox import transitions
from shared.outbox.comparison import Comparison, compared
from shared.outbox.message import QUIET, Message, from_item, ticket_of
from shared.outbox.states import ACCEPTED, Status
from shared.outbox.transitions import Transition
from shared.outbox.writes import Known, unrendered, write_of
from shared.store import WHOLE, Item, Page, Store, TableKey, Walk
from shared.times import Clock, to_text

INDEX = "unfinished"
"""The sparse index of what waits or is held, and the attribute that is its partition key."""
OUTCOME = "outcome"
"""The sparse index of what did not go as it should, and the attribute that is its partition key."""
_BEYOND_SENT = ACCEPTED[ACCEPTED.index(Status.SENT) + 1 :]
"""No write leads from them to any other."""
A_PAGE = 100
"""Messages that are read together: what one BatchGetItem takes (source: ddb-batch-get)."""


class Seen(Protocol):
    """What a message was when it was read."""

    @property
    def key(self) -> Key: ...
    @property
    def status(self) -> Status: ...
    @property
    def fence(self) -> int: ...


class Outbox:
    """All writes of the protocol. `now` and random ids are taken before the call: an SDK's repetition is byte-
    identical.
    """

    def __init__(self, store: Store, clock: Clock, *, keeps_address: bool = False) -> None:
        """`keeps_address`: also of a message whose story is over."""
        self._store = store
        self._clock = clock
        self._keeps_address = keeps_address

    def get(self, key: Key) -> Message | None:
        """The message as it stands now. Raises NewerFormatError; InvalidMessageError if it was edited and is malformed."""
        item = self._store.get(key._asdict())
        return from_item(item) if item is not None else None

    def produce(self, items: list[Item]) -> list[Item]:
        """Puts those that are not there yet; returns the others, whose namesakes stay as they are (I5)."""
        return [item for item, put in zip(items, self._store.insert(items), strict=True) if not put]

    def compare(self, items: list[Item]) -> Comparison:
        """These messages with those that are there in their place."""
        return compared(items, self._store.get_many([Key(item["user_id"], item["period"])._asdict() for item in items]))

    def due(self, shard: int, now: datetime) -> Iterator[Key]:
        """Unfinished messages that the sweeper should look at now, the longest overdue first."""
        for entry in self._store.query(INDEX, (INDEX, f"OPEN#{shard}"), ("due_at", to_text(now))):
            yield Key(entry["user_id"], entry["period"])

    def due_pages(self, shard: int, up_to: datetime) -> Iterator[list[Item]]:
        """The same messages as they were a moment ago, by the page. The condition of each write decides."""
        keys = self.due(shard, up_to)
        while page := dict.fromkeys(islice(keys, A_PAGE)):  # one that moves while the index is read may come twice
            found = {
                (item["user_id"], item["period"]): item for item in self._store.get_many([k._asdict() for k in page])
            }
            yield [found[key] for key in page if key in found]

    def read(self, keys: Iterable[Key]) -> Iterator[Item]:
        """The messages of these keys that are there, as they were a moment ago, read by the page."""
        left = iter(keys)
        while page := dict.fromkeys(islice(left, A_PAGE)):
            yield from self._store.get_many([key._asdict() for key in page])

    def held(self) -> int:
        """Messages that wait for an operator's decision."""
        return sum(self._store.count(INDEX, (INDEX, f"HELD#{shard}")) for shard in range(SHARDS))

    def nothing_waits(self) -> bool:
        """As it was a moment ago: no message, of whatever period, has anything left to do but what a person decides."""
        return not any(self._store.has_entry(INDEX, (INDEX, f"OPEN#{shard}")) for shard in range(SHARDS))

    def walk(self, after: TableKey | None, only: tuple[str, ...] = (), walk: Walk = WHOLE) -> Page:
        """The next page of all messages, of whatever period and status."""
        return self._store.scan(after, only, walk)

    # --- claim -------------------------------------------------------------------------------------------------------
    def adopt(self, key: Key, adopted: Item) -> None:
        """Completes a message that was put into the table by hand; the write brings it back through the stream."""
        self._apply(transitions.ADOPT, key, Known(), adopted)

    def claim(self, key: Key, owner: str, execution: str, send_at: datetime, ticket: int, lease: timedelta) -> Message:
        """Takes a PENDING message for that execution. A redelivered record (same `owner`) finds its claim, as it was stored."""
        slot = {"send_at": to_text(send_at), "ticket": ticket, "lease_expires_at": to_text(send_at + lease)}
        try:
            return from_item(
                self._apply(transitions.CLAIM, key, Known(), {"owner": owner, "execution": execution, **slot})
            )
        except LeaseLostError as lost:
            if lost.found is not None and lost.found.get("owner") == owner:
                found = from_item(lost.found)
                if found.status is Status.CLAIMED:
                    return found
            raise

    # --- send --------------------------------------------------------------------------------------------------------
    def reschedule(self, key: Key, fence: int, send_at: datetime, ticket: int, lease: timedelta) -> None:
        """Gives a claimed message another slot, by another ticket or because the timetable has changed."""
        changes = {"send_at": to_text(send_at), "ticket": ticket, "lease_expires_at": to_text(send_at + lease)}
        self._apply(transitions.RESCHEDULE, key, Known(fence=fence), changes)

    def begin_send(self, key: Key, fence: int, token: str, lease: timedelta) -> None:
        """The last write before SES is asked. After it, nothing but the ask may happen.

        `token` must be new for this call, not for the invocation: one that is used again lets a late copy of an earlier
        invocation's snooze reopen this send (ADR 1).
        """
        changes = {"send_token": token, "send_fence": fence, "lease_expires_at": to_text(self._clock() + lease)}
        try:
            self._apply(transitions.BEGIN_SEND, key, Known(fence=fence), changes)
        except LeaseLostError as lost:
            found = lost.found or {}
            if (found.get("send_token"), found.get("status")) != (token, Status.SENDING):
                raise  # else it was won, and another write came after it

    def mark_sent(self, key: Key, token: str, ses_message_id: str) -> None:
        """SES accepted. That feedback said so first, or more, is success too."""
        self._conclude(transitions.MARK_SENT, key, Known(token=token), {"ses_message_id": ses_message_id}, ACCEPTED)

    def mark_uncertain(self, key: Key, token: str, reason: str) -> None:
        """The answer was lost, and may have been a yes. That evidence said so first is success too: it knows more."""
        changes = {"last_error": _short(reason)}
        self._conclude(transitions.MARK_UNCERTAIN, key, Known(token=token), changes, (Status.UNCERTAIN, *ACCEPTED))

    def snooze(self, key: Key, token: str, lease: timedelta, reason: str) -> None:
        """Definitely not sent for now: the same claim tries again later. It stays one attempt."""
        changes = {"lease_expires_at": to_text(self._clock() + lease), "last_error": _short(reason)}
        self._conclude(transitions.SNOOZE, key, Known(token=token), changes, (Status.CLAIMED,))

    def release(self, key: Key, guard: Known, reason: str) -> None:
        """Definitely not sent, through no fault of the message: back to PENDING, the attempt is given back."""
        self._conclude(transitions.RELEASE, key, guard, {"last_error": _short(reason)}, (Status.PENDING,))

    def fail(self, key: Key, guard: Known, reason: str) -> None:
        """Definitely not sent and never will be, unless an operator redrives it."""
        self._conclude(transitions.FAIL, key, guard, {"last_error": _short(reason)}, (Status.FAILED,))

    def _conclude(
        self, transition: Transition, key: Key, known: Known, sets: Mapping[str, Any], concluded: Collection[Status]
    ) -> None:
        """A write that speaks of an ask. Said before under the same token, it is success: the asker may repeat it. So it is where
        the story is over, and no token is left: nothing that the asker knows adds to it.
        """
        try:
            self._apply(transition, key, known, sets)
        except LeaseLostError as lost:
            found = lost.found or {}
            over = found.get("status") in _BEYOND_SENT and "send_token" not in found
            own = known.token is not None and (over or found.get("send_token") == known.token)
            if not own or found.get("status") not in concluded:
                raise

    # --- sweeper -----------------------------------------------------------------------------------------------------
    def expire_claim(self, key: Key, fence: int, cap: int) -> None:
        """Takes back a claim whose lease is over."""
        reason = "its claim's lease was over"
        self._apply(transitions.EXPIRE_CLAIM, key, Known(fence=fence, cap=cap), {"last_error": reason})

    def exhaust(self, key: Key, fence: int, cap: int) -> None:
        """Ends a message whose every attempt died (I3)."""
        reason = f"gave up: {cap} attempts ended without an answer"
        self._apply(transitions.EXHAUST, key, Known(fence=fence, cap=cap), {"last_error": reason})

    def expire_send(self, key: Key, fence: int) -> None:
        """Calls a send whose worker fell silent what it is: uncertain. Never PENDING."""
        reason = "the worker fell silent while it asked SES"
        self._apply(transitions.EXPIRE_SEND, key, Known(fence=fence), {"last_error": reason})

    def nudge(self, message: Message, nudges: int, due_at: datetime) -> None:
        """Brings a PENDING message through the stream again: DynamoDB streams only what changes. Of two sweepers at once one
        does it: claim would take a ticket for each record.
        """
        known = Known(fence=message.fence, last_write=message.last_write)
        changes = {"touched_at": to_text(self._clock()), "nudges": nudges, "due_at": to_text(due_at)}
        self._apply(transitions.NUDGE, message.key, known, changes)

    def postpone(self, key: Key, fence: int, due_at: datetime) -> None:
        """Nothing is wrong with it: look again later. The stream shows the write, marked as one that asks for nothing."""
        write_id = _new_id()
        changes = {"due_at": to_text(due_at), QUIET: write_id}
        self._apply(transitions.POSTPONE, key, Known(fence=fence), changes, write_id)

    def refile(self, message: Seen) -> None:
        """Puts a message that was edited by hand where the index should have it."""
        self._apply(transitions.REFILE, message.key, Known(fence=message.fence, status=message.status), {})

    def redact(self, message: Seen) -> None:
        """Drops the address and the contents of a message that is final since long."""
        self._apply(transitions.REDACT, message.key, Known(fence=message.fence), {})

    # --- feedback ----------------------------------------------------------------------------------------------------
    def check_news(self, key: Key, fence: int) -> None:
        """Raises LeaseLostError where it stands for good that SES took this ask, so that its Send event tells nothing.

        It is read as of a moment ago, which is cheaper than a refused write. Nothing that the message may have become since
        could be confirmed by this event either (ADR 43 D1).
        """
        for item in self._store.get_many([key._asdict()]):
            status = item.get("status")
            if status in _BEYOND_SENT or (status == Status.SENT and item.get("send_fence") == fence):
                raise LeaseLostError(transitions.CONFIRM.name, key, item)

    def confirm(self, key: Key, fence: int, ses_message_id: str) -> None:
        """A Send event: SES accepted this message, whatever we believed."""
        self._apply(transitions.CONFIRM, key, Known(fence=fence), {"ses_message_id": ses_message_id})

    def mark_suppressed(self, key: Key, ses_message_id: str, reason: str) -> int:
        """SES took the request and did not send the mail. Gives the ticket, as do the next two; -1: it has none."""
        return self._hear(transitions.MARK_SUPPRESSED, key, ses_message_id, reason)

    def mark_delivered(self, key: Key, ses_message_id: str) -> None:
        self._apply(transitions.MARK_DELIVERED, key, Known(), {"ses_message_id": ses_message_id})

    def mark_bounced(self, key: Key, ses_message_id: str, reason: str) -> int:
        return self._hear(transitions.MARK_BOUNCED, key, ses_message_id, reason)

    def mark_complained(self, key: Key, ses_message_id: str, reason: str) -> int:
        return self._hear(transitions.MARK_COMPLAINED, key, ses_message_id, reason)

    def _hear(self, transition: Transition, key: Key, ses_message_id: str, reason: str) -> int:
        changes = {"ses_message_id": ses_message_id, "last_error": _short(reason)}
        return ticket_of(self._apply(transition, key, Known(), changes))

    def mark_unrendered(self, key: Key, fence: int, reason: str) -> None:
        """SES accepted the request and then did not send it. Remembered, because the attempt's Send event may come
        later.
        """
        changes = {unrendered(fence): to_text(self._clock()), "last_error": _short(reason)}
        self._apply(transitions.MARK_UNRENDERED, key, Known(fence=fence), changes)

    def note_unrendered(self, key: Key, fence: int) -> None:
        """The same of an earlier attempt than the last: it says nothing of the message, but its Send event may come later."""
        self._apply(transitions.NOTE_UNRENDERED, key, Known(), {unrendered(fence): to_text(self._clock())})

    # --- operator ----------------------------------------------------------------------------------------------------
    def redrive(self, key: Key, fence: int, by: str, reason: str) -> None:
        self._apply(transitions.REDRIVE, key, Known(fence=fence), _decision(by, reason))

    def assume_sent(self, key: Key, fence: int, by: str, reason: str) -> None:
        self._apply(transitions.ASSUME_SENT, key, Known(fence=fence), _decision(by, reason))

    def resend(self, key: Key, fence: int, by: str, reason: str) -> None:
        """Accepts, by name, that the user may get a second mail: the single exception to I1."""
        self._apply(transitions.RESEND, key, Known(fence=fence), _decision(by, reason))

    def cancel(self, key: Key, fence: int, by: str, reason: str) -> None:
        self._apply(transitions.CANCEL, key, Known(fence=fence), _decision(by, reason))

    def reconcile(self, key: Key, fence: int, status: Status, by: str, reason: str) -> None:
        """Holds a message of a restored table: what it was then says nothing of now."""
        changes = {**_decision(by, reason), "last_error": f"restored: it was {status}, and may have been sent since"}
        self._apply(transitions.RECONCILE, key, Known(fence=fence, status=status), changes)

    def forget(self, key: Key, fence: int, by: str, reason: str) -> None:
        """Of a final message only the key and what happened when are left: the month is not mailed again."""
        noted = {"history.forget": to_text(self._clock())}
        self._apply(transitions.FORGET, key, Known(fence=fence), {**_decision(by, reason), **noted})

    def _apply(
        self, transition: Transition, key: Key, known: Known, sets: Mapping[str, Any], write_id: str | None = None
    ) -> Item:
        """The item after the write, in whatever format: attributes that are not named stay as they are."""
        write_id = write_id or _new_id()
        keeps_address = self._keeps_address
        write = write_of(
            transition, key._asdict(), key.shard, self._clock(), write_id, known, sets, keeps_address=keeps_address
        )
        answer = self._store.write(write)
        item = answer.item
        if item is not None and (answer.won or item.get("last_write") == write_id):
            return item
        raise LeaseLostError(transition.name, key, item)


def _new_id() -> str:
    return secrets.token_hex(8)


def _decision(by: str, reason: str) -> dict[str, str]:
    return {"decided_by": _short(by), "decision": _short(reason)}


def _short(text: str) -> str:
    """A reason has room for one sentence: each write of an item pays for its size."""
    return text if len(text) <= 160 else text[:159] + "…"
