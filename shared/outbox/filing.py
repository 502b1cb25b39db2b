"""What the accounts read of a message: its status, and whether the indexes have it in its place. They read millions, so they
ask for few attributes, and for no message of a settled month that went well.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.keys import Key
from shared.outbox import formats
from shared.outbox.attributes import Reader
from shared.outbox.states import FINAL, Status
from shared.outbox.transitions import PRODUCE, home, outcome
from shared.store import Item, Term
from shared.times import from_text

ATTRIBUTES = (
    "user_id", "period", "status", formats.FORMAT, "fence", "history", "unfinished", "due_at", "outcome", "email",
)  # fmt: skip
CONTENTS = "data"
"""Asked for as well where contents are to be dropped."""
WENT_WELL = (Status.SENT, Status.DELIVERED)


@dataclass(frozen=True)
class Filing:
    """A message as the accounts see it."""

    key: Key
    status: Status
    produced: bool
    """Whether the producer has put it in, and not a person by hand."""
    newer: bool = False
    """A later release has made it: it is counted, and left as it is."""
    fence: int = 0
    history: Mapping[str, str] = field(default_factory=dict)
    names_somebody: bool = False
    """It still has an address or contents."""
    in_its_place: bool = True
    """Else no sweep, no alarm and no list would find it."""

    @property
    def changed_at(self) -> datetime | None:
        """When its status last changed."""
        return max((from_text(at) for at in self.history.values()), default=None)


def filing_of(item: Item) -> Filing:
    """The item, of which at least ATTRIBUTES are given. Raises InvalidMessageError naming the attribute that is wrong."""
    key, reader = Key.of(item.get("user_id"), item.get("period")), Reader(item)
    status, history = reader.status(), reader.instants("history")
    produced = PRODUCE.name in history
    version = reader.number(formats.FORMAT, default=formats.FIRST)
    if version > formats.KNOWN:
        return Filing(key, status, produced, newer=True)
    if status not in FINAL:
        reader.text("email")  # nobody could send it
    return Filing(
        key=key,
        status=status,
        produced=produced,
        fence=reader.number("fence"),
        history=history,
        names_somebody="email" in item or CONTENTS in item,
        in_its_place=_in_its_place(key, status, reader),
    )


def _in_its_place(key: Key, status: Status, reader: Reader) -> bool:
    place, due_at = home(status, key.shard), reader.instant("due_at")
    listed = (reader.optional_text("outcome") or "") == outcome(status, key.period)
    return listed and (reader.optional_text("unfinished") or "") == place and (not place or due_at is not None)


def beside(settled: Collection[str], nameless: Collection[str]) -> tuple[tuple[Term, ...], ...]:
    """The arms of a walk that leaves out what went well in a settled month and looks as it should.

    `nameless`: settled months in which nobody is to be named any more. A message that names somebody is given.
    """
    if not settled:
        return ()  # every message is given
    return (
        tuple(Term("period", "differs", period) for period in sorted(settled)),
        tuple(Term("status", "differs", status.value) for status in WENT_WELL),
        *((Term(name, "exists"),) for name in ("unfinished", "outcome")),
        *((Term(name, "absent"),) for name in ("fence", "history")),
        *(
            (Term("period", "equals", one), Term(name, "exists"))
            for one in sorted(nameless)
            for name in ("email", CONTENTS)
        ),
    )
