"""Who should get a mail: computed from the usage file alone, without the query, the outbox or the inbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from local.usage.csv_file import UsageEvent
from shared.errors import InvalidMessageError, InvalidRowError
from shared.keys import Key
from shared.periods import Period
from shared.rendering.addresses import usable_email


@dataclass(frozen=True)
class Expectation:
    """What one period should bring."""

    mails: dict[str, str]
    """From the user to the address of their one mail."""

    rejected: dict[str, str]
    """From a user who can't be written to, to the reason."""

    absent: int = 0
    """Users in the file without usage in the period."""

    @property
    def users(self) -> int:
        """Everybody with usage in the period."""
        return len(self.mails) + len(self.rejected)


def expected(events: Iterable[UsageEvent], period: Period) -> Expectation:
    """One mail for each user with an event in the period, to the address on the latest of them; the others are counted."""
    latest: dict[str, tuple[datetime, str]] = {}
    users: set[str] = set()
    for event in events:
        users.add(event.user_id)
        if period.start <= event.used_at.date() < period.next.start:
            # The table holds milliseconds; of two events in the same one, the greater address counts.
            at = event.used_at.replace(microsecond=event.used_at.microsecond // 1000 * 1000)
            latest[event.user_id] = max(latest.get(event.user_id, (at, event.email)), (at, event.email))
    mails: dict[str, str] = {}
    rejected: dict[str, str] = {}
    for user_id, (_, email) in latest.items():
        try:
            mails[Key.of(user_id, str(period)).user_id] = usable_email(email)
        except (InvalidMessageError, InvalidRowError) as error:
            rejected[user_id] = str(error)
    return Expectation(mails, rejected, len(users) - len(latest))


def latest_period(events: Iterable[UsageEvent]) -> Period | None:
    """The month of the latest event; None if there is no event."""
    last = max((event.used_at for event in events), default=None)
    return Period(last.date().replace(day=1)) if last else None
