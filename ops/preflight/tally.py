"""What a month's rows become, counted page by page in the same memory whatever their number."""

import random
from collections.abc import Collection
from dataclasses import dataclass, field

from shared.keys import Key
from shared.periods import Period
from shared.producing.checks import Checks
from shared.producing.composer import Draft
from shared.producing.inspection import Inspection, Seen
from shared.producing.pages import PlacedPage
from shared.producing.rejected_rows import RejectedRow

SAMPLES = 3
"""Of rejected rows, for each column; and of mails."""
ASKED_FOR = 100
"""Users, drawn from all, of whom it is asked whether they have a message: what one BatchGetItem takes."""


@dataclass(frozen=True)
class Drawn:
    """What is shown as a mail, and why this one."""

    draft: Draft
    why: str


@dataclass
class Tally:
    """The first pass's own counts, and what a person wants to see beside them."""

    period: Period
    suppressed: Collection[str]
    """Addresses that SES keeps mails from, in small letters."""
    checks: Checks = field(default_factory=Checks)
    rejected: dict[str, list[RejectedRow]] = field(default_factory=dict)
    """The first ones of each column."""
    to_suppressed: int = 0
    """Messages to an address of `suppressed`."""
    keys: list[Key] = field(default_factory=list)
    """Of some messages, each as likely as any other."""
    first: list[Draft] = field(default_factory=list)
    """As many as are shown, at most."""
    longest: Draft | None = None
    emptiest: Draft | None = None
    _seen: int = 0
    _random: random.Random = field(default_factory=lambda: random.Random(0))

    def count(self, inspection: Inspection, page: PlacedPage, unsubscribed: Collection[str]) -> None:
        """Raises MissingColumnError."""
        seen = inspection.look(page, self.period, self.checks, unsubscribed)
        self._keep(seen)

    def drawn(self) -> list[Drawn]:
        """Messages of three users, of as many as there are: the first, the one with the most to say, the one with the least, and
        where these are the same, the next ones.
        """
        found: dict[str, Drawn] = {}
        candidates = [
            *((message, "the first") for message in self.first[:1]),
            (self.longest, "the longest"),
            (self.emptiest, "the one with the least in it"),
            *((message, "one of the first") for message in self.first[1:]),
        ]
        for message, why in candidates:
            if message is not None:
                found.setdefault(message.key.user_id, Drawn(message, why))
        return list(found.values())[:SAMPLES]

    def _keep(self, seen: Seen) -> None:
        for row in seen.rejected:
            of_column = self.rejected.setdefault(row.column, [])
            of_column += [row] if len(of_column) < SAMPLES else []
        for message in seen.drafts:
            self._keep_message(message)

    def _keep_message(self, message: Draft) -> None:
        self.to_suppressed += message.email.lower() in self.suppressed
        self._draw(message.key)
        self.first += [message] if len(self.first) < SAMPLES else []
        if self.longest is None or _length(message) > _length(self.longest):
            self.longest = message
        if self.emptiest is None or _filled(message) < _filled(self.emptiest):
            self.emptiest = message

    def _draw(self, key: Key) -> None:
        """The n-th takes the place of one that was drawn with a chance of ASKED_FOR in n."""
        self._seen += 1
        if len(self.keys) < ASKED_FOR:
            self.keys.append(key)
        elif (place := self._random.randrange(self._seen)) < ASKED_FOR:
            self.keys[place] = key


def _length(message: Draft) -> int:
    return sum(map(len, message.data.values()))


def _filled(message: Draft) -> int:
    return sum(map(bool, message.data.values()))
