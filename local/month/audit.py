"""The inbox against the expectation: what arrived, what arrived twice, what did not arrive."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.usage.expectation import Expectation
from shared.errors import InvalidMessageError
from shared.keys import from_tag
from shared.periods import Period
from shared.rendering.tags import PERIOD_TAG, USER_TAG


@dataclass(frozen=True)
class Audit:
    """Counted in the SES inbox. A mail is told by its tags, because two users may share an address."""

    sent: int
    duplicates: int
    lost: list[str]
    """Users without a mail whose message did not end as FAILED either."""
    failed: list[str]
    """Users without a mail whose message is FAILED."""
    astray: list[str]
    """Mails that nobody should have, or that went to an address that is not the user's: each in words."""

    @property
    def exactly_once(self) -> bool:
        """Every user has exactly one mail, at their address, and nobody else has any."""
        return not (self.duplicates or self.lost or self.failed or self.astray)


def audit(
    mails: Iterable[Mapping[str, Any]], expectation: Expectation, period: Period, failed: Collection[str]
) -> Audit:
    """Compare. `failed`: the users whose message is FAILED."""
    found: Counter[str] = Counter()
    astray: list[str] = []
    sent = 0
    for mail in mails:
        sent += 1
        user_id = _user_of(mail, period)
        if user_id is None or user_id not in expectation.mails:
            astray.append(f"a mail to {', '.join(mail['To'])} is for nobody of {period} (tags {mail.get('Tags')})")
            continue
        found[user_id] += 1
        if mail["To"] != [expectation.mails[user_id]]:
            astray.append(f"{user_id!r} is at {expectation.mails[user_id]}, the mail went to {', '.join(mail['To'])}")
    without = [user_id for user_id in expectation.mails if user_id not in found]
    return Audit(
        sent=sent,
        duplicates=sum(found.values()) - len(found),
        lost=[user_id for user_id in without if user_id not in failed],
        failed=[user_id for user_id in without if user_id in failed],
        astray=astray,
    )


def _user_of(mail: Mapping[str, Any], period: Period) -> str | None:
    tags = mail.get("Tags") or {}
    try:
        return from_tag(tags[USER_TAG]) if tags.get(PERIOD_TAG) == str(period) else None
    except (KeyError, InvalidMessageError):
        return None
