"""From what a person knows of a user, an id or an address, to the user."""

from collections.abc import Sequence
from dataclasses import dataclass

from ops.session import Session


@dataclass(frozen=True)
class Found:
    """`why_not`: what could not be looked through."""

    users: Sequence[str]
    why_not: str = ""


def find(session: Session, sought: str) -> Found:
    """Who has a message, by their id."""
    return Found([sought] if sought and session.messages.partition("user_id", sought) else [])
