"""Who is mailed: invented users at SES's mailbox simulator, in a month that no producer ever produces. Pure."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from shared.keys import Key
from shared.outbox.states import Status

PERIOD = "1970-01"
"""So the accounts of no real month hold them."""
_USER = "onlyonce-accept"


@dataclass(frozen=True)
class Mailbox:
    """One of the simulator's addresses (source: ses-simulator)."""

    name: str
    ends: Status
    """The status of a message to it, when all of its events have come."""
    people: int


MAILBOXES = (
    Mailbox("success", Status.DELIVERED, 18),
    Mailbox("bounce", Status.BOUNCED, 6),
    Mailbox("complaint", Status.COMPLAINED, 6),
    Mailbox("suppressionlist", Status.SUPPRESSED, 6),
    Mailbox("ooto", Status.DELIVERED, 6),
)
TRIED = ("twice", "again", "stopped", "paused-1", "paused-2", "paused-3")
"""One more user for each message that a trial does something to."""


@dataclass(frozen=True)
class Person:
    """An invented user, who is to get exactly one mail."""

    name: str
    key: Key
    email: str
    ends: Status


@dataclass(frozen=True)
class Cohort:
    """All invented users of one run. `run` names it, in eight hexadecimal digits: executions' names must be new, for 90
    days (source: sfn-start-once).
    """

    run: str

    @classmethod
    def new(cls) -> "Cohort":
        """Of a run that there has never been."""
        return cls(secrets.token_hex(4))

    @property
    def crowd(self) -> tuple[Person, ...]:
        """Those whom nothing special happens to."""
        return tuple(
            self._person(f"{box.name}-{number}", box) for box in MAILBOXES for number in range(1, box.people + 1)
        )

    def tried(self, name: str) -> Person:
        """The one whose message the trial of this name is about."""
        return self._person(name, MAILBOXES[0])

    def __iter__(self) -> Iterator[Person]:
        yield from self.crowd
        yield from map(self.tried, TRIED)

    def __len__(self) -> int:
        return len(self.crowd) + len(TRIED)

    def _person(self, name: str, box: Mailbox) -> Person:
        user_id = f"{_USER}-{self.run}-{name}"
        return Person(name, Key(user_id, PERIOD), f"{box.name}+{self.run}-{name}@simulator.amazonses.com", box.ends)
