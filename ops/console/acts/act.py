"""An act: what it asks, and what it does."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ops.session import Session


@dataclass(frozen=True)
class Question:
    """What a person reads before they say yes."""

    title: str
    button: str
    happens: Sequence[str]
    """What it will do, sentence by sentence."""
    back: str
    """The page that it is asked on."""
    facts: Sequence[tuple[str, str]] = ()
    """What is known of what it is about."""
    risk: str = ""
    """What it may cost somebody; it must be accepted."""
    wants_reason: bool = True
    wants_address: bool = False
    """To whom."""
    wanted: str = ""
    """What has to be typed, a number or a month; "" for nothing."""
    harm: bool = False
    """It can't be taken back."""
    stands: object = ""
    """How that stands which it is about; once it has moved on, an answer from before is about something else."""

    @property
    def seen(self) -> str:
        """Comes back with the answer."""
        return hashlib.sha256(repr((self.title, self.facts, self.stands)).encode()).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What the person has filled in."""

    by: str
    reason: str
    accepted: bool
    to: str = ""
    """An address, where one is asked for."""


class Act(Protocol):
    def question(self, session: Session) -> Question:
        """As things stand now. Raises RefusedError where there is nothing to decide."""

    def carry_out(self, session: Session, answer: Answer) -> int:
        """The command's exit status. Raises RefusedError when nothing was done."""
