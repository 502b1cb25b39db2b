"""The protocol's table as ADR 1 has it, written down a second time and by hand, for
shared/outbox/transitions.py to be held against it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.errors import LeaseLostError
from shared.keys import Key
from shared.outbox.message import Message
from shared.outbox.new_message import adopted
from shared.outbox.outbox import Outbox
from shared.outbox.states import Status as S
from shared.outbox.writes import Known
from shared.store import Item

NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
SEND_AT = datetime(2026, 11, 1, 7, tzinfo=UTC)
LEASE = timedelta(minutes=15)
OVER, RUNNING = "2026-11-01T05:00:00.000Z", "2026-11-01T06:30:00.000Z"
FENCE, ATTEMPT, TOKEN = 3, 2, "the token of this send"


@dataclass(frozen=True)
class Shown:
    """What a writer shows for the guards; these are the right values for `item_in`."""

    fence: int = FENCE
    token: str = TOKEN
    cap: int = 5
    last_write: str | None = None


Call = Callable[[Outbox, Key, Shown], object]
Change = Callable[[Item], Item]


@dataclass(frozen=True)
class Row:
    """One way in to one transition. `wrong` maps what is wrong to a change of what the writer shows or of the item."""

    name: str
    sources: tuple[S, ...]
    to: S | None
    call: Call
    shown: Shown = Shown()
    takes_fence: bool = False
    fences: int = 1
    attempt: int = ATTEMPT
    prepare: Change = lambda item: item
    wrong_shown: tuple[Shown, ...] = ()
    wrong_item: tuple[Change, ...] = ()
    known_already: tuple[S, ...] = ()
    """Here the writer is told nothing new, and writes nothing."""

    def __str__(self) -> str:
        return f"{self.name} from {'/'.join(self.sources)}" if len(self.sources) < 4 else self.name


OUTCOMELESS = (S.PENDING, S.CLAIMED, S.SENDING, S.SENT, S.DELIVERED)
"""They wait, or went as they should: the index `outcome` does not list them."""


def item_in(status: S, key: Key, **changes: Any) -> Item:
    """A message in that status, taken three times and asked for under TOKEN, its lease over; a final one has none."""
    waiting = status in (S.PENDING, S.CLAIMED, S.SENDING)
    index = f"{'OPEN' if waiting else 'HELD'}#{key.shard}"
    listed = {} if status in OUTCOMELESS else {"outcome": f"{key.period} {status}"}
    item = {
        **key._asdict(), "message_id": key.message_id, "status": status.value, "fence": FENCE, "attempt": ATTEMPT,
        "email": "a@example.com", "template": "usage-1", "data": {"month": "October"}, "owner": "an earlier record",
        "send_token": TOKEN, "send_fence": FENCE, "lease_expires_at": OVER, "due_at": OVER,
        "history": {"produce": "2026-11-01T00:00:00.000Z"}, **listed,
    }  # fmt: skip
    if not waiting and status not in (S.UNCERTAIN, S.FAILED):
        return {
            **{name: value for name, value in item.items() if name not in ("due_at", "lease_expires_at")},
            **changes,
        }
    return {**item, "unfinished": index, **changes}


def _set(name: str, value: Any) -> Change:
    return lambda item: {**item, name: value}


def _seen(outbox: Outbox, key: Key, shown: Shown) -> Message:
    """The message as the writer read it a moment ago."""
    message = outbox.get(key)
    if message is None:
        raise LeaseLostError("refile", key, None)
    return replace(message, fence=shown.fence, last_write=shown.last_write)


def _reconcile(seen: S) -> Call:
    return lambda outbox, key, shown: outbox.reconcile(key, shown.fence, seen, "ann", "why")


def _unrendered_before(item: Item) -> Item:
    return {**item, "history": {**item["history"], "unrendered_1": OVER}}


def _redacted(item: Item) -> Item:
    return {name: value for name, value in item.items() if name != "data"}


def _by_hand(item: Item) -> Item:
    kept = ("user_id", "period", "status", "email", "data")
    return {name: item[name] for name in kept}


RIGHT = Shown()
STALE = (replace(RIGHT, fence=FENCE - 1), replace(RIGHT, fence=FENCE + 1))
OTHERS_TOKEN = (replace(RIGHT, token="the token of another send"),)
LEASE_RUNS = (
    _set("lease_expires_at", RUNNING),
    lambda item: {n: v for n, v in item.items() if n != "lease_expires_at"},
)
NOT_ACCEPTED = (S.PENDING, S.CLAIMED, S.SENDING, S.UNCERTAIN, S.FAILED, S.CANCELLED)
ASKED = (S.SENDING, S.UNCERTAIN)
ROWS = (
    Row("adopt", (S.PENDING,), None, lambda o, k, _: o.adopt(k, adopted(k, "usage-1", "usage@example.com", NOW, NOW)),
        prepare=_by_hand, attempt=0,
        wrong_item=(_set("fence", 0), _set("history", {}))),
    Row("claim", (S.PENDING,), S.CLAIMED, lambda o, k, _: o.claim(k, "this record", "ann-1", SEND_AT, 1, LEASE),
        takes_fence=True, attempt=ATTEMPT + 1),
    Row("reschedule", (S.CLAIMED,), None, lambda o, k, s: o.reschedule(k, s.fence, SEND_AT, 2, LEASE), wrong_shown=STALE),
    Row("begin_send", (S.CLAIMED,), S.SENDING, lambda o, k, s: o.begin_send(k, s.fence, "a new token", LEASE),
        wrong_shown=STALE),
    Row("mark_sent", ASKED, S.SENT, lambda o, k, s: o.mark_sent(k, s.token, "ses-1"), wrong_shown=OTHERS_TOKEN,
        known_already=(S.SENT, S.SUPPRESSED, S.DELIVERED, S.BOUNCED, S.COMPLAINED)),
    Row("mark_uncertain", (S.SENDING,), S.UNCERTAIN, lambda o, k, s: o.mark_uncertain(k, s.token, "why"),
        wrong_shown=OTHERS_TOKEN, known_already=(S.UNCERTAIN, S.SENT, S.SUPPRESSED, S.DELIVERED, S.BOUNCED, S.COMPLAINED)),
    Row("snooze", (S.SENDING,), S.CLAIMED, lambda o, k, s: o.snooze(k, s.token, LEASE, "why"), wrong_shown=OTHERS_TOKEN,
        known_already=(S.CLAIMED,)),
    Row("release", (S.CLAIMED,), S.PENDING, lambda o, k, s: o.release(k, Known(fence=s.fence), "why"),
        attempt=ATTEMPT - 1, wrong_shown=STALE),
    Row("release", ASKED, S.PENDING, lambda o, k, s: o.release(k, Known(token=s.token), "why"),
        attempt=ATTEMPT - 1, wrong_shown=OTHERS_TOKEN, known_already=(S.PENDING,)),
    Row("fail", (S.CLAIMED,), S.FAILED, lambda o, k, s: o.fail(k, Known(fence=s.fence), "why"), wrong_shown=STALE),
    Row("fail", ASKED, S.FAILED, lambda o, k, s: o.fail(k, Known(token=s.token), "why"), wrong_shown=OTHERS_TOKEN,
        known_already=(S.FAILED,)),
    Row("expire_claim", (S.CLAIMED,), S.PENDING, lambda o, k, s: o.expire_claim(k, s.fence, s.cap), takes_fence=True,
        wrong_shown=(*STALE, replace(RIGHT, cap=ATTEMPT)), wrong_item=LEASE_RUNS),
    Row("exhaust", (S.CLAIMED,), S.FAILED, lambda o, k, s: o.exhaust(k, s.fence, s.cap), takes_fence=True,
        shown=replace(RIGHT, cap=ATTEMPT), wrong_shown=(RIGHT, replace(RIGHT, cap=ATTEMPT, fence=FENCE - 1)),
        wrong_item=LEASE_RUNS),
    Row("expire_send", (S.SENDING,), S.UNCERTAIN, lambda o, k, s: o.expire_send(k, s.fence), takes_fence=True,
        wrong_shown=STALE, wrong_item=LEASE_RUNS),
    Row("nudge", (S.PENDING,), None, lambda o, k, s: o.nudge(_seen(o, k, s), 1, NOW),
        wrong_shown=(*STALE, replace(RIGHT, last_write="another write")), wrong_item=(_set("last_write", "another write"),)),
    Row("postpone", (S.PENDING, S.CLAIMED, S.SENDING), None, lambda o, k, s: o.postpone(k, s.fence, NOW),
        wrong_shown=STALE),
    Row("refile", tuple(S), None, lambda o, k, s: o.refile(_seen(o, k, s)), wrong_shown=STALE,
        prepare=lambda item: {**item, "unfinished": "NOWHERE", "outcome": "NOTHING"}),
    Row("redact", (S.SENT, S.SUPPRESSED, S.DELIVERED, S.BOUNCED, S.COMPLAINED, S.CANCELLED), None,
        lambda o, k, s: o.redact(_seen(o, k, s)), wrong_shown=STALE),
    Row("forget", (S.SENT, S.SUPPRESSED, S.DELIVERED, S.BOUNCED, S.COMPLAINED, S.CANCELLED), None,
        lambda o, k, s: o.forget(k, s.fence, "ann", "why"), wrong_shown=STALE),
    Row("confirm", NOT_ACCEPTED, S.SENT, lambda o, k, s: o.confirm(k, s.fence, "ses-1"), takes_fence=True,
        shown=replace(RIGHT, fence=1), wrong_item=(_unrendered_before,)),
    Row("mark_suppressed", (*NOT_ACCEPTED, S.SENT), S.SUPPRESSED, lambda o, k, _: o.mark_suppressed(k, "ses-1", "why"),
        takes_fence=True),
    Row("mark_delivered", (*NOT_ACCEPTED, S.SENT, S.SUPPRESSED), S.DELIVERED, lambda o, k, _: o.mark_delivered(k, "ses-1"),
        takes_fence=True),
    Row("mark_bounced", (*NOT_ACCEPTED, S.SENT, S.SUPPRESSED, S.DELIVERED), S.BOUNCED,
        lambda o, k, _: o.mark_bounced(k, "ses-1", "why"), takes_fence=True),
    Row("mark_complained", (*NOT_ACCEPTED, S.SENT, S.SUPPRESSED, S.DELIVERED, S.BOUNCED), S.COMPLAINED,
        lambda o, k, _: o.mark_complained(k, "ses-1", "why"), takes_fence=True),
    Row("mark_unrendered", (S.SENDING, S.SENT, S.UNCERTAIN), S.FAILED,
        lambda o, k, s: o.mark_unrendered(k, s.fence, "why"), takes_fence=True, wrong_shown=STALE, wrong_item=(_redacted,)),
    Row("note_unrendered", tuple(S), None, lambda o, k, _: o.note_unrendered(k, 1)),
    Row("redrive", (S.FAILED,), S.PENDING, lambda o, k, s: o.redrive(k, s.fence, "ann", "why"), takes_fence=True,
        attempt=0, wrong_shown=STALE),
    Row("assume_sent", (S.UNCERTAIN,), S.SENT, lambda o, k, s: o.assume_sent(k, s.fence, "ann", "why"),
        takes_fence=True, wrong_shown=STALE),
    Row("resend", (S.UNCERTAIN,), S.PENDING, lambda o, k, s: o.resend(k, s.fence, "ann", "why"), takes_fence=True,
        attempt=0, wrong_shown=STALE),
    Row("cancel", (S.PENDING, S.CLAIMED, S.FAILED), S.CANCELLED, lambda o, k, s: o.cancel(k, s.fence, "ann", "why"),
        takes_fence=True, wrong_shown=STALE),
    *(Row("reconcile", (status,), S.UNCERTAIN, _reconcile(status), takes_fence=True, fences=1000, wrong_shown=STALE)
        for status in (S.PENDING, S.CLAIMED, S.SENDING, S.FAILED)),
)  # fmt: skip


def index_after(row: Row, before: Item, key: Key) -> str | None:
    """The message's partition in the index `unfinished`, None: it is not in it."""
    if row.name == "refile":
        return item_in(S(before["status"]), key).get("unfinished")
    if row.to in (S.FAILED, S.UNCERTAIN):
        return f"HELD#{key.shard}"
    if row.to in (S.PENDING, S.CLAIMED, S.SENDING) or row.name == "adopt":
        return f"OPEN#{key.shard}"
    return before.get("unfinished") if row.to is None else None


def outcome_after(row: Row, before: Item, key: Key) -> str | None:
    """The message's partition in the index `outcome`, None: it is not in it."""
    if row.to is None and row.name != "refile":
        return before.get("outcome")
    return item_in(row.to or S(before["status"]), key).get("outcome")
