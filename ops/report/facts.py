"""What a report tells. Plain values; nothing in here asks AWS. No address, and a user's id only as a held group's example."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.bill.bill import Bill
from ops.diary import Noted
from ops.month.view import MonthView
from shared.outbox.states import Status


@dataclass(frozen=True)
class Sent:
    """When SES took the mails, as exactly as the metrics' steps tell."""

    first_at: datetime
    last_at: datetime
    step: timedelta
    at_the_pace: timedelta | None
    """What as many mails take at the pace of now, none refused; None: nothing may be sent now."""

    @property
    def took(self) -> timedelta:
        return self.last_at - self.first_at

    @property
    def times_the_pace(self) -> float | None:
        """None where the steps are too coarse to tell."""
        if self.at_the_pace is None or self.took < 20 * self.step or not self.at_the_pace:
            return None
        return self.took / self.at_the_pace


@dataclass(frozen=True)
class Delivered:
    """How long mails took from SES's yes to the recipient's mail server, by a sample of the messages' own histories."""

    seconds: Sequence[float]
    """In order."""

    def within(self, share: float) -> timedelta:
        """So long took the quickest of them, that share of all."""
        place = min(len(self.seconds) - 1, int(share * len(self.seconds)))
        return timedelta(seconds=self.seconds[place])


@dataclass(frozen=True)
class Reasons:
    """Why messages came to a status that they should not have."""

    status: Status
    number: int
    read: int
    """How many of them the reasons are made of: a number of them may not have been read."""
    reasons: Sequence[tuple[str, int]]
    """The most frequent first."""


@dataclass(frozen=True)
class Accounts:
    """The last count of the whole table (I6)."""

    counted_at: datetime | None
    """None: there was none yet, or the month was settled before any that is kept."""
    missing: int
    """Messages of any month that were produced and are not there, or can't be read."""
    settled_at: datetime | None
    """When all of this month's were found, and none waited."""
    units: float | None = None
    """Read units of that count; None: it is not known."""
    dollars: float | None = None


@dataclass(frozen=True)
class Facts:
    """A month, and the one before where it was sent too."""

    view: MonthView
    story: Sequence[str]
    """Of the producer's run: who started it, what was accepted."""
    accounts: Accounts
    sent: Sent | None
    """None: no metric tells."""
    delivered: Delivered | None
    """None: no message is there any more that tells."""
    reasons: Sequence[Reasons]
    decided: Sequence[Noted]
    bill: Bill
    expired: bool = False
    """Its messages have begun to expire: the accounts alone are left."""
    before: "Facts | None" = None

    @property
    def total(self) -> int:
        return self.view.counts.total

    @property
    def over(self) -> bool:
        """Nothing is produced or sent any more."""
        run = self.view.run
        return self.view.counts.waiting == 0 and (run is None or run.state == "COMPLETED")

    def number(self, *statuses: Status) -> int:
        return sum(self.view.counts.statuses.get(status, 0) for status in statuses)

    @property
    def arrived(self) -> int:
        """Mails that the recipient's mail server took, whatever its owner thought of them."""
        return self.number(Status.DELIVERED, Status.COMPLAINED)

    def share(self, number: int) -> float | None:
        """Of the mails that SES took."""
        return number / self.view.counts.accepted if self.view.counts.accepted else None
