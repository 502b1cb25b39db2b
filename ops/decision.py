"""An operator's decision on one message, carried out by the outbox under the fence that was read."""

from collections.abc import Callable
from dataclasses import dataclass

from ops.formatting import plain
from ops.snapshot import Snapshot
from shared.errors import InvalidMessageError, LeaseLostError, StoreUnavailableError
from shared.keys import Key
from shared.outbox.outbox import Outbox
from shared.outbox.states import WAITING, Status
from shared.outbox.transitions import ASSUME_SENT, CANCEL, DECISIONS, REDRIVE, RESEND, Transition

VERBS: dict[str, Transition] = {one.name: one for one in DECISIONS}
"""The decisions, by the name of their transition; the command line writes `-` for `_`."""


@dataclass(frozen=True)
class Decision:
    """What is to be done, who says so and why. The record keeps 160 characters of each."""

    transition: Transition
    by: str
    reason: str

    @property
    def verb(self) -> str:
        return typed(self.transition)


@dataclass(frozen=True)
class Outcome:
    """What became of one decision."""

    snapshot: Snapshot
    why_not: str | None = None
    """None: it was done."""
    unknown: bool = False
    """DynamoDB did not answer: it may have been done all the same."""


def carry_out(decision: Decision, snapshot: Snapshot, outbox: Outbox) -> Outcome:
    """Does it if the message is still as it was read. One that has moved on meanwhile stays where it is."""
    if snapshot.status is None:
        return Outcome(snapshot, "there is no such message")
    if snapshot.unreadable:
        return Outcome(snapshot, f"it can't be read: {snapshot.unreadable}")
    if snapshot.status not in decision.transition.sources:
        return Outcome(snapshot, _wrong_status(Status(snapshot.status), snapshot.since, decision))
    try:
        _write(decision.transition, outbox)(snapshot.key, snapshot.fence, decision.by, decision.reason)
    except LeaseLostError as lost:
        found = lost.found or {}
        now = f"{plain(found.get('status'))} with fence {found.get('fence')}" if found else "gone"
        read = f"{snapshot.status} with fence {snapshot.fence}"
        return Outcome(snapshot, f"lost: it was {read} when it was read, now it is {now}. Nothing was done")
    except InvalidMessageError as error:
        return Outcome(snapshot, f"it was edited into something that can't be written: {plain(error)}")
    except StoreUnavailableError as error:
        return Outcome(snapshot, f"DynamoDB did not answer, it may have been done all the same: {plain(error)}", True)
    return Outcome(snapshot)


def typed(transition: Transition) -> str:
    """The command of a transition."""
    return transition.name.replace("_", "-")


def _write(transition: Transition, outbox: Outbox) -> Callable[[Key, int, str, str], None]:
    writes = {
        REDRIVE: outbox.redrive,
        ASSUME_SENT: outbox.assume_sent,
        RESEND: outbox.resend,
        CANCEL: outbox.cancel,
    }
    return writes[transition]


def _wrong_status(status: Status, since: str, decision: Decision) -> str:
    """What the operator can do instead."""
    fitting = [typed(one) for one in VERBS.values() if status in one.sources]
    wanted = " or ".join(sorted(decision.transition.sources))
    if fitting:
        return f"it is {status}, {decision.verb} is for {wanted}. What fits: {', '.join(fitting)}"
    if status in WAITING:
        return f"it is {status} since {since}: SES is being asked just now, nothing to decide before that is over"
    return f"it is {status} since {since}: nothing to decide"
