"""The protocol: every write that moves a message, as data. The conditional writes, the tables of docs/protocol.md and the
tests are made from it.

Two numbers guard it (ADR 1). `fence` grows each time the message is taken over, so that a worker that lost it is
refused.
`send_token` is random for each begin_send, so that of several workers with one fence only the one that asked SES may
speak of the answer, or say that it was lost.
"""

from dataclasses import dataclass
from enum import Enum

from shared.outbox.states import ACCEPTED, EXCEPTIONAL, FINAL, HELD, WAITING, Status


class Guard(Enum):
    """What a write must know, beside the status, to be allowed. The text is how docs/protocol.md puts it."""

    FENCE = "the fence of its claim"
    SEEN_FENCE = "the fence that was read"
    SEEN_STATUS = "the status that was read"
    TOKEN = "the token of its begin_send"
    LEASE_OVER = "the lease is over"
    BELOW_CAP = "attempts left"
    AT_CAP = "no attempts left"
    SEND_FENCE = "the event's fence is that of the last ask"
    NOT_UNRENDERED = "not an attempt that is known to have failed"
    UNTOUCHED = "nothing was written since it was read"
    UNADOPTED = "it has no history yet"
    WHOLE = "what it says is still there"


@dataclass(frozen=True)
class Arm:
    """One way in: any of these statuses, with all of these guards."""

    sources: frozenset[Status]
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True)
class Transition:
    """One kind of write. Its name is the outbox's method, the log event, the metric and, for an operator's, the
    command.
    """

    name: str
    summary: str
    """What it does, in one line for an operator."""
    arms: tuple[Arm, ...]
    """None: there must be no such message."""
    to: Status | None
    """None: the status stays as it is."""
    by: str
    takes_fence: bool = False
    fences: int = 1
    """How many are taken, if any."""
    attempt: int | None = 0
    """Added to `attempt`; None sets it to 0."""

    @property
    def sources(self) -> frozenset[Status]:
        return frozenset().union(*(arm.sources for arm in self.arms))

    @property
    def reopens(self) -> bool:
        """A held message becomes the system's again."""
        return self.to in WAITING and bool(self.sources & HELD)


def _arm(*sources: Status, guards: tuple[Guard, ...] = ()) -> Arm:
    return Arm(frozenset(sources), guards)


def _short_of(status: Status) -> Arm:
    """Every status that evidence for `status` may overtake: all that say less about the mail."""
    later = ACCEPTED[ACCEPTED.index(status) :]
    return Arm(frozenset(set(Status) - set(later)))


FENCES_SINCE = 1000
"""More than can have been taken of a message since the time that its table was restored to: no worker of that time holds a
fence that is given out again.
"""
S = Status
_HERE = (Guard.FENCE,)
_ASKED = (Guard.TOKEN,)
_READ = (Guard.SEEN_FENCE,)

# A write a row: name, summary, from, to, by.
# fmt: off
PRODUCE = Transition("produce", "put a message into the outbox, one for a user and month",
    (), S.PENDING, "producer")

ADOPT = Transition("adopt", "complete a message that was put into the table by hand",
    (_arm(S.PENDING, guards=(Guard.UNADOPTED,)),), None, "claim")
CLAIM = Transition("claim", "take a message, with a slot to send it in",
    (_arm(S.PENDING),), S.CLAIMED, "claim", takes_fence=True, attempt=1)

RESCHEDULE = Transition("reschedule", "give a claimed message another slot",
    (_arm(S.CLAIMED, guards=_HERE),), None, "send")
BEGIN_SEND = Transition("begin_send", "note that SES is about to be asked",
    (_arm(S.CLAIMED, guards=_HERE),), S.SENDING, "send")
MARK_SENT = Transition("mark_sent", "note that SES accepted the mail",
    (_arm(S.SENDING, S.UNCERTAIN, guards=_ASKED),), S.SENT, "send")
MARK_UNCERTAIN = Transition("mark_uncertain", "note that the answer of SES was lost: the mail may have gone out",
    (_arm(S.SENDING, guards=_ASKED),), S.UNCERTAIN, "send")
SNOOZE = Transition("snooze", "note that SES did not take the mail for now: the same claim tries again",
    (_arm(S.SENDING, guards=_ASKED),), S.CLAIMED, "send")
_NOT_SENT = (_arm(S.CLAIMED, guards=_HERE), _arm(S.SENDING, S.UNCERTAIN, guards=_ASKED))
RELEASE = Transition("release", "give a message back that was not sent, through no fault of its own",
    _NOT_SENT, S.PENDING, "send", attempt=-1)
FAIL = Transition("fail", "end a message that was not sent and, as it is, never will be",
    _NOT_SENT, S.FAILED, "send")

_LEASE_OVER = (Guard.SEEN_FENCE, Guard.LEASE_OVER)
EXPIRE_CLAIM = Transition("expire_claim", "take a message back whose worker fell silent before it asked SES",
    (_arm(S.CLAIMED, guards=(*_LEASE_OVER, Guard.BELOW_CAP)),), S.PENDING, "sweeper", takes_fence=True)
EXHAUST = Transition("exhaust", "end a message of which every attempt died",
    (_arm(S.CLAIMED, guards=(*_LEASE_OVER, Guard.AT_CAP)),), S.FAILED, "sweeper", takes_fence=True)
EXPIRE_SEND = Transition("expire_send", "note that a worker fell silent while it asked SES: the mail may have gone out",
    (_arm(S.SENDING, guards=_LEASE_OVER),), S.UNCERTAIN, "sweeper", takes_fence=True)
NUDGE = Transition("nudge", "bring a message through the stream again",
    (_arm(S.PENDING, guards=(Guard.SEEN_FENCE, Guard.UNTOUCHED)),), None, "sweeper")
POSTPONE = Transition("postpone", "look at a message again later",
    (_arm(S.PENDING, S.CLAIMED, S.SENDING, guards=_READ),), None, "sweeper")
REFILE = Transition("refile", "put a message that was edited by hand where the index should have it",
    (_arm(*S, guards=(Guard.SEEN_FENCE, Guard.SEEN_STATUS)),), None, "sweeper")
REDACT = Transition("redact", "drop the address and the contents of a message that is final since long",
    (_arm(*FINAL, guards=_READ),), None, "sweeper")

CONFIRM = Transition("confirm", "note that SES accepted the mail, by its Send event",
    (Arm(_short_of(S.SENT).sources, (Guard.NOT_UNRENDERED,)),), S.SENT, "feedback", takes_fence=True)
MARK_SUPPRESSED = Transition("mark_suppressed", "note that SES did not send the mail, because of a suppression list",
    (_short_of(S.SUPPRESSED),), S.SUPPRESSED, "feedback", takes_fence=True)
MARK_DELIVERED = Transition("mark_delivered", "note that the recipient's mail server took the mail",
    (_short_of(S.DELIVERED),), S.DELIVERED, "feedback", takes_fence=True)
MARK_BOUNCED = Transition("mark_bounced", "note that the recipient's mail server refused the mail",
    (_short_of(S.BOUNCED),), S.BOUNCED, "feedback", takes_fence=True)
MARK_COMPLAINED = Transition("mark_complained", "note that the recipient marked the mail as spam",
    (_short_of(S.COMPLAINED),), S.COMPLAINED, "feedback", takes_fence=True)
MARK_UNRENDERED = Transition("mark_unrendered", "note that SES accepted the request and never sent the mail",
    (_arm(S.SENDING, S.SENT, S.UNCERTAIN, guards=(Guard.SEND_FENCE, Guard.WHOLE)),), S.FAILED, "feedback", takes_fence=True)
NOTE_UNRENDERED = Transition("note_unrendered", "note that SES never sent the mail of an earlier ask",
    (_arm(*S),), None, "feedback")

REDRIVE = Transition("redrive", "send a message again that SES never sent",
    (_arm(S.FAILED, guards=_READ),), S.PENDING, "operator", takes_fence=True, attempt=None)
ASSUME_SENT = Transition("assume_sent", "take a message for sent: nobody is mailed",
    (_arm(S.UNCERTAIN, guards=_READ),), S.SENT, "operator", takes_fence=True)
RESEND = Transition("resend", "send a message again: a user who got the first mail gets a SECOND one",
    (_arm(S.UNCERTAIN, guards=_READ),), S.PENDING, "operator", takes_fence=True, attempt=None)
CANCEL = Transition("cancel", "withdraw a message for good: nobody is mailed",
    (_arm(S.PENDING, S.CLAIMED, S.FAILED, guards=_READ),), S.CANCELLED, "operator", takes_fence=True)
RECONCILE = Transition("reconcile", "hold a message of a restored table, which may have been sent since",
    (_arm(S.PENDING, S.CLAIMED, S.SENDING, S.FAILED, guards=(Guard.SEEN_FENCE, Guard.SEEN_STATUS)),), S.UNCERTAIN, "operator",
    takes_fence=True, fences=FENCES_SINCE)
FORGET = Transition("forget", "erase to whom a message went and what it said",
    (_arm(*FINAL, guards=_READ),), None, "operator")
# fmt: on

DECISIONS: tuple[Transition, ...] = (REDRIVE, ASSUME_SENT, RESEND, CANCEL)
"""What an operator may decide on single messages."""

TRANSITIONS: tuple[Transition, ...] = (
    ADOPT, CLAIM,
    RESCHEDULE, BEGIN_SEND, MARK_SENT, MARK_UNCERTAIN, SNOOZE, RELEASE, FAIL,
    EXPIRE_CLAIM, EXHAUST, EXPIRE_SEND, NUDGE, POSTPONE, REFILE, REDACT,
    CONFIRM, MARK_SUPPRESSED, MARK_DELIVERED, MARK_BOUNCED, MARK_COMPLAINED, MARK_UNRENDERED, NOTE_UNRENDERED,
    *DECISIONS, RECONCILE, FORGET,
)  # fmt: skip
"""All that move a message which is there: all but PRODUCE."""


def index_partition(transition: Transition, shard: int, present: Status | None = None) -> str | None:
    """What the write does to the sparse index `unfinished`: a new partition key, "" to leave it, None to stay as it
    is. `present` is the status of a message that is refiled.
    """
    if transition is REFILE and present is not None:
        return home(present, shard)
    if transition.to in HELD | FINAL:
        return home(transition.to, shard)
    returns = transition.reopens or transition is CLAIM  # an item that was copied by hand may lack it
    return f"OPEN#{shard}" if returns else None


def outcome(status: Status, period: str) -> str:
    """The partition of the index `outcome` that lists a message of this status, such as "2026-10 BOUNCED"; "": none."""
    return f"{period} {status}" if status in EXCEPTIONAL else ""


def home(status: Status, shard: int) -> str:
    """Where the index has a message of this status; "": nowhere."""
    if status in FINAL:
        return ""
    return f"HELD#{shard}" if status in HELD else f"OPEN#{shard}"
