"""Who gets no more mail: a table with an item for each user who has ever unsubscribed. It holds no address.

An item with `at`, `by` and `reason` is of a user who is out, until it has `resubscribed_at` as well. A page of one's own
puts such an item over whatever is there.
"""

from datetime import datetime

from shared.store import Item, Store, TableKey, Term, Write
from shared.times import Clock, to_text

_BACK = ("resubscribed_at", "resubscribed_by", "resubscribed_for")


class Unsubscribed:
    """The table. Each write is safe to repeat, and what was said last holds, in whatever order it arrives. Raises
    StoreUnavailableError.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def users(self) -> frozenset[str]:
        """The ids of all who are out now."""
        found: set[str] = set()
        page = self._store.scan(None, ("user_id", "resubscribed_at"))
        while True:
            found.update(item["user_id"] for item in page.items if "resubscribed_at" not in item)
            if page.next is None:
                return frozenset(found)
            page = self._store.scan(page.next, ("user_id", "resubscribed_at"))

    def get(self, user_id: str) -> Item | None:
        """The user's record, if they have ever unsubscribed."""
        return self._store.get(_key(user_id))

    def leave(self, user_id: str, by: str, reason: str, at: datetime | None = None) -> bool:
        """Out from now on, or since `at`. False: something that was said later is known."""
        moment = to_text(at or self._clock())
        never, in_again = Term("at", "absent"), Term("resubscribed_at", "absent")
        arms = (
            (never, in_again),
            (Term("at", "before", moment), in_again),
            (Term("resubscribed_at", "before", moment),),
        )
        facts = {"at": moment, "by": by, "reason": reason}
        return self._store.write(Write(_key(user_id), arms, facts, removes=_BACK)).won

    def come_back(self, user_id: str, by: str, reason: str, at: datetime) -> bool:
        """In again since `at`; kept also where nothing is known of their leaving, which may be told later. False: something that
        was said later is known.
        """
        moment = to_text(at)
        never, in_again = Term("at", "absent"), Term("resubscribed_at", "absent")
        left, back = Term("at", "before", moment), Term("resubscribed_at", "before", moment)
        arms = ((never, in_again), (left, in_again), (back, never), (back, left))
        return self._store.write(Write(_key(user_id), arms, _back(moment, by, reason))).won

    def take_back(self, user_id: str, by: str, reason: str) -> bool:
        """In again from now on, as a person says, whatever instant stands in the record: a page puts it there, by its own
        clock. False: they are not out.
        """
        out = (Term("at", "exists"), Term("resubscribed_at", "absent"))
        return self._store.write(Write(_key(user_id), (out,), _back(to_text(self._clock()), by, reason))).won


def _back(moment: str, by: str, reason: str) -> dict[str, str]:
    return dict(zip(_BACK, (moment, by, reason), strict=True))


def _key(user_id: str) -> TableKey:
    return {"user_id": user_id}
