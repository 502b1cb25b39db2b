"""What SES accepted, whose it was, and what that says of the design."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.contestants.common import User


@dataclass(frozen=True)
class Verdict:
    """Of one run, by the inbox of SES."""

    twice: int
    """Users with two mails or more."""
    none: int
    """Users without a mail whom the design does not show to a person either."""
    held: int
    """Users whom it shows to a person, with a mail or without."""
    mails: int
    """Of all users, all together."""
    astray: int
    """Mails to nobody of them."""


def verdict(mails: Iterable[Mapping[str, Any]], users: Iterable[User], held: Collection[str]) -> Verdict:
    """A mail is the user's whose address it went to."""
    by_address = {user.address: user.user_id for user in users}
    got = Counter(by_address.get(address, "") for mail in mails for address in mail["To"])
    astray = got.pop("", 0)
    everybody = set(by_address.values())
    without = everybody - got.keys()
    return Verdict(
        twice=sum(1 for count in got.values() if count > 1),
        none=len(without - set(held)),
        held=len(everybody & set(held)),
        mails=got.total(),
        astray=astray,
    )
