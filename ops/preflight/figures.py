"""What a look at a month has found. Plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ops.bill.bill import Bill
from ops.doctor.finding import Finding, Mark
from ops.preflight.course import Course
from ops.preflight.question import Answered
from shared.periods import Period
from shared.producing.checks import Checks, Findings, Limits
from shared.producing.rejected_rows import RejectedRow


@dataclass(frozen=True)
class Known:
    """Who has a message already."""

    asked: int
    """Users of whom it was asked."""
    have: int
    """Of them, how many have one."""
    messages: int
    """All that can become one."""
    produced: int
    """As many as the run's record has."""

    @property
    def exact(self) -> bool:
        """Everybody was asked for."""
        return self.asked == self.messages

    @property
    def fresh(self) -> int:
        """Messages that would be put: exact, or by what the drawn users have."""
        return self.messages - (round(self.messages * self.have / self.asked) if self.asked else 0)


@dataclass(frozen=True)
class Before:
    """The month before, as its run's record has it."""

    period: Period
    rows: int
    messages: int
    rejected: int
    unsubscribed: int


@dataclass(frozen=True)
class Sending:
    """How long it takes."""

    rate: float
    """Mails a second, headroom taken off."""
    daily: int | None
    """Mails in 24 hours, headroom taken off; None: without limit."""
    used: int
    """Mails of the whole account in the last 24 hours."""
    by_hand: Course
    """If it is produced as soon as it may be."""
    by_schedule: Course | None
    """None: `unscheduled` says why no schedule will produce this month, or that nobody can tell."""
    unscheduled: str
    halted: str
    """Why nothing is sent now; "" if the campaign runs."""


@dataclass(frozen=True)
class Figures:
    """One look."""

    stage: str
    period: Period
    at: datetime
    state: str
    """Of the month's run; "" if there is none."""
    answered: Answered
    checks: Checks
    rejected: Mapping[str, Sequence[RejectedRow]]
    """Some rows of each column."""
    to_suppressed: int | None
    """Messages to an address that SES keeps mails from; None: `suppression` says why nobody can tell."""
    suppression: str
    known: Known
    before: Before | None
    limits: Limits
    findings: Findings
    """What the run would stop for."""
    accepted: Sequence[str]
    """Words that it would stop for, and somebody has accepted."""
    sending: Sending
    bill: Bill
    account: Sequence[tuple[str, Finding]]
    """What is wrong or to know of the stage and its account."""
    template: str
    mails: Path | None
    """The page with the sample mails."""
    no_mails: str
    """Why there are none; "" else."""

    @property
    def early(self) -> bool:
        """The month is not over: more rows are to come."""
        return self.at < self.period.ends_at

    @property
    def unfit(self) -> Sequence[str]:
        """Why the run would not take this result."""
        return (*self.answered.differences, *self.answered.untimely)

    @property
    def other(self) -> Sequence[str]:
        """Why what goes out would be something else than was looked at, beside what is still to come."""
        return self.answered.differences if self.early else self.unfit

    @property
    def may_go_out(self) -> bool:
        wrong = any(finding.mark is Mark.WRONG for _, finding in self.account)
        return not (self.findings or wrong or self.other)
