"""readmit: puts back what the outbox has lost, out of a table that was restored from a point in time.

A restore revives messages as they were then. What was not final then may have been mailed since, so it comes back as
UNCERTAIN, which the system never sends. What the outbox still has is newer, and stays.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ops.errors import RefusedError
from ops.formatting import counted, plain
from ops.parallel import each
from ops.session import Session
from ops.snapshot import history, snapshot_of
from shared.keys import Key
from shared.outbox.states import FINAL, Status
from shared.outbox.transitions import FENCES_SINCE, PRODUCE, outcome
from shared.periods import Period
from shared.store import Item
from shared.times import to_text

BATCH = 25


@dataclass(frozen=True)
class Batch:
    """What became of some restored messages."""

    put: Counter[str]
    """By status, those that the outbox lacked."""
    kept: int
    """Those that the outbox has."""
    anew: list[Key]
    """Of these, those that the producer put there again since: they may have been mailed before."""


def readmit(session: Session, restored: str, period: Period | None, *, agreed: bool) -> int:
    """1 if nothing was missing. Raises RefusedError while the campaign runs, or when the operator does not agree."""
    session.check_table()
    if session.paused is None:
        raise RefusedError("the campaign is not paused: `pause` it first, or what comes back may overtake you")
    if not agreed:
        of = f" of {period}" if period else ""
        question = (
            f"put back what the outbox lacks of {restored}{of}, whatever was not final as UNCERTAIN. Type {restored}: "
        )
        session.agree(question, restored)
    items = (item for item in session.scan(restored) if period is None or item["period"] == str(period))
    put, kept, anew = Counter[str](), 0, list[Key]()
    for done in each(lambda batch: _put_back(session, batch), _batches(items)):
        put += done.put
        kept += done.kept
        anew += done.anew
    for status, number in sorted(put.items()):
        session.say(f"{counted(number)} put back as {status}")
    session.say(f"{counted(kept)} of them there already, left as they are")
    for key in anew:
        session.say(json.dumps({**key._asdict(), "reason": "produced again since"}))
    return 0 if put else 1


def as_readmitted(item: Item, now: str) -> Item:
    """The item as it may come back."""
    key, status = Key(item["user_id"], item["period"]), item.get("status")
    if status in FINAL:
        return item
    snapshot = snapshot_of(key, item)
    known = item.get("history")
    fence = item.get("fence")
    return {
        **item,
        "status": Status.UNCERTAIN.value,
        "unfinished": f"HELD#{key.shard}",
        "outcome": outcome(Status.UNCERTAIN, key.period),
        "due_at": now,
        "fence": (fence if isinstance(fence, int) else 0) + FENCES_SINCE,
        "last_error": f"restored: it was {plain(status)} since {snapshot.changed_at}, and may have been sent after that",
        "history": {**(known if isinstance(known, dict) else {}), "readmit": now},
    }


def _put_back(session: Session, items: list[Item]) -> Batch:
    now = to_text(session.clock())
    readmitted = [as_readmitted(item, now) for item in items]
    won = session.messages.insert(readmitted)
    put = Counter(str(item.get("status")) for item, was_put in zip(readmitted, won, strict=True) if was_put)
    there = [item for item, was_put in zip(items, won, strict=True) if not was_put]
    return Batch(put, len(there), [key for item in there if (key := _produced_anew(session, item))])


def _produced_anew(session: Session, item: Item) -> Key | None:
    key = Key(item["user_id"], item["period"])
    before, since = (_produced_at(found) for found in (item, session.messages.get(key._asdict()) or {}))
    return key if before < since else None


def _produced_at(item: Item) -> str:
    return next((at for at, name in history(item) if name == PRODUCE.name), "")


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, BATCH)):
        yield batch
