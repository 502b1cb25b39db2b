"""A month as one look finds it. Plain values, made by `ops.month.look`; nothing in here asks AWS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.outbox.states import Status
from shared.periods import Period

WAITING_A_SECOND = 20_000
"""Of what waits, to be read again and again."""


@dataclass(frozen=True)
class Counts:
    """Messages of one period. `statuses` and `waiting` are as of the look; SENT and DELIVERED are told apart by the last
    whole count of the table and, since then, by SES's events.
    """

    total: int
    """All messages: produced, and put in by hand."""
    waiting: int
    """PENDING, CLAIMED and SENDING."""
    statuses: Mapping[Status, int]
    """Of those that do not wait. A status with none is left out."""
    counted_at: datetime | None = None
    """When the table was last counted as a whole; None: not yet."""

    @property
    def held(self) -> int:
        return self.statuses.get(Status.FAILED, 0) + self.statuses.get(Status.UNCERTAIN, 0)

    @property
    def accepted(self) -> int:
        """SES took the mail, whatever became of it."""
        accepted = (Status.SENT, Status.DELIVERED, Status.SUPPRESSED, Status.BOUNCED, Status.COMPLAINED)
        return sum(self.statuses.get(status, 0) for status in accepted)


@dataclass(frozen=True)
class RunView:
    """The producer's run of the period."""

    state: str
    """A RunState, or UNREADABLE."""
    note: str
    """What a person should know beside the state: "nobody is at work", "its query failed"; "" for nothing."""
    stopped_for: Mapping[str, str]
    """From the word to accept it by, to the reason."""
    produced: int
    rejected: int
    unsubscribed: int
    started_at: datetime | None
    noted_at: datetime | None
    """The last sign of life."""
    rows: int
    """As many as were looked at."""


@dataclass(frozen=True)
class CampaignView:
    """How the stage sends: the same for every period."""

    switch: str
    """running, paused, backing off, or standing still (the account's quota is 0)."""
    reason: str
    """Why it does not run; "" where it does."""
    since: datetime | None
    until: datetime | None
    """When a back-off ends."""
    rate: float
    """Mails a second, as planned now."""
    full_rate: float
    """With nothing refused, headroom taken off."""
    slowed_at: datetime | None
    """When SES last refused for its rate, while the rate is not whole again."""
    daily: int | None
    """Mails in any 24 hours, headroom taken off; None: without limit."""
    slots_in_24_hours: int
    slots_ahead: int
    """Tickets that were given out and are not over. A message may have had several: these are slots, not mails."""
    planned_until: datetime | None
    late_ms: int
    """How late the last wake-up came."""
    rate_now: float | None
    """Mails a second that SES took in the last minutes; None: no metric tells it yet."""
    claimed_up_to: datetime | None = None
    """Where claim has seen nothing new for a minute: when the last message changed that it has seen."""


@dataclass(frozen=True)
class Waiting:
    """What those that wait, wait for; and until when."""

    without_slot: int
    why: str
    """"" where nothing has to be explained."""
    done_by: datetime | None
    """When the last is sent, at the pace as it is; None: nobody can tell, `why` says why."""
    everywhere: int = 0
    """As many wait in all months: they share the slots, and this is about all of them."""


@dataclass(frozen=True)
class HeldGroup:
    """Held messages with one status and reason."""

    status: Status
    reason: str
    number: int
    example: str
    """A user of them."""


@dataclass(frozen=True)
class Ringing:
    """An alarm of the stack."""

    name: str
    """As in deploy/alarms.yml."""
    state: str
    """ALARM, OK, INSUFFICIENT_DATA."""
    since: datetime | None
    says: str


@dataclass(frozen=True)
class Curve:
    """What happened over time: for each step a count, from `start` on."""

    start: datetime
    step: timedelta
    counts: Mapping[str, Sequence[float]]
    """By metric: mark_sent, mark_delivered, mark_bounced, mark_complained, throttled (SES's refusals), … All of one length."""
    per_step: float
    """What the pace allows in a step: the quota's line."""

    @property
    def steps(self) -> Sequence[datetime]:
        length = max((len(counts) for counts in self.counts.values()), default=0)
        return [self.start + number * self.step for number in range(length)]


@dataclass(frozen=True)
class MonthView:
    """Everything at one instant. A part that can't be read is None or empty, and named in `unread`."""

    stage: str
    period: Period
    at: datetime
    run: RunView | None
    counts: Counts
    campaign: CampaignView | None
    """None: nothing has run on this stack."""
    waiting: Waiting
    held: Sequence[HeldGroup]
    held_read: int
    """How many held messages `held` is made of: a number of them may not have been read."""
    alarms: Sequence[Ringing]
    curve: Curve | None
    foreign_table: bool = False
    unread: Mapping[str, str] = field(default_factory=dict)
    """From what can't be read, to why."""

    @property
    def rest(self) -> timedelta:
        """Before the next look, at least: each reads the index of all that waits, so this keeps an hour of looking below a
        quarter of a dollar (docs/bench/look.md).
        """
        return timedelta(seconds=self.waiting.everywhere / WAITING_A_SECOND)
