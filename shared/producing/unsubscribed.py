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
        """Out from now on, or since `at`. False: they are out already, or have come back since."""
        moment = to_text(at or self._clock())
        arms = ((Term("at", "absent"),), (Term("resubscribed_at", "before", moment),))
        facts = {"at": moment, "by": by, "reason": reason}
        return self._store.write(Write(_key(user_id), arms, facts, removes=_BACK)).won

    def come_back(self, user_id: str, by: str, reason: str, at: datetime | None = None) -> bool:
        """In again. False: they are not out, or have left since."""
        moment = to_text(at or self._clock())
        arm = (Term("at", "before", moment), Term("resubscribed_at", "absent"))
        facts = dict(zip(_BACK, (moment, by, reason), strict=True))
        return self._store.write(Write(_key(user_id), (arm,), facts)).won


def _key(user_id: str) -> TableKey:
    return {"user_id": user_id}
