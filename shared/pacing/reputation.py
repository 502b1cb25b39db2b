"""The brake: where too many mails bounce, or are complained about, the campaign pauses itself (ADR 32).

Each harm is counted at its mail's ticket, whatever its event's delay, in buckets of tickets: attributes of one item, each an
addition. A mail that did no harm costs no write.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from shared.pacing.campaign import Campaign
from shared.store import Item, Store, Term, Write
from shared.times import Clock

KEY = {"name": "reputation"}
OFF = 1.0
"""A limit that nothing can be above."""
AT_LEAST = 10
"""So many are no chance any more, however few mails there were."""
DEVIATIONS = 4
"""A count varies by its root. So far above the limit it must be."""
BUCKETS = 50
_LAST = "last_counted"


class Harm(StrEnum):
    """What SES counts against the account (source: ses-counted)."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"

    @property
    def setting(self) -> str:
        return f"max{self.capitalize()}"


WIDTHS = {Harm.BOUNCED: 200, Harm.COMPLAINED: 2_000}
"""Tickets in a bucket: 50 of them make the last 10,000 sends, and for complaints, which are fewer, the last 100,000."""


_PREFIXES = tuple(f"{harm}_" for harm in Harm)


class _Bucket(NamedTuple):
    """Tickets that lie together, counted from `since`, as an attribute. What is counted anew after a `resume` has other names."""

    harm: Harm
    since: int
    number: int

    @classmethod
    def of(cls, name: str) -> "_Bucket":
        harm, since, number = name.split("_")
        return cls(Harm(harm), int(since), int(number))

    @property
    def name(self) -> str:
        return f"{self.harm}_{self.since}_{self.number}"

    @property
    def end(self) -> int:
        """Where the next one begins, counted from `since`."""
        return (self.number + 1) * WIDTHS[self.harm]

    @property
    def window(self) -> int:
        """The sends that a share of this harm is of."""
        return BUCKETS * WIDTHS[self.harm]


@dataclass(frozen=True)
class Share:
    """So many harms among the mails of so many tickets."""

    harms: int
    mails: int

    def above(self, limit: float) -> bool:
        """By more than chance explains."""
        expected = limit * self.mails
        return self.harms >= AT_LEAST and self.harms > expected + DEVIATIONS * math.sqrt(expected)


class Reputation:
    """Counts harms and brakes. Every method may raise StoreUnavailableError."""

    def __init__(self, store: Store, campaign: Campaign, clock: Clock, limits: Mapping[Harm, float]) -> None:
        self._store, self._campaign, self._clock, self._limits = store, campaign, clock, limits

    def count(self, harm: Harm, ticket: int, message_id: str) -> str | None:
        """Counts what became of this ticket's mail. The reason, if that has paused the campaign.

        Not counted is what is longer ago than a share reaches, or from before the last `resume`. An addition whose answer is lost
        is repeated by the SDK: it counts twice only if another came between.
        """
        state, limit = self._campaign.recent_state(), self._limits[harm]
        if ticket >= state.issued:
            state = self._campaign.state()
        if ticket >= state.issued:  # of a campaign whose record was lost
            return None
        since, over = state.counted_from, max(state.slots_over(self._clock()), ticket + 1)
        bucket = _Bucket(harm, since, (ticket - since) // WIDTHS[harm])
        if limit >= OFF or ticket < max(since, over - bucket.window):
            return None
        item = self._add(bucket, f"{harm} {message_id}")
        self._prune(item, since, over)
        share = _share(item, bucket, over - since)
        if not share.above(limit):
            return None
        reason = _reason(harm, share, limit)
        return reason if self._campaign.brake(reason, since) else None

    def _add(self, bucket: _Bucket, mark: str) -> Item:
        """The counts, with this one. `mark` tells a repetition of this write from another one."""
        first = (Term(_LAST, "differs", mark),)
        return self._store.write(Write(KEY, (first,), {_LAST: mark}, adds={bucket.name: 1})).item or {}

    def _prune(self, item: Item, since: int, over: int) -> None:
        """Drops buckets that no share will include any more; what is newer than all that is known here stays."""
        buckets = [_Bucket.of(name) for name in item if name.startswith(_PREFIXES)]
        dropped = tuple(
            one.name
            for one in buckets
            if one.since < since or (one.since == since and one.end <= over - since - 2 * one.window)
        )
        if dropped:
            self._store.write(Write(KEY, removes=dropped))


def _share(item: Item, last: _Bucket, sent: int) -> Share:
    """Of the mails up to the end of this bucket, of `sent` in all. Those whose events are still to come are among them: it is
    never above what it will be.
    """
    first = max(0, last.number + 1 - BUCKETS)
    harms = sum(item.get(last._replace(number=number).name, 0) for number in range(first, last.number + 1))
    return Share(harms, min(last.end, sent) - first * WIDTHS[last.harm])


def _reason(harm: Harm, share: Share, limit: float) -> str:
    did = "bounced" if harm is Harm.BOUNCED else "were complained about"
    return (
        f"{share.harms:,} of {share.mails:,} mails {did}, {share.harms / share.mails:.2%}: far above {harm.setting}, "
        f"{limit:.2%}. See docs/runbook.md, Too many mails bounce"
    )
