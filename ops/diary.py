"""What people decided on this stage, the last hundred decisions: a message keeps its latest one alone, and the campaign only the
pause that lasts. No user is named.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from ops.errors import RefusedError
from ops.formatting import plain
from ops.session import Session
from shared.errors import StoreUnavailableError
from shared.store import Item, Term, Write
from shared.times import to_text

KEY = {"name": "diary"}
KEPT = 100
TRIES = 5
SHORT = 160


@dataclass(frozen=True)
class Noted:
    """One decision."""

    at: str
    by: str
    what: str
    """The command."""
    reason: str
    period: str = ""
    """"" for one about the stage."""
    number: int = 0
    """Messages that it was carried out on; 0 for one that is about none."""


def note(session: Session, what: str, by: str, reason: str, period: str = "", number: int = 0) -> None:
    """What is decided is done already: where the table is unavailable, or others write all the time, it says so and goes on."""
    noted = Noted(to_text(session.clock()), plain(by)[:SHORT], what, plain(reason)[:SHORT], period, number)
    with suppress(StoreUnavailableError):
        for _ in range(TRIES):
            if _added(session, noted):
                return
    session.say("It is done; for the report it could not be noted")


def person(session: Session) -> str:
    """Who is at work, for a command that does not ask for it."""
    with suppress(RefusedError):
        return session.caller()
    return "somebody"


def entries(session: Session, period: str) -> Sequence[Noted]:
    """About that month or the stage, the earliest first. Entries that somebody has edited are left out."""
    found = [one for one in map(_read, _listed(session.control.get(KEY) or {})) if one is not None]
    return [one for one in found if one.period in ("", period)]


def _added(session: Session, noted: Noted) -> bool:
    """False if somebody else has noted something meanwhile. What is there already was written by a try whose answer was lost."""
    item = session.control.get(KEY) or {}
    revision, listed, entry = item.get("revision", 0), _listed(item), asdict(noted)
    if entry in listed:
        return True
    seen = Term("revision", "equals", revision) if "revision" in item else Term("revision", "absent")
    following = revision + 1 if isinstance(revision, int) else 1
    return session.control.write(
        Write(KEY, ((seen,),), {"revision": following, "entries": [*listed, entry][-KEPT:]})
    ).won


def _listed(item: Item) -> list[Any]:
    """Nothing, where the item was edited into something else."""
    listed = item.get("entries", [])
    return listed if isinstance(listed, list) else []


def _read(stored: Item) -> Noted | None:
    try:
        noted = Noted(**stored)
    except TypeError:  # of a text, too
        return None
    texts = (noted.at, noted.by, noted.what, noted.reason, noted.period)
    return noted if all(isinstance(one, str) for one in texts) and isinstance(noted.number, int) else None
