"""The protocol's compiler: from a transition and what its writer knows to the one conditional write."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.outbox.states import EXCEPTIONAL, FINAL, TOLD, Status
from shared.outbox.transitions import (
    BEGIN_SEND,
    FORGET,
    REDACT,
    REFILE,
    Arm,
    Guard,
    Transition,
    index_partition,
    outcome,
)
from shared.store import TableKey, Term, Write
from shared.times import to_text

OF_THE_UNFINISHED = ("unfinished", "due_at", "lease_expires_at", "send_at")
"""Attributes that nobody needs of a final message. Without them an item stays under a kilobyte, which one write unit pays
for (source: ddb-write-unit).
"""
OF_THE_UNTOLD = ("data", "sender", "reply_to", "owner", "nudges", "touched_at", "quiet", "send_token", "send_fence")
"""Attributes that nobody needs once the story is over (ADR 43 D3); the address is another, unless it is kept for a while."""
OF_A_PERSON = ("email", "digest", "last_error", "ses_message_id")
"""What else tells something of the recipient, beside the key."""


@dataclass(frozen=True)
class Known:
    """What the writer knows, for the guards of the transition's arms to be checked against."""

    fence: int | None = None
    status: Status | None = None
    token: str | None = None
    cap: int | None = None
    last_write: str | None = None
    """The id of the newest write when the message was read; None: it had none."""


def write_of(
    transition: Transition,
    key: TableKey,
    shard: int,
    now: datetime,
    write_id: str,
    known: Known,
    sets: Mapping[str, Any],
    *,
    keeps_address: bool = False,
) -> Write:
    """The one conditional write of a transition. `keeps_address`: also where the story is over.

    `write_id` is new for each write and stays in the item as `last_write`: if the answer of a won write is lost, the
    SDK's own repetition fails its condition and finds its own id, so that the winner knows that it won.
    """
    at = to_text(now)
    changes: dict[str, Any] = {"last_write": write_id, **sets}
    if transition.to is not None:
        changes["status"] = transition.to.value
        changes[f"history.{transition.name}"] = at
    partition = index_partition(transition, shard, known.status)
    if partition:
        changes["unfinished"] = partition
        if transition.sources & FINAL:  # a final one has none, and without one the index does not show it
            changes["due_at"] = at
    status = known.status if transition is REFILE else transition.to
    listed = outcome(status, key["period"]) if status else ""
    if listed:
        changes["outcome"] = listed
    adds = {"fence": transition.fences} if transition.takes_fence else {}
    if transition.attempt:
        adds["attempt"] = transition.attempt
    elif transition.attempt is None:
        changes["attempt"] = 0
    arms = tuple(
        (_status_term(arm.sources), *(term for guard in arm.guards for term in _guard_terms(guard, known, at)))
        for arm in transition.arms
        if _checkable(arm, known)
    )
    if not arms:
        raise ValueError(f"{transition.name} can't be guarded by {known}")
    removes = _removes(transition, partition, keeps_address=keeps_address)
    if status and not listed and transition.sources & EXCEPTIONAL:
        removes = (*removes, "outcome")
    return Write(key, arms, changes, adds, removes)


def _removes(transition: Transition, partition: str | None, *, keeps_address: bool) -> tuple[str, ...]:
    if transition is FORGET:
        return (*OF_THE_UNTOLD, *OF_A_PERSON)
    if transition is BEGIN_SEND:
        return ("owner",)  # the record has had its execution: else nothing would be asked
    finished = OF_THE_UNFINISHED if partition == "" else ()
    if transition.to not in TOLD and transition is not REDACT:
        return finished
    keeps_address = keeps_address and transition is not REDACT
    return (*finished, *OF_THE_UNTOLD) if keeps_address else (*finished, *OF_THE_UNTOLD, "email")


UNRENDERED = "unrendered_"


def unrendered(fence: int | None) -> str:
    """The attribute that remembers that SES took this attempt's mail and did not send it."""
    return f"history.{UNRENDERED}{fence}"


def _status_term(sources: frozenset[Status]) -> Term:
    return Term("status", "in", tuple(sorted(status.value for status in sources)))


def _checkable(arm: Arm, known: Known) -> bool:
    """A writer takes only the ways in whose guards it can show: by fence before the ask, by token after it."""
    needs_token = Guard.TOKEN in arm.guards
    needs_fence = bool({Guard.FENCE, Guard.SEEN_FENCE, Guard.SEND_FENCE, Guard.NOT_UNRENDERED} & set(arm.guards))
    return (known.token is not None or not needs_token) and (known.fence is not None or not needs_fence)


def _guard_terms(guard: Guard, known: Known, now: str) -> tuple[Term, ...]:
    match guard:
        case Guard.FENCE | Guard.SEEN_FENCE:
            return (Term("fence", "equals", known.fence),)
        case Guard.SEEN_STATUS:
            return (Term("status", "equals", known.status),)
        case Guard.TOKEN:
            return (Term("send_token", "equals", known.token),)
        case Guard.LEASE_OVER:
            return (Term("lease_expires_at", "before", now),)
        case Guard.BELOW_CAP:
            return (Term("attempt", "less", known.cap),)
        case Guard.AT_CAP:
            return (Term("attempt", "at_least", known.cap),)
        case Guard.SEND_FENCE:
            return (Term("send_fence", "equals", known.fence),)
        case Guard.NOT_UNRENDERED:
            return (Term(unrendered(known.fence), "absent"),)
        case Guard.UNTOUCHED:
            return (_unless_written_since(known.last_write),)
        case Guard.UNADOPTED:
            return (Term("history", "absent"), Term("fence", "absent"))
        case Guard.WHOLE:
            return (Term("data", "exists"),)


def _unless_written_since(last_write: str | None) -> Term:
    return Term("last_write", "absent") if last_write is None else Term("last_write", "equals", last_write)
